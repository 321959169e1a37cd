import type { CheckResult, Verdict } from '../events.ts';
import { distribution } from './distribution.ts';
import { leastRankSum, rankSum } from './rank-sum.ts';
import type { Report } from './report.ts';

/** A figure that is compared, of which less is better. */
interface Compared {
  readonly name: string;
  readonly unit: 'ms' | '';
  /** Whether the probe's connections measure the time: no finer than their interval, and its own delay. */
  readonly probed?: true;
}
const COMPARED = {
  outage: { name: 'outage', unit: 'ms', probed: true },
  twoMasters: { name: 'two masters', unit: 'ms' },
  flowsBroken: { name: 'held connections broken', unit: '' },
  streamGap: { name: 'longest gap of a stream', unit: 'ms', probed: true },
  flaps: { name: 'flaps', unit: '' },
  advertAfter: { name: 'first advert', unit: 'ms' },
  nexthopsAfter: { name: 'routes', unit: 'ms' },
  expired: { name: 'persistence expired', unit: 'ms' },
} as const satisfies Record<string, Compared>;
type Figure = keyof typeof COMPARED;

/** The probability that any figure at all is told as changed although nothing has changed. */
export const CHANCE = 0.01;

/** Which way something changed; `other` if neither side is better: a check that was not judged. */
export type Way = 'worse' | 'better' | 'other';

/** A check whose verdict changed. */
export interface VerdictChange {
  readonly kind: 'verdict';
  readonly lab: string;
  readonly check: string;
  readonly way: Way;
  /** Undefined where the check is in none of the reports. */
  readonly before: Verdict | undefined;
  readonly after: Verdict | undefined;
  /** What the first check with that verdict saw afterwards; before, if it is gone. */
  readonly seen: string;
}

/** A figure that changed by more than its noise. */
export interface FigureChange {
  readonly kind: 'figure';
  readonly lab: string;
  readonly check: string;
  readonly figure: string;
  readonly unit: 'ms' | '';
  readonly way: Way;
  /** Medians. */
  readonly before: number;
  readonly after: number;
  readonly runs: readonly [before: number, after: number];
  /** The probability of such a difference between samples of the same distribution. */
  readonly chance: number;
  /** How far off a single value can be by the probe; 0 if the probe does not measure it. */
  readonly error: number;
}

export interface Comparison {
  readonly changes: readonly (VerdictChange | FigureChange)[];
  /** Checks with the same verdict on both sides. */
  readonly same: number;
  /** Figures that were tested for a change, and those with too few runs to tell one. */
  readonly judged: number;
  readonly unjudged: number;
  /** What the two sides ran on, where it differs, in words. */
  readonly setup: readonly string[];
}

/** Where the results of a check are in the reports of one side. */
interface Check {
  readonly lab: string;
  readonly check: string;
  readonly before: CheckResult[];
  readonly after: CheckResult[];
}

/**
 * Compares the reports of two sides, each of one run or of many. A check counts as failed if it failed in one run, as
 * inconclusive or skipped if it was so in one and failed in none. A figure has changed if the rank-sum test says so at a
 * hundredth, divided by the number of figures (Bonferroni), and its median changed by more than the error of a
 * measurement; `everyMs`: milliseconds between two connections of the probe, which are part of that error.
 */
export function compare(before: readonly Report[], after: readonly Report[], everyMs: number): Comparison {
  const checks = checksOf(before, after);
  const verdicts = checks.flatMap((c) => verdictChange(c) ?? []);
  const pairs = checks.flatMap((c) => (Object.keys(COMPARED) as Figure[]).flatMap((f) => pairOf(c, f, everyMs) ?? []));
  // A figure with too few runs to show a change at all does not count among the tests.
  const able = pairs.filter((p) => leastRankSum(p.a.length, p.b.length) <= CHANCE / pairs.length);
  const figures = able.flatMap((p) => figureChange(p, CHANCE / able.length) ?? []);
  return {
    changes: [...verdicts, ...figures],
    same: checks.length - verdicts.length,
    judged: able.length,
    unjudged: pairs.length - able.length,
    setup: setupOf(before, after),
  };
}

