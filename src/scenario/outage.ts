import { z } from 'zod';
import { readSaid } from '../said.ts';

/** One attempt of the probe (images/node/src/probe.c); times in microseconds of the engine's wall clock. */
export interface Sample {
  /**
   * A new connection (for datagrams: a new port); a request on a held connection; a datagram of the stream; a duplicate
   * answer to one of the stream's datagrams.
   */
  readonly kind: 'new' | 'held' | 'stream' | 'again';
  /**
   * The number of a new connection, in the order of their starts, or of a datagram; they are reported in the order of
   * their ends. For held connections, the number of the connection.
   */
  readonly n: number;
  readonly at: number;
  readonly end: number;
  /** How late it started relative to the probe's schedule. */
  readonly lag: number;
  readonly ok: boolean;
  readonly why?: string;
  readonly server?: string;
}

/** What clients observed of a fault. Times in milliseconds; those with "after" count from the fault. */
export interface Outage {
  readonly attempts: number;
  readonly lost: number;
  /**
   * The time from the start of the first lost connection to that of the first answered one after the last lost one; 0
   * if none was lost.
   */
  readonly outage: number;
  readonly firstLossAfter: number | undefined;
  readonly recoveryAfter: number | undefined;
  /** The time of recovery on the wall clock, in microseconds. */
  readonly recoveredAt: number | undefined;
  /** How many times the service went away again after it had come back. */
  readonly flaps: number;
  /**
   * Whether the outage is over: nothing was lost, or all of the last connections were answered, at least STEADY of
   * them.
   */
  readonly over: boolean;
  /** The probe's own worst lag. */
  readonly worstLag: number;
  readonly flows: Flows;
  /** The result of the stream of datagrams; undefined if there was none. */
  readonly stream: Stream | undefined;
}

/**
 * Number of consecutive answers after which a service counts as steady: a service that loses every second connection
 * may answer the last one.
 */
export const STEADY = 10;

/** The fate of the held connections. */
export interface Flows {
  readonly open: number;
  /**
   * Answered after the recovery (or, without a loss, after the fault). Connections that neither survived nor broke were
   * silent to the end.
   */
  readonly survived: number;
  readonly broken: number;
  /** When and how the first connection broke. */
  readonly first: { readonly after: number; readonly why: string } | undefined;
}

/** The result of a stream of numbered datagrams. */
export interface Stream {
  readonly sent: number;
  readonly lost: number;
  /** Number of datagrams that were answered more than once. */
  readonly again: number;
  /** The longest time without an answered datagram, in milliseconds. */
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

/**
 * Parses a line of the probe; returns undefined if it is not one (the probe was cut off within it, or another program
 * answers in its place).
 */
export function parseSample(line: string): Sample | undefined {
  return readSaid(SAMPLE, line) as Sample | undefined;
}

/**
 * Evaluates the samples since a fault at `fault` (microseconds). An attempt counts by its start. A held connection has
 * survived only if it was answered after `settled`: by then, everything that the fault changes has changed.
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
