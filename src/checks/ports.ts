import type { Service } from '../model/service.ts';
import { endpoint } from '../net/cidr.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { CheckSpec } from './check.ts';
import { hold } from './hold.ts';
import { REQUESTS } from './traffic.ts';

/**
 * Checks that a LIP has enough ports: connections that are open at the same time each get a free one. (Sequential
 * connections would prove nothing: Linux reuses the port of a closing connection for the next one.)
 */
export function portsCheck(service: Service): CheckSpec {
  return {
    id: `${service.mode}.ports`,
    subject: service.name,
    promise: `${REQUESTS} connections at once to ${endpoint(service.vip, service.port)} each find a free port of a LIP`,
    within: 0,
    every: 0,
    look: async (bed) => {
      const names = bed.carriers(service).map((d) => d.name);
      const all = async () =>
        (await Promise.all(names.map((n) => bed.control(n).portsRefused()))).reduce((sum, n) => sum + n, 0);
      const before = await all();
      const requests = await hold(bed, service, { timeout: 300 });
      const dropped = (await all()) - before;
      const answered = requests.filter((r) => r.status === 200).length;
      if (answered === 0 && dropped === 0) throw new CannotObserve(`no connection to ${service.name} is answered`);
      return {
        ok: dropped === 0,
        seen: `${names.join(' and ')}: ${dropped} connections found no free port, ${answered} of ${REQUESTS} were answered`,
      };
    },
  };
}
