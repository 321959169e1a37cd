import { electionsOf } from './elections.ts';
import type { Rule } from './rule.ts';

export const trackWeight: Rule = {
  id: 'track-weight',
  title: 'a tracked weight too small to move the master',
  why: 'When what is tracked fails, the master’s priority falls by the weight. As long as it is not below a backup’s, no backup takes over (keepalived.conf(5), vrrp_script and track_interface).',
  instead:
    'Make the weight larger than the distance between the two priorities, or leave it out: then the instance goes to FAULT.',
  find: (subject) =>
    electionsOf(subject).flatMap(({ name, candidates: [best, next] }) =>
      !best || !next
        ? []
        : best.weighed
            .filter(({ drop }) => best.priority - drop >= next.priority)
            .map(({ what, drop, at }) => ({
              at,
              message: `${what} takes ${drop} from ${best.node}’s ${best.priority} in ${name}, and ${best.priority - drop} is not below ${next.node}’s ${next.priority}: the master stays`,
            })),
    ),
};
