import type { Lab } from '../../model/lab.ts';
import { instancesOf, memberOf, virtualMacs } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { MACVLAN } from '../../nodes/modules.ts';
import { type NodePart, nothing } from '../../nodes/part.ts';

/** A line of keepalived.conf that gives an instance a device with its virtual MAC address. */
const USES_VMAC = /(^|[{}])\s*use_vmac\b/m;

/** Returns whether a director's own keepalived.conf gives an instance a virtual MAC address. */
function saysVmac({ keepalived }: LabNode): boolean {
  return keepalived !== undefined && USES_VMAC.test(Buffer.from(keepalived.base64, 'base64').toString());
}

/** Where hosts send their reports of multicast groups (RFC 3376 §4.2.14, RFC 3810 §5.2.14). */
const REPORTS = [
  { protocol: 'ip', prio: 21, to: '224.0.0.22' },
  { protocol: 'ipv6', prio: 22, to: 'ff02::16' },
] as const;

/** Returns the filters of a card that drop reports of multicast groups under an instance's virtual MAC addresses. */
function silenceGroups(vrrp: VrrpInstance, device: string): readonly string[] {
  return [
    `qdisc replace dev ${device} clsact`,
    ...virtualMacs(vrrp).flatMap((mac) =>
      REPORTS.map(
        ({ protocol, prio, to }) =>
          `filter add dev ${device} egress prio ${prio} protocol ${protocol} flower src_mac ${mac} dst_ip ${to} action drop`,
      ),
    ),
  ];
}

/**
 * Returns what devices with virtual MAC addresses need on a director: each answers ARP only for its own addresses, and
 * accepts adverts of another director that has its MAC address; the card below does not answer for it; and a backup's
 * device sends no report of multicast groups, from which switches would learn that the MAC address is at the backup.
 * keepalived does the same by itself (vrrp_if_config.c, vrrp_nftables.c), but the labs' kernel refuses its request
 * ("Unable to set parameters for vrrp.1", with keepalived 2.3.3) and has no nftables.
 */
export function vmacPart(lab: Lab, node: LabNode): NodePart {
  const own = instancesOf(lab, node);
  const instances = saysVmac(node) ? own : own.filter((v) => v.vmac !== undefined);
  if (instances.length === 0) return nothing;
  const below = [...new Set(instances.map((v) => memberOf(v, node.name).device))];
  return {
    ...nothing,
    modules: [MACVLAN],
    sysctls: {
      // the devices are made later, by keepalived
      'net.ipv4.conf.default.arp_ignore': '1',
      'net.ipv4.conf.default.accept_local': '1',
      'net.ipv4.conf.default.rp_filter': '0',
      ...Object.fromEntries(
        below.flatMap((device) => [
          [`net/ipv4/conf/${device}/arp_ignore`, '1'],
          [`net/ipv4/conf/${device}/arp_filter`, '1'],
        ]),
      ),
    },
    tc: instances.flatMap((v) => silenceGroups(v, memberOf(v, node.name).device)),
  };
}
