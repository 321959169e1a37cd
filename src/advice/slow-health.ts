import { masterDownInterval, masterDownWords } from '../checks/adverts.ts';
import { vrrpOf } from '../model/lookup.ts';
import { formatMs } from '../net/duration.ts';
import { silentBudget } from '../scenario/budget.ts';
import { keyAt, type Rule } from './rule.ts';

export const slowHealth: Rule = {
  id: 'slow-health',
  title: 'a health check slower than the failover',
  why: 'A real server that falls silent stays in the table for the interval, the retries and a timeout of each attempt. If that is longer than VRRP takes to replace a director, the loss of one server costs its clients more than the loss of a director does.',
  instead: 'Check more often, with a shorter timeout or fewer retries; or accept it, if servers rarely fall silent.',
  find: ({ lab }) =>
    lab.services.flatMap((service) => {
      const vrrp = vrrpOf(lab, service.name);
      const [, next] = vrrp?.members ?? [];
      if (!service.health || !vrrp || !next) return [];
      const removed = silentBudget(service.health);
      const failover = masterDownInterval(vrrp, next.priority);
      if (removed.ms <= failover) return [];
      return [
        {
          at: keyAt('services', service.name, 'health'),
          message: `${service.name} notices a silent real server after up to ${formatMs(removed.ms)} (${removed.words}), a failover takes ${formatMs(failover)} (${masterDownWords(vrrp, next.priority)})`,
        },
      ];
    }),
};
