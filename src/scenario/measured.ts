import type { CheckResult } from '../events.ts';
import { type Distribution, distribution } from '../report/distribution.ts';
import { Probe } from './probe.ts';

interface Measurement {
  readonly ids: readonly string[];
  readonly figure: string;
  readonly name: string;
  /** The figure of which it is a share; absent if it is a time. */
  readonly of?: string;
}

/** The figures that are collected from each run, by the check that reports them, and their names. */
const MEASURED: readonly Measurement[] = [
  { ids: ['failover.master'], figure: 'advertAfter', name: 'first advert' },
  { ids: ['failover.outage', 'fault.outage', 'fault.effect'], figure: 'firstLossAfter', name: 'first loss' },
  { ids: ['failover.outage', 'fault.outage', 'fault.effect'], figure: 'outage', name: 'outage' },
  { ids: ['failover.outage', 'fault.outage', 'fault.effect'], figure: 'twoMasters', name: 'two masters' },
  {
    ids: ['failover.outage', 'fault.outage', 'fault.effect'],
    figure: 'flowsBroken',
    of: 'flows',
    name: 'held connections broken',
  },
  { ids: ['return.master'], figure: 'advertAfter', name: 'first advert back' },
  { ids: ['return.outage', 'heal.outage'], figure: 'outage', name: 'outage on return' },
  { ids: ['return.outage', 'heal.outage'], figure: 'flowsBroken', of: 'flows', name: 'held broken on return' },
];
/** A figure of all runs. */
export interface Measured {
  readonly name: string;
  readonly unit: 'ms' | '%';
  readonly distribution: Distribution;
}

/** What repeated runs of a fault say together. */
export interface Outages {
  readonly measured: readonly Measured[];
  /** The longest outage that was promised, in milliseconds, if there is a limit. */
  readonly budget: number | undefined;
  /** By how much each time may be wrong, in milliseconds. */
  readonly error: number;
}

/** Returns the distributions of what clients noticed of a fault, from the results of its runs. */
export function outagesIn(results: readonly CheckResult[]): Outages {
  const measured = MEASURED.flatMap(({ ids, figure, of, name }): Measured[] => {
    const values = figures(results, ids, figure);
    const wholes = of === undefined ? undefined : figures(results, ids, of);
    const known = distribution(wholes ? values.map((v, i) => (100 * v) / (wholes[i] ?? 1)) : values);
    return known ? [{ name, unit: of === undefined ? 'ms' : '%', distribution: known }] : [];
  });
  const lags = figures(
    results,
    MEASURED.flatMap((m) => m.ids),
    'worstLag',
  );
  return {
    measured,
    budget: figures(results, ['failover.outage', 'fault.outage'], 'budget')[0],
    error: Probe.everyMs + Math.max(0, ...lags),
  };
}

function figures(results: readonly CheckResult[], ids: readonly string[], figure: string): number[] {
  return results.filter((r) => ids.includes(r.id)).flatMap((r) => r.figures?.[figure] ?? []);
}
