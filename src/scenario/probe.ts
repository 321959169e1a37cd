import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bed } from '../checks/bed.ts';
import { CannotObserve } from '../checks/check.ts';
import type { ExecStream } from '../engine/engine.ts';
import { eventually } from '../eventually.ts';
import type { Service } from '../lab/model.ts';
import { parseSample, type Sample } from './outage.ts';

/** Milliseconds between two new connections of the probe. */
export const PROBE_EVERY_MS = 25;
/** Below TCP's first retransmission after 1 s: an attempt is answered at once, or it is lost. */
export const PROBE_TIMEOUT_MS = 800;
/** Answers in a row after which the service counts as steady. */
const STEADY = 10;

/** A client that asks a service without end; see images/node/src/probe.c. */
export class Probe {
  readonly file: string;
  readonly samples: Sample[] = [];
  readonly #run: ExecStream;

  private constructor(run: ExecStream, file: string, path: string) {
    this.#run = run;
    this.file = file;
    let open = '';
    run.stdout.on('data', (chunk: Buffer) => {
      appendFileSync(path, chunk);
      const lines = (open + chunk.toString()).split('\n');
      open = lines.pop() ?? '';
      for (const line of lines) {
        const sample = parseSample(line);
        if (sample) this.samples.push(sample);
      }
    });
    run.stderr.resume();
  }

  /** Starts probing a service from the lab's client; returns once it is answered steadily. Throws CannotObserve when it never is. */
  static async start(bed: Bed, service: Service, name: string): Promise<Probe> {
    const file = `probe-${name}.ndjson`;
    const run = await bed.spawn(bed.client.name, [
      'probe',
      service.vip,
      String(service.port),
      String(PROBE_EVERY_MS),
      String(PROBE_TIMEOUT_MS),
    ]);
    const probe = new Probe(run, file, join(bed.evidence.folder, file));
    if (!(await probe.steady(0, 5000, bed.signal))) {
      probe.stop();
      throw new CannotObserve(`service ${service.name} does not answer steadily before the fault`);
    }
    return probe;
  }

  /** Waits until the newest connections begun after a time (microseconds) are answered, several in a row. False at the deadline (milliseconds). */
  async steady(after: number, within: number, signal: AbortSignal): Promise<boolean> {
    const look = () => {
      const last = this.samples.filter((s) => s.kind === 'new' && s.at > after).slice(-STEADY);
      return last.length === STEADY && last.every((s) => s.ok) ? true : undefined;
    };
    return (await eventually(look, { within, every: 10, signal })) ?? false;
  }

  stop(): void {
    this.#run.stdin.end();
  }
}
