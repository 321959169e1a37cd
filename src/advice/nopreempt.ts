import { electionsOf } from './elections.ts';
import type { Rule } from './rule.ts';

export const nopreemptWeight: Rule = {
  id: 'nopreempt-weight',
  title: 'a tracked weight beside nopreempt',
  why: 'With nopreempt (`preempt: false`) a backup leaves a living master alone, however low its priority has fallen: a weight moves nothing (keepalived.conf(5), nopreempt).',
  instead: 'Leave the weight out, so that the master goes to FAULT and stops; or let directors preempt.',
  find: (subject) =>
    electionsOf(subject).flatMap(({ name, candidates: [best, ...others] }) =>
      !best || others.length === 0 || others.some((o) => o.preempt)
        ? []
        : best.weighed.map(({ what, at }) => ({
            at,
            message: `${others.map((o) => o.node).join(' and ')} may not preempt in ${name}: when ${what} fails, ${best.node} does not yield`,
          })),
    ),
};

export const nopreemptMaster: Rule = {
  id: 'nopreempt-master',
  title: 'nopreempt with state MASTER',
  why: 'keepalived ignores nopreempt in an instance that starts with state MASTER, with a line in its log: the director takes the addresses back as soon as it returns (keepalived.conf(5), nopreempt).',
  instead: 'Write state BACKUP on every director; the priority decides who becomes master first.',
  find: (subject) =>
    electionsOf(subject).flatMap(({ name, candidates }) =>
      candidates
        .filter((c) => c.startsAsMaster && !c.preempt)
        .map(({ node, at }) => ({
          at: at.preempt,
          message: `${node} starts ${name} with state MASTER, so nopreempt has no effect: it preempts when it returns`,
        })),
    ),
};
