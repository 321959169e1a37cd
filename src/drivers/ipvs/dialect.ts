import type { Lab } from '../../model/lab.ts';
import { familyOf, instancesOf, memberOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import { addressText, type Dialect } from '../keepalived-conf.ts';
import { methodOf } from './method.ts';

function timeoutLine({ timeouts }: Lab): string[] {
  if (!timeouts) return [];
  const { tcp, fin, udp } = timeouts;
  return [`lvs_timeouts tcp ${Math.ceil(tcp / 1000)} tcpfin ${Math.ceil(fin / 1000)} udp ${Math.ceil(udp / 1000)}`];
}

/**
 * Returns the line that sets up the connection sync daemons, which send connections to other directors and receive
 * theirs. keepalived has one pair of daemons per director, and here both run all the time: a director that is master of
 * one instance and backup of another sends and receives. Daemons that follow an instance would be stopped and started
 * with it, and keepalived hangs when it stops one that has not run yet: the kernel returns EINTR for this
 * (kthread_stop), which netlink does not use as an answer. All directors use the same sync ID, or they would not accept
 * each other's messages.
 */
function syncDaemonLine(lab: Lab, node: LabNode): string[] {
  const leader = lab.vrrp.find((v) => v.syncDaemon);
  const own = instancesOf(lab, node).find((v) => v.syncDaemon);
  if (!leader || !own) return [];
  return [`lvs_sync_daemon ${memberOf(own, node.name).device} id ${leader.id}`];
}

/** The syntax of keepalived.conf in Debian's keepalived for kernel IPVS (keepalived.conf(5)). */
export const DIALECT: Dialect = {
  globals: (lab, node) => [...syncDaemonLine(lab, node), ...timeoutLine(lab)],
  blocks: () => [],
  tracks: [],
  interface: (_, device) => [`interface ${device}`],
  // An IPv6 VIP is deprecated, so that the director does not use it as a source address.
  address: (address, device) =>
    `${addressText(address)} dev ${device}${familyOf(address.address) === 6 ? ' preferred_lft 0' : ''}`,
  server: ({ vip, port }) => ({ before: [], head: `${vip} ${port}` }),
  balancing: (service) => [
    `lb_algo ${service.scheduler}`,
    ...(service.hashesPort ? [`${service.scheduler}-port`] : []),
    `lb_kind ${methodOf(service).keepalived}`,
  ],
};
