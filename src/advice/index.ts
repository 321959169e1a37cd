import type { AdviceId } from '../model/words.ts';
import { ADVICE } from '../model/words.ts';
import { advertDiffers } from './advert-differs.ts';
import { equalPriorities } from './equal-priorities.ts';
import { mappedPort } from './mapped-port.ts';
import { nopreemptMaster, nopreemptWeight } from './nopreempt.ts';
import type { Rule } from './rule.ts';
import { slowHealth } from './slow-health.ts';
import { trackWeight } from './track-weight.ts';
import { natClientSegment, routeAround } from './way-back.ts';

/** Every rule by its ID. */
export const rules: Readonly<Record<AdviceId, Rule>> = {
  'equal-priorities': equalPriorities,
  'track-weight': trackWeight,
  'nopreempt-weight': nopreemptWeight,
  'nopreempt-master': nopreemptMaster,
  'advert-differs': advertDiffers,
  'slow-health': slowHealth,
  'mapped-port': mappedPort,
  'nat-client-segment': natClientSegment,
  'route-around': routeAround,
};

/** Returns the reference of all advice as Markdown. */
export function adviceReference(): string {
  const parts = ADVICE.map((id) => {
    const { title, why, instead } = rules[id];
    return `## ${id}\n\n${title.charAt(0).toUpperCase()}${title.slice(1)}.\n\n${why}\n\n**Instead:** ${instead}\n`;
  });
  return `# Advice

\`lab validate\`, \`lab import\`, and \`lab up\` and \`lab test\` at their beginning tell what is valid in a lab file, or in the
keepalived.conf of its directors, but hardly what its author wants. Advice is no mistake: it changes no exit code.
A lab for which it is right as it is turns it off by its ID, with the reason:

    advice:
      equal-priorities: whoever is master stays it, which this lab shows

This page is written from the rules in \`src/advice/\`: \`npx vitest run test/unit/advice.test.ts -u\`.

${parts.join('\n')}`;
}
