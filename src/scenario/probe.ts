import { appOf } from '../apps/index.ts';
import type { Bed } from '../checks/bed.ts';
import type { ExecStream } from '../engine/engine.ts';
import { eachLine } from '../engine/streams.ts';
import { eventually } from '../eventually.ts';
import type { Service } from '../model/service.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Evidence } from '../report/evidence.ts';
import { parseSample, type Sample, STEADY } from './outage.ts';

/** Longest time for watching, in milliseconds. */
const WATCH_DEADLINE_MS = 30_000;

/** A client that sends requests to a service continuously; see images/node/src/probe.c. */
export class Probe {
  /** Milliseconds between two new connections. */
  static readonly everyMs = 25;
  /** Below TCP's first retransmission after 1 s: an attempt is answered at once, or it is lost. */
  static readonly timeoutMs = 800;
  readonly client: string;
  readonly file: string;
  readonly samples: Sample[] = [];
  readonly #runs: readonly ExecStream[];

  private constructor(client: string, runs: readonly ExecStream[], file: string, evidence: Evidence) {
    this.client = client;
    this.#runs = runs;
    this.file = file;
    evidence.write(file, ''); // a report's folder may have been used before
    for (const run of runs) this.#read(run, evidence);
  }

  #read(run: ExecStream, evidence: Evidence): void {
    run.stdout.on('data', (chunk: Buffer) => evidence.append(this.file, chunk));
    eachLine(run.stdout, (line) => {
      const sample = parseSample(line);
      if (sample) this.samples.push(sample);
    });
    run.stderr.resume();
  }

  /**
   * Starts to probe a service from a client, with `flows` held connections; returns when it is answered steadily, and
   * on each of these connections. Throws CannotObserve if that takes longer than `steadyWithin` milliseconds; 0: does not
   * wait for it.
   */
  static async start(
    bed: Bed,
    service: Service,
    client: string,
    { flows, name, steadyWithin }: { readonly flows: number; readonly name: string; readonly steadyWithin: number },
  ): Promise<Probe> {
    const file = `probe-${name}.ndjson`;
    const runs = await Promise.all(commandsFor(service, flows).map((command) => bed.spawn(client, command)));
    const probe = new Probe(client, runs, file, bed.evidence);
    if (steadyWithin === 0) return probe;
    const steady = await probe.steady(0, steadyWithin, bed.signal);
    if (steady && (await probe.#held(appOf(service).held(flows), steadyWithin, bed.signal))) return probe;
    probe.stop();
    throw new CannotObserve(
      steady
        ? `service ${service.name} does not answer ${client} on connections that are held`
        : `service ${service.name} does not answer ${client} steadily before the fault`,
    );
  }

  /** Waits until this many held connections have been answered. */
  async #held(flows: number, within: number, signal: AbortSignal): Promise<boolean> {
    const look = () => {
      const open = new Set(this.samples.filter((s) => s.kind === 'held' && s.ok).map((s) => s.n));
      return open.size >= flows ? true : undefined;
    };
    return (await eventually(look, { within, every: 10, signal })) ?? false;
  }

  /** Waits until connections have been started up to a time (microseconds), and have ended. */
  async watched(until: number, signal: AbortSignal): Promise<void> {
    const look = () => (this.samples.some((s) => s.kind === 'new' && s.at > until) ? true : undefined);
    await eventually(look, { within: WATCH_DEADLINE_MS, every: 10, signal });
  }

  /**
   * Waits until each held connection was answered after a time (microseconds), or has broken. Returns false at the
   * deadline (milliseconds).
   */
  async heldTold(after: number, within: number, signal: AbortSignal): Promise<boolean> {
    const look = () => {
      const held = this.samples.filter((s) => s.kind === 'held');
      const told = new Set(held.filter((s) => s.end > after || !s.ok).map((s) => s.n));
      return held.every((s) => told.has(s.n)) ? true : undefined;
    };
    return (await eventually(look, { within, every: 10, signal })) ?? false;
  }

  /**
   * Waits until several consecutive connections, started after a time (microseconds), are answered. Returns false at
   * the deadline (milliseconds).
   */
  async steady(after: number, within: number, signal: AbortSignal): Promise<boolean> {
    return this.#newest(after, (s) => s.ok, within, signal);
  }

  /** Waits in the same way until they all fail. */
  async gone(after: number, within: number, signal: AbortSignal): Promise<boolean> {
    return this.#newest(after, (s) => !s.ok, within, signal);
  }

  async #newest(after: number, fits: (s: Sample) => boolean, within: number, signal: AbortSignal): Promise<boolean> {
    let steadyAt: number | undefined;
    const look = () => {
      const all = this.samples.filter((s) => s.kind === 'new' && s.at > after).sort((a, b) => a.n - b.n);
      const last = all.slice(-STEADY);
      const steady = last.length === STEADY && last.every(fits);
      if (steady) steadyAt ??= last.at(-1)?.n;
      else steadyAt = undefined;
      // A connection that was started before them may be lost, and is reported only after its timeout.
      const first = all[0]?.n ?? 0;
      const told = all.filter((s) => s.n <= (steadyAt ?? 0)).length;
      return steadyAt !== undefined && told === steadyAt - first + 1 ? true : undefined;
    };
    return (await eventually(look, { within: within + Probe.timeoutMs, every: 10, signal })) ?? false;
  }

  stop(): void {
    for (const run of this.#runs) run.stdin.end();
  }
}

/** Several clients that send requests to a service continuously, each with its own probe. */
export class Probes {
  readonly each: readonly Probe[];

  private constructor(each: readonly Probe[]) {
    this.each = each;
  }

  /** Starts a probe on each client; see Probe.start. If one throws, none stays. */
  static async start(
    bed: Bed,
    service: Service,
    { clients, flows }: { readonly clients: readonly string[]; readonly flows: number },
    name: string,
    steadyWithin: number,
  ): Promise<Probes> {
    const started = await Promise.allSettled(
      clients.map((client) => {
        const own = clients.length > 1 ? `${name}-${client}` : name;
        return Probe.start(bed, service, client, { flows, name: own, steadyWithin });
      }),
    );
    const probes = new Probes(started.flatMap((s) => (s.status === 'fulfilled' ? [s.value] : [])));
    const failed = started.find((s) => s.status === 'rejected');
    if (!failed) return probes;
    probes.stop();
    throw failed.reason;
  }

  stop(): void {
    for (const probe of this.each) probe.stop();
  }
}

/**
 * Returns the commands that send requests to a service continuously: new connections, and held ones, from the same
 * program or one of the app's own. `everyMs`: milliseconds between two new connections.
 */
export function commandsFor(
  service: Service,
  flows: number,
  everyMs: number = Probe.everyMs,
): readonly (readonly string[])[] {
  const { vip, port } = service;
  const app = appOf(service);
  const times = [String(everyMs), String(Probe.timeoutMs)];
  const fresh = ['probe', app.asked.probe, vip, String(port), ...times, String(flows)];
  const hold = app.hold?.(service);
  return hold ? [fresh, hold] : [fresh];
}
