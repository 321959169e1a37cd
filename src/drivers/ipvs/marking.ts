import { familyOf, linksOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { Service } from '../../model/service.ts';
import type { Module } from '../../nodes/modules.ts';
import { type NodePart, nothing } from '../../nodes/part.ts';

/** The modules of traffic control that set a mark. */
const MARKS: Module = { name: 'act_skbedit', also: ['cls_flower', 'sch_ingress'] };

/**
 * Returns the part that gives a service's packets their firewall mark as they arrive on a director, in traffic control
 * (tc-skbedit(8)): it needs no netfilter. On a director with a script of its own, the script marks them.
 */
export function marking({ vip, port, protocol }: Service, mark: number, node: LabNode): NodePart {
  if (node.setup) return nothing;
  // A priority holds filters of only one protocol; Full-NAT and SNAT have others.
  const [family, prio] = familyOf(vip) === 4 ? ['ip', 4] : ['ipv6', 14];
  const under = new Set(node.devices.flatMap((d) => (d.kind === 'bond' || d.kind === 'bridge' ? d.over : [])));
  const links = linksOf(node).filter((l) => !under.has(l.name));
  return {
    ...nothing,
    modules: [MARKS],
    tc: links.flatMap(({ name }) => [
      `qdisc replace dev ${name} clsact`,
      `filter add dev ${name} ingress prio ${prio} protocol ${family} flower dst_ip ${vip} ip_proto ${protocol} dst_port ${port} action skbedit mark ${mark} pipe action ok`,
    ]),
  };
}
