import type { CheckSpec } from '../checks/check.ts';
import { type Exchange, snatChecks } from '../checks/snat.ts';
import type { Lab } from '../model/lab.ts';
import { familyOf } from '../model/lookup.ts';
import type { SnatRule } from '../model/snat.ts';
import { FORWARDING, type NodePart, nothing } from '../nodes/part.ts';

/**
 * SNAT: hosts behind the director reach the outside under the director's address. There is no service
 * and no scheduler: in kernel LVS the translation is connection tracking's, in traffic control on the
 * way out, and back on the way in (tc-ct(8)).
 */
export const snat = {
  /** What the director does for a rule. */
  director(rule: SnatRule): NodePart {
    const [protocol, prio, icmp] = familyOf(rule.to) === 4 ? ['ip', 3, 'icmp'] : ['ipv6', 13, 'icmpv6'];
    const filter = (way: string, match: string, action: string) =>
      rule.protocols.map(
        (p) =>
          `filter add dev ${rule.out} ${way} prio ${prio} protocol ${protocol} flower ${match} ip_proto ${p === 'icmp' ? icmp : p} ct_state -trk action ct ${action} pipe action ok`,
      );
    return {
      ...nothing,
      modules: ['ip_vs'],
      sysctls: FORWARDING,
      tc: [
        `qdisc replace dev ${rule.out} clsact`,
        ...filter('egress', `src_ip ${rule.from}`, `commit nat src addr ${rule.to}`),
        ...filter('ingress', `dst_ip ${rule.to}`, 'nat'),
      ],
    };
  },

  /** The promise, over one exchange between a host inside and one outside. */
  contract(lab: Lab, rule: SnatRule, exchange: () => Promise<Exchange>): readonly CheckSpec[] {
    return snatChecks(lab, rule, exchange);
  },
};
