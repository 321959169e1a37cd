import type { Lab } from '../../model/lab.ts';
import { familyOf, instancesOf, memberOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { entryName } from '../entry.ts';
import { addressText } from '../keepalived-conf.ts';
import type { Dialect } from '../keepalived-dialect.ts';
import { balanceScript, sharedWith } from './local-node.ts';
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
  // IPVS heeds backup_only only where a daemon receives.
  const shared = lab.nodes.filter((n) => n.kind === 'director').flatMap((n) => sharedWith(lab, n));
  const synced = (v: VrrpInstance) => v.syncDaemon || shared.includes(v);
  const leader = lab.vrrp.find(synced);
  const own = instancesOf(lab, node).find(synced);
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
    `${addressText(address)}${device === undefined ? '' : ` dev ${device}`}${familyOf(address.address) === 6 ? ' preferred_lft 0' : ''}`,
  notify: (lab, node, instance) => (sharedWith(lab, node).includes(instance) ? balanceScript(lab, node) : undefined),
  server: (_, service) => {
    const { protocol, address, port } = entryName(service);
    return { before: [], head: protocol === 'fwm' ? `fwmark ${address}` : `${address} ${port}` };
  },
  balancing: (_lab, _node, service) => [
    // keepalived takes a mark for IPv4 packets until it knows better
    ...(service.entry?.kind === 'mark' && familyOf(service.vip) === 6 ? ['ip_family inet6'] : []),
    `lb_algo ${service.scheduler}`,
    ...(service.hashesPort ? [`${service.scheduler}-port`] : []),
    ...(service.ops ? ['ops'] : []),
    `lb_kind ${methodOf(service).keepalived}`,
  ],
  // keepalived knows lb_kind only for a whole service
  forwarding: (mode) => [`lvs_method ${methodOf({ mode }).keepalived}`],
};
