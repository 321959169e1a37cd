import { z } from 'zod';
import { readSaid } from '../said.ts';

/** One attempt of the probe (images/node/src/probe.c); times in microseconds of the engine's wall clock. */
export interface Sample {
  /** A connection (for datagrams: a port) of its own; a request on one that is held; a datagram of the stream, and one of its that was answered again. */
  readonly kind: 'new' | 'held' | 'stream' | 'again';
  /** Counts new connections as they are begun, and datagrams; they are told as they end. Of held connections, which one. */
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
  /** Whether it is over: nothing was lost, or the last connections were all answered, STEADY at least. */
  readonly over: boolean;
  /** How late the probe itself was at worst. */
  readonly worstLag: number;
  readonly flows: Flows;
  /** What became of the stream of datagrams; undefined where there was none. */
  readonly stream: Stream | undefined;
}

/** Answers in a row after which a service counts as steady: of a service that loses every other connection, the last may be answered. */
export const STEADY = 10;

/** What became of the connections that were held. */
export interface Flows {
  readonly open: number;
  /** Answered after the recovery (or, without a loss, after the fault). Those that neither survived nor broke were silent to the end. */
  readonly survived: number;
  readonly broken: number;
  /** When the first broke, and how. */
  readonly first: { readonly after: number; readonly why: string } | undefined;
}

/** What became of a stream of numbered datagrams. */
export interface Stream {
  readonly sent: number;
  readonly lost: number;
  /** Answered more than once. */
  readonly again: number;
  /** The longest time without one that was answered, in milliseconds. */
  readonly gap: number;
}

const SAMPLE = z.strictObject({
  kind: z.enum(['new', 'held', 'stream', 'again']),
  n: z.int().nonnegative(),
  at: z.int().nonnegative(),
  end: z.int().nonnegative(),
  lag: z.number(),
  ok: z.boolean(),
  why: z.string().optional(),
  server: z.string().optional(),
});

/** Reads a line of the probe; undefined when it is none (the probe was cut off within it, or something else answers in its place). */
export function parseSample(line: string): Sample | undefined {
  return readSaid(SAMPLE, line) as Sample | undefined;
}

/**
 * What the samples tell about a fault at `fault` (microseconds). An attempt counts by its start. Of a
 * connection that is held, only what came after `settled` tells that it survived: then all that the fault
 * changes had changed.
 */
export function measure(samples: readonly Sample[], fault: number, settled = fault): Outage {
  const fresh = samples.filter((s) => s.kind === 'new' && s.at >= fault).sort((a, b) => a.at - b.at);
  const lost = fresh.filter((s) => !s.ok);
  const [first, last] = [lost[0], lost.at(-1)];
  const since = last ? fresh.filter((s) => s.at > last.at) : [];
  const [recovery] = since;
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
    over: !last || since.length >= STEADY,
    worstLag: Math.max(0, ...fresh.map((s) => s.lag)) / 1000,
    flows: flowsOf(samples, fault, Math.max(recovery?.at ?? fault, settled)),
    stream: streamOf(samples, fault),
  };
}

function flowsOf(samples: readonly Sample[], fault: number, recovered: number): Flows {
  const held = samples.filter((s) => s.kind === 'held');
  const gone = new Set(held.filter((s) => !s.ok && s.end < fault).map((s) => s.n));
  const open = new Set(held.map((s) => s.n).filter((n) => !gone.has(n)));
  const breaks = held.filter((s) => !s.ok && s.end >= fault).sort((a, b) => a.end - b.end);
  const broken = new Set(breaks.map((s) => s.n));
  const answered = new Set(held.filter((s) => s.ok && s.end > recovered).map((s) => s.n));
  const [first] = breaks;
  return {
    open: open.size,
    survived: [...open].filter((n) => answered.has(n) && !broken.has(n)).length,
    broken: broken.size,
    first: first && { after: (first.end - fault) / 1000, why: first.why ?? 'broken' },
  };
}

function streamOf(samples: readonly Sample[], fault: number): Stream | undefined {
  const sent = samples.filter((s) => s.kind === 'stream' && s.at >= fault);
  if (sent.length === 0) return undefined;
  const [first, last] = [Math.min(...sent.map((s) => s.at)), Math.max(...sent.map((s) => s.at))];
  const answered = sent
    .filter((s) => s.ok)
    .map((s) => s.at)
    .sort((a, b) => a - b);
  return {
    sent: sent.length,
    lost: sent.length - answered.length,
    again: samples.filter((s) => s.kind === 'again' && s.at >= fault).length,
    gap: Math.max(...[...answered, last].map((at, i) => at - (answered[i - 1] ?? first))) / 1000,
  };
}
