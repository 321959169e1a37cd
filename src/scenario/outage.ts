/** One attempt of the probe (images/node/src/probe.c); times in microseconds of the engine's wall clock. */
export interface Sample {
  /** A connection of its own, or a request on the one that is held. */
  readonly kind: 'new' | 'held';
  /** Counts new connections as they are begun; they are told as they end. */
  readonly n: number;
  readonly at: number;
  readonly end: number;
  /** How late it started against the probe's schedule. */
  readonly lag: number;
  readonly ok: boolean;
  readonly why?: string;
  readonly server?: string;
}

/** What clients saw of a fault. Times in milliseconds; those with "after" count from the fault. */
export interface Outage {
  readonly attempts: number;
  readonly lost: number;
  /** From the first connection that was lost to the first after the last lost one that was answered; 0 when none was lost. */
  readonly outage: number;
  readonly firstLossAfter: number | undefined;
  readonly recoveryAfter: number | undefined;
  /** The same on the wall clock, in microseconds. */
  readonly recoveredAt: number | undefined;
  /** Times that the service went away again after it had come back. */
  readonly flaps: number;
  /** Whether it is over: nothing was lost, or the service answered again at the end. */
  readonly over: boolean;
  /** How late the probe itself was at worst. */
  readonly worstLag: number;
  /** Whether the held connection was answered after the recovery (or, without a loss, after the fault). */
  readonly heldAnswered: boolean;
  /** The held connection: when it broke, and how; undefined when it has not. */
  readonly held: { readonly after: number; readonly why: string } | undefined;
}

/** Reads a line of the probe; undefined when it is none (the probe was cut off within it). */
export function parseSample(line: string): Sample | undefined {
  try {
    return JSON.parse(line) as Sample;
  } catch {
    return undefined;
  }
}

/** What the samples tell about a fault at `fault` (microseconds). An attempt counts by its start. */
export function measure(samples: readonly Sample[], fault: number): Outage {
  const fresh = samples.filter((s) => s.kind === 'new' && s.at >= fault).sort((a, b) => a.at - b.at);
  const lost = fresh.filter((s) => !s.ok);
  const [first, last] = [lost[0], lost.at(-1)];
  const recovery = last && fresh.find((s) => s.ok && s.at > last.at);
  const broke = samples.find((s) => s.kind === 'held' && !s.ok && s.end >= fault);
  const after = (at: number) => (at - fault) / 1000;
  let flaps = 0;
  for (const [i, s] of fresh.entries()) if (!s.ok && fresh[i - 1]?.ok && s !== first) flaps++;
  return {
    attempts: fresh.length,
    lost: lost.length,
    outage: first && recovery ? (recovery.at - first.at) / 1000 : 0,
    firstLossAfter: first && after(first.at),
    recoveryAfter: recovery && after(recovery.at),
    recoveredAt: recovery?.at,
    flaps,
    over: !last || recovery !== undefined,
    worstLag: Math.max(0, ...fresh.map((s) => s.lag)) / 1000,
    heldAnswered: samples.some((s) => s.kind === 'held' && s.ok && s.end > (recovery?.at ?? fault)),
    held: broke && { after: after(broke.end), why: broke.why ?? 'broken' },
  };
}