function checksOf(before: readonly Report[], after: readonly Report[]): readonly Check[] {
  const all = new Map<string, Check>();
  for (const [side, reports] of [
    ['before', before],
    ['after', after],
  ] as const)
    for (const { lab, results } of reports)
      for (const result of results) {
        const check = `${result.id} ${result.subject}`;
        const key = JSON.stringify([lab, result.step, check]);
        const known = all.get(key) ?? { lab, check: `${check} (${result.step})`, before: [], after: [] };
        all.set(key, known);
        known[side].push(result);
      }
  return [...all.values()];
}

/** From good to bad. */
const VERDICTS: readonly Verdict[] = ['passed', 'skipped', 'inconclusive', 'failed'];

function worst(results: readonly CheckResult[]): CheckResult | undefined {
  return VERDICTS.toReversed()
    .flatMap((v) => results.find((r) => r.verdict === v) ?? [])
    .at(0);
}

function verdictChange({ lab, check, before, after }: Check): VerdictChange | undefined {
  const [a, b] = [worst(before), worst(after)];
  if (a?.verdict === b?.verdict) return undefined;
  const changed = { kind: 'verdict', lab, check, before: a?.verdict, after: b?.verdict } as const;
  return { ...changed, way: wayOf(a?.verdict, b?.verdict), seen: (b ?? a)?.seen ?? '' };
}

/** A check that passed and is gone proves nothing any more: that is worse. One that was not judged is neither. */
function wayOf(before: Verdict | undefined, after: Verdict | undefined): Way {
  if (after === 'failed' || (before === 'passed' && after === undefined)) return 'worse';
  return after === 'passed' ? 'better' : 'other';
}

interface Pair {
  readonly of: Check;
  readonly figure: Figure;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly error: number;
}

function pairOf(of: Check, figure: Figure, everyMs: number): Pair | undefined {
  const values = (results: readonly CheckResult[]) => results.flatMap((r) => r.figures?.[figure] ?? []);
  const [a, b] = [values(of.before), values(of.after)];
  if (a.length === 0 || b.length === 0) return undefined;
  const lag = Math.max(0, ...[...of.before, ...of.after].flatMap((r) => r.figures?.['worstLag'] ?? []));
  const { probed }: Compared = COMPARED[figure];
  return { of, figure, a, b, error: probed ? everyMs + lag : 0 };
}

function figureChange({ of, figure, a, b, error }: Pair, chance: number): FigureChange | undefined {
  const [before, after] = [a, b].map((values) => distribution(values)?.median ?? 0) as [number, number];
  const found = rankSum(a, b);
  if (found > chance || Math.abs(after - before) <= error) return undefined;
  return {
    kind: 'figure',
    lab: of.lab,
    check: of.check,
    figure: COMPARED[figure].name,
    unit: COMPARED[figure].unit,
    way: after > before ? 'worse' : 'better',
    before,
    after,
    runs: [a.length, b.length],
    chance: found,
    error,
  };
}

/** Returns what differs in what the sides ran on: engines, kernels, load balancers, programs. */
function setupOf(before: readonly Report[], after: readonly Report[]): readonly string[] {
  const [a, b] = [facts(before), facts(after)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((what) => {
    const [was, is] = [a, b].map((side) => [...(side.get(what) ?? ['none'])].sort().join(' and '));
    return was === is ? [] : [`${what}: ${was}, now ${is}`];
  });
}

function facts(reports: readonly Report[]): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>();
  const add = (what: string, value: string) => all.set(what, (all.get(what) ?? new Set()).add(value));
  for (const { engine, nodes, software } of reports) {
    add('engine', engine.version);
    for (const { kernel, kernelVersion, driver } of nodes) {
      if (kernel !== 'none') add(`kernel ${kernel}`, kernelVersion);
      if (driver !== undefined) add('load balancer', driver);
    }
    for (const line of software) {
      const space = line.indexOf(' ');
      add(line.slice(0, space), line.slice(space + 1));
    }
  }
  return all;
}
