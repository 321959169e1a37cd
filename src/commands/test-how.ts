import { Failure } from '../failure.ts';
import type { Lab } from '../model/lab.ts';
import type { DriverChoice } from '../model/words.ts';
import { takeTurn } from '../plan/hold.ts';
import { grepLab } from '../scenario/grep.ts';
import { hasFailed, type Repeats, type Stop } from '../scenario/repeat.ts';
import type { Axis } from './matrix.ts';
import type { Selection, Wanted } from './select.ts';
import { type LabOptions, loadLab, type Session } from './session.ts';

export interface TestOptions extends Omit<LabOptions, 'driver'>, Selection {
  readonly driver?: DriverChoice;
  readonly json?: boolean;
  /** Whether a terminal shows checks that passed in full. */
  readonly verbose?: boolean;
  readonly report?: string;
  readonly keep?: boolean;
  /** Whether a lab's test ends after the first step with a failed check. */
  readonly bail?: boolean;
  readonly timeout: number;
  readonly all?: boolean;
  /** How many times a lab is re-run if a check was inconclusive because a node was stalled. */
  readonly again?: number;
  /** How many labs run at once; if absent, as many as CPUs and memory allow. */
  readonly jobs?: number;
  /** The file to which a summary in Markdown is appended. */
  readonly summary?: string;
  /** What differs between the combinations with which each lab is tested. */
  readonly matrix?: readonly Axis[];
  /** How often each lab is tested. */
  readonly repeat?: number;
  /** Whether the first run of a lab that fails is its last. */
  readonly untilFailure?: boolean;
  /** Whether nothing else starts after a lab that failed. */
  readonly failFast?: boolean;
}

/** Returns how often each lab is tested. */
export function repeatsOf({ repeat, untilFailure, again }: TestOptions): Repeats {
  return {
    times: repeat ?? (untilFailure ? Number.POSITIVE_INFINITY : 1),
    untilFailure: untilFailure ?? false,
    again: again ?? 0,
  };
}

/** Returns what ends a test early: with --fail-fast, nothing starts any more after a run that failed. */
export function stopOf({ failFast }: TestOptions): Stop {
  let failed = false;
  return {
    ended: (tested) => {
      failed ||= hasFailed(tested);
    },
    enough: () => failed && (failFast ?? false),
  };
}

/** Returns the lab to be tested, with the steps that are to run. */
export async function chosen(
  session: Session,
  wanted: Wanted,
  { grep }: TestOptions,
): Promise<{ lab: Lab; runs: boolean }> {
  const found = await findLab(session, wanted.argument, { ...wanted, advises: true });
  const lab = grep ? grepLab(found.lab, grep) : found.lab;
  if (!lab) throw new Failure('nothing-matches', { pattern: grep?.source ?? '', labs: 1 });
  return { ...found, lab };
}

/** Returns the lab that an argument names: one that runs under that name, else the file's, with advice if asked for. */
export async function findLab(
  { engine, emit, signal }: Session,
  argument: string,
  options: LabOptions & { readonly timeout: number; readonly advises?: boolean },
): Promise<{ lab: Lab; runs: boolean }> {
  const isPath = argument.includes('/') || /\.ya?ml$/.test(argument);
  const name = options.name ?? (isPath ? loadLab(argument, options).name : argument);
  const { running, unfinished, hold } = await takeTurn(engine, name, { emit, signal, within: options.timeout });
  hold?.release();
  if (!running.lab || !running.fabric?.running) return { lab: loadLab(argument, options, options), runs: false };
  const ended = running.lab.nodes
    .filter((n) => !running.nodes.get(n.name)?.running || unfinished.includes(n.name))
    .map((n) => n.name);
  if (unfinished === 'all') return { lab: loadLab(argument, options, options), runs: false };
  if (ended.length > 0) throw new Failure('nodes-not-running', { lab: name, nodes: ended, argument });
  return { lab: running.lab, runs: true };
}
