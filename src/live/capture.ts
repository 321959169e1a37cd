import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../engine/engine.ts';
import { openWire, type Wire } from '../fabric/capture.ts';
import type { FramePage } from '../page/data.ts';
import { decoded } from '../page/frames.ts';
import { mustRun } from '../plan/observe.ts';

/** Milliseconds between two deliveries of packets, and the number of packets with which a capture ends by itself. */
const EVERY_MS = 250;
const MOST = 2000;
/** A filter that every frame passes. */
const ALL = 'greater 0';

/** Packets of a segment, decoded as they come; see `open`. */
export class LiveCapture {
  readonly #stop = new AbortController();
  readonly done: Promise<void>;

  private constructor(wire: Wire, work: (wire: Wire, signal: AbortSignal) => Promise<void>) {
    this.done = work(wire, this.#stop.signal).finally(() => wire.close());
  }

  /**
   * Captures packets of a segment of a running lab that pass a filter (pcap-filter(7)); every one if it is empty. `tell`
   * receives them several times a second, and at the end that it is over. Throws a Failure if the filter is none.
   */
  static async open(
    engine: Engine,
    name: string,
    { segment, filter }: { readonly segment: string; readonly filter: string },
    tell: (frames: readonly FramePage[], runs: boolean) => void,
  ): Promise<LiveCapture> {
    const { lab, fabric } = await mustRun(engine, name);
    if (!lab.segments.some((s) => s.name === segment)) throw new Error(`there is no segment "${segment}" in ${name}`);
    const words = ['--', filter.trim() === '' ? ALL : filter];
    const wire = await openWire(engine, fabric.id, [segment], () => undefined, { filter: words });
    return new LiveCapture(wire, async (captured, signal) => {
      let [zero, count, next] = [0, 0, 0];
      while (!signal.aborted && !captured.ended && count < MOST) {
        const packets = captured.since(next).filter((p) => p.kind !== 'mark');
        zero ||= packets[0]?.at ?? 0;
        next = captured.newest + 1;
        captured.forget(next);
        count += packets.length;
        if (packets.length > 0)
          tell(
            packets.map((p) => decoded(lab, p, zero)),
            true,
          );
        await delay(EVERY_MS, undefined, { signal }).catch(() => undefined); // it is stopped
      }
      tell([], false);
    });
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.done;
  }
}
