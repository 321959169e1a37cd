import type { Lab } from '../../model/lab.ts';
import { instancesOf, memberOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { Dialect } from '../keepalived-conf.ts';
import { methodOf } from './method.ts';

function timeoutLine({ timeouts }: Lab): string[] {
  if (!timeouts) return [];
  const { tcp, fin, udp } = timeouts;
  return [`lvs_timeouts tcp ${Math.ceil(tcp / 1000)} tcpfin ${Math.ceil(fin / 1000)} udp ${Math.ceil(udp / 1000)}`];
}

/**
 * Where connections are sent to the others, and heard from them. keepalived knows one pair of daemons for a director,
 * and here both run all the time: what is master of one instance and backup of another hears and is heard. Daemons
 * that follow an instance would be stopped and started with it, and keepalived waits for ever when it stops one that
 * has not begun to run: the kernel says EINTR to that (kthread_stop), which netlink does not answer with. All
 * directors say the same id, or they would not take it.
 */
function syncDaemonLine(lab: Lab, node: LabNode): string[] {
  const leader = lab.vrrp.find((v) => v.syncDaemon);
  const own = instancesOf(lab, node).find((v) => v.syncDaemon);
  if (!leader || !own) return [];
  return [`lvs_sync_daemon ${memberOf(own, node.name).device} id ${leader.id}`];
}

/** keepalived.conf as Debian's keepalived reads it for kernel IPVS (keepalived.conf(5)). */
export const DIALECT: Dialect = {
  globals: (lab, node) => [...syncDaemonLine(lab, node), ...timeoutLine(lab)],
  balancing: (service) => [
    `lb_algo ${service.scheduler}`,
    ...(service.hashesPort ? [`${service.scheduler}-port`] : []),
    `lb_kind ${methodOf(service).keepalived}`,
  ],
};
