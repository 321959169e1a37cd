import { familyOf } from '../../model/lookup.ts';
import type { SnatRule } from '../../model/snat.ts';
import { FORWARDING, type NodePart, nothing } from '../../nodes/part.ts';
import { IP_VS } from './module.ts';

/**
 * Returns the parts of an SNAT rule on a director: hosts behind it reach the outside from its address. IPVS is not
 * involved: connection tracking translates, in traffic control on the way out, and back on the way in (tc-ct(8)).
 */
export function snatOf(rule: SnatRule): NodePart {
  const [protocol, prio, icmp] = familyOf(rule.to) === 4 ? ['ip', 3, 'icmp'] : ['ipv6', 13, 'icmpv6'];
  const far = (key: string) => (rule.destination === undefined ? '' : ` ${key} ${rule.destination}`);
  const near = rule.in === undefined ? '' : `indev ${rule.in} `;
  const filter = (way: string, match: string, action: string) =>
    rule.protocols.map(
      (p) =>
        `filter add dev ${rule.out} ${way} prio ${prio} protocol ${protocol} flower ${match} ip_proto ${p === 'icmp' ? icmp : p} ct_state -trk action ct ${action} pipe action ok`,
    );
  return {
    ...nothing,
    modules: [IP_VS],
    sysctls: FORWARDING,
    tc: [
      `qdisc replace dev ${rule.out} clsact`,
      ...filter('egress', `${near}src_ip ${rule.from}${far('dst_ip')}`, `commit nat src addr ${rule.to}`),
      ...filter('ingress', `dst_ip ${rule.to}${far('src_ip')}`, 'nat'),
    ],
  };
}
