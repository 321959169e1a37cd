import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { counted } from '../src/counted.ts';
import { readLab } from '../src/lab/read.ts';
import type { Lab } from '../src/model/lab.ts';
import { promisesOf } from '../src/scenario/run.ts';
import { storyOf } from '../src/scenario/steps.ts';
import { DPVS_LABS } from './dpvs-labs.ts';

const checklist = z.record(
  z.string(),
  z.record(
    z.string(),
    z.strictObject({ priority: z.int().min(1).max(4), shows: z.string(), open: z.string().optional() }),
  ),
);

/** An item of DPVS's release checklist (docs/dpvs-checklist.yaml). */
export interface Item {
  readonly id: string;
  readonly group: string;
  readonly priority: number;
  readonly shows: string;
  /** Why no lab shows it, if that is known. */
  readonly open?: string | undefined;
}

export function checklistItems(): readonly Item[] {
  const groups = checklist.parse(parse(readFileSync('docs/dpvs-checklist.yaml', 'utf8')));
  return Object.entries(groups).flatMap(([group, items]) =>
    Object.entries(items).map(([id, item]) => ({ id, group, ...item })),
  );
}

/** A step of a lab that says which items it shows. */
export interface Cover {
  readonly lab: string;
  readonly title: string;
  readonly covers: readonly string[];
  /** Number of results that it reports. */
  readonly checks: number;
}

/** Returns the steps with items of all labs that are tested with DPVS. */
export function coversOfLabs(): readonly Cover[] {
  return readdirSync('labs').flatMap((name) => {
    const lab = dpvsLab(name);
    return (lab?.scenario ?? []).flatMap((step) =>
      lab && step.covers
        ? {
            lab: name,
            title: storyOf(step).title(lab, step),
            covers: step.covers,
            checks: promisesOf(lab, step).length,
          }
        : [],
    );
  });
}

/** Returns a lab as the tests run it with DPVS; undefined if they do not. */
function dpvsLab(name: string): Lab | undefined {
  const path = `labs/${name}/lab.yaml`;
  const lab = DPVS_LABS.includes(name) ? readLab(path, { driver: 'dpvs' }) : readLab(path);
  return lab.ok && lab.value.nodes.some((n) => n.driver === 'dpvs') ? lab.value : undefined;
}

function row({ id, shows, priority, open }: Item, covers: readonly Cover[]): string {
  const by = covers
    .filter((c) => c.covers.includes(id))
    .map((c) => `[${c.lab}](../labs/${c.lab}): ${c.title} (${counted(c.checks, 'check')})`);
  return `| ${shows} | P${priority} | ${by.join('; ')} | ${by.length > 0 ? '' : (open ?? 'no lab')} |`;
}

/** Returns how many items labs show: a sentence for the README. */
export function summary(items: readonly Item[], covers: readonly Cover[]): string {
  const shown = items.filter((i) => covers.some((c) => c.covers.includes(i.id)));
  const first = (of: readonly Item[]) => of.filter((i) => i.priority === 1).length;
  return `${shown.length} of its ${items.length} items are shown by a lab (of those with priority 1, ${first(shown)} of ${first(items)})`;
}

/** Returns the whole table as Markdown. */
export function checklistTable(items: readonly Item[], covers: readonly Cover[]): string {
  const groups = [...new Set(items.map((i) => i.group))];
  return `# DPVS's release checklist

Made by \`npx vitest run test/unit/checklist.test.ts -u\` from \`docs/dpvs-checklist.yaml\`, which names the items, and from the
steps in \`labs/*/lab.yaml\` that say what they show (\`covers\`). The list itself is \`test/release/checklist.md\` in DPVS's
repository, where each item has a priority from P1 to P4. ${summary(items, covers)}.

An item counts only if all that its name says is checked, with DPVS, in a lab that the tests run.
${groups
  .map(
    (group) => `
## ${group}

| item | priority | shown by | not shown |
| --- | --- | --- | --- |
${items
  .filter((i) => i.group === group)
  .map((i) => row(i, covers))
  .join('\n')}
`,
  )
  .join('')}`;
}
