import { electionsOf } from './elections.ts';
import type { Rule } from './rule.ts';

export const equalPriorities: Rule = {
  id: 'equal-priorities',
  title: 'directors with equal priorities',
  why: 'A backup takes over from a living master only with a higher priority, so of equal directors whoever becomes master first stays it, and only between two masters the higher address decides (RFC 5798 §6.4.3). Equal backups take over in the same moment, and both announce the addresses.',
  instead: 'Give each director a priority of its own, unless it does not matter who is master.',
  find: (subject) =>
    electionsOf(subject).flatMap(({ name, candidates }) =>
      candidates.flatMap(({ node, priority, at }, i) => {
        const before = candidates[i - 1];
        if (before?.priority !== priority) return [];
        const rank =
          candidates[0]?.priority === priority ? 'whoever becomes master first stays it' : 'both take over at once';
        return [
          { at: at.priority, message: `${before.node} and ${node} have priority ${priority} in ${name}: ${rank}` },
        ];
      }),
    ),
};
