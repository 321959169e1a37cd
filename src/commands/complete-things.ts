import { faultsOfKind, programsOn } from '../faults/every.ts';
import { faults } from '../faults/index.ts';
import type { Lab } from '../model/lab.ts';
import { linksOf } from '../model/lookup.ts';
import type { FaultKind } from '../model/words.ts';
import type { Candidate } from './complete-line.ts';

/** Returns the nodes of a lab. */
export function nodesOf(lab: Lab): readonly Candidate[] {
  return lab.nodes.map(({ name, kind }) => ({ word: name, help: kind }));
}

/** Returns the places of a lab in which packets can be captured. */
export function placesOf(lab: Lab): readonly Candidate[] {
  const devices = lab.nodes.flatMap((n) => linksOf(n).map((l) => ({ word: `${n.name}:${l.name}`, help: 'device' })));
  return [...lab.segments.map(({ name }) => ({ word: name, help: 'segment' })), ...nodesOf(lab), ...devices];
}

/**
 * Returns the faults that a lab can have. While only the kind is being typed, the kinds: what follows depends on it. The
 * parser of faults says which are valid.
 */
export function faultsOf(lab: Lab, typed: string): readonly Candidate[] {
  const kinds = Object.keys(faults) as FaultKind[];
  const kind = kinds.find((k) => typed.startsWith(`${k}:`));
  if (kind !== undefined) return faultsOfKind(lab, kind).map((word) => ({ word, help: '' }));
  return kinds
    .filter((k) => k.startsWith(typed) && faultsOfKind(lab, k).length > 0)
    .map((k) => ({ word: `${k}:`, help: faults[k].summary }));
}

/** Returns the next word of a command in a node: `svc`, what it does, and a program of the node. */
export function commandOf(lab: Lab, node: string, before: readonly string[]): readonly Candidate[] {
  const found = lab.nodes.find((n) => n.name === node);
  if (!found) return [];
  if (before.length === 0) return [{ word: 'svc', help: 'manages the programs of the node' }];
  if (before[0] !== 'svc') return [];
  if (before.length === 1) return ['status', 'start', 'stop'].map((word) => ({ word, help: '' }));
  return before[1] === 'status' ? [] : programsOn(lab, found).map((word) => ({ word, help: 'program' }));
}
