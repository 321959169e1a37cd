import { readFileSync } from 'node:fs';
import { readSource, type Source } from '../lab/source.ts';
import type { Lab } from '../model/lab.ts';
import { storyOf } from './steps.ts';

/** Returns the lines of a lab file at which the steps of its scenario are, by their titles; none if it cannot be read. */
export function stepLines(file: string, lab: Lab): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const source = read(file);
  if (!source) return lines;
  const written = Array.isArray((source.value as { scenario?: unknown } | null)?.scenario);
  for (const [i, step] of lab.scenario.entries()) {
    const title = storyOf(step).title(lab, step);
    const path = written ? ['scenario', i] : unwritten(step);
    const line = source.at(path, '').place?.line;
    if (line !== undefined && !lines.has(title)) lines.set(title, line);
  }
  return lines;
}

/** Returns what a step of a lab without a scenario comes from. */
function unwritten(step: Lab['scenario'][number]): readonly string[] {
  if (step.kind === 'contract') return ['services', step.service];
  return step.kind === 'snat' ? ['snat', step.rule] : [];
}

function read(file: string): Source | undefined {
  try {
    const source = readSource(file, readFileSync(file));
    return source.ok ? source.value : undefined;
  } catch {
    return undefined;
  }
}
