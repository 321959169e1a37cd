import { startWords } from '../drivers/keepalived-words.ts';
import type { Lab } from '../model/lab.ts';
import { directors } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import { namedByLab } from '../plan/own-names.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';

/** Milliseconds in which keepalived tells all of its complaints, after its node is ready. */
const TOLD_MS = 2000;

/**
 * Checks that keepalived took the user's own configurations as they are written: an unknown word, a script that may not
 * run or an interface that is not there has no other trace than a line of its log, and every check after this one may
 * fail because of it. No check where the lab writes the configurations.
 */
export function configurationChecks(lab: Lab, subject: string): readonly CheckSpec[] {
  const nodes = directors(lab).filter((d) => d.keepalived !== undefined);
  if (nodes.length === 0) return [];
  let began: number | undefined;
  return [
    {
      id: 'configuration.clean',
      subject,
      promise: `keepalived takes ${nodes.map((n) => `${n.keepalived?.path} of ${n.name}`).join(' and ')} as written, without a complaint`,
      within: TOLD_MS,
      every: 250,
      look: async (bed) => {
        began ??= performance.now();
        const told = await Promise.all(nodes.map((n) => wordsOf(bed, n)));
        const complaints = told.flatMap((t) => t.complaints);
        const late = performance.now() - began >= TOLD_MS;
        return {
          ok: complaints.length === 0 && (late || told.every((t) => t.started)),
          seen: complaints.join('; ') || 'no complaint',
          evidence: nodes.map((n) => `keepalived-${n.name}.txt`),
          final: complaints.length > 0 && told.every((t) => t.started),
        };
      },
    },
  ];
}

/** Returns the complaints of a director's keepalived, each with the director's name. */
async function wordsOf(bed: Bed, node: LabNode): Promise<{ complaints: readonly string[]; started: boolean }> {
  const stream = await bed.engine.logs(bed.containerOf(node.name), { follow: false, timestamps: false });
  let log = '';
  for await (const chunk of stream) log += String(chunk);
  const { complaints, started } = startWords(namedByLab(node, log));
  bed.evidence.write(`keepalived-${node.name}.txt`, `${complaints.join('\n') || 'no complaint'}\n`);
  return { complaints: complaints.map((words) => `${node.name}: ${words}`), started };
}
