import type { CheckSpec } from '../checks/check.ts';
import { answersCheck, clientSideCheck, lipHeldCheck, returnPathCheck, sourceCheck } from '../checks/path.ts';
import type { Traffic } from '../checks/traffic.ts';
import type { Lab, LabNode, Service } from '../lab/model.ts';
import { ranges } from '../net/cidr.ts';
import type { DirectorPart, Lack, Mode } from './mode.ts';

/**
 * Full-NAT: the director rewrites both ends. Client → VIP becomes LIP → real server, so the real
 * server needs no route and no address for it; the reply comes back to the LIP, on the director.
 *
 * Mainline IPVS has no Full-NAT. Here it is IPVS NAT for the destination, and connection-tracking
 * NAT in traffic control (tc-ct(8)) for the source: on the way out to a real server, and back on
 * the way in. What the director sends itself (health checks) keeps its own address.
 */
export const fnat: Mode = {
  keepalivedKind: 'NAT',
  forward: 'Masq',

  lacks(service: Service, directors: readonly LabNode[]): readonly Lack[] {
    return directors
      .filter((d) => d.lips.length === 0)
      .map((d) => ({
        node: d.name,
        message: `director "${d.name}" has no LIP, and service "${service.name}" is fnat; add lips: [ADDRESS] on the real servers' segment`,
      }));
  },

  director(service: Service, node: LabNode): DirectorPart {
    return {
      addresses: node.lips,
      sysctls: {
        'net.ipv4.ip_forward': '1',
        'net.ipv4.conf.all.send_redirects': '0',
        'net.ipv4.conf.default.send_redirects': '0',
        'net.ipv4.conf.all.rp_filter': '0',
        'net.ipv4.conf.default.rp_filter': '0',
        'net.ipv4.vs.conntrack': '0',
      },
      tc: node.interfaces.flatMap((i) => translation(service, node, i.name)),
    };
  },

  contract(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
    return [
      answersCheck(service, traffic),
      lipHeldCheck(lab, service),
      sourceCheck(lab, service, traffic, {
        promise: `real servers see connections to ${service.vip} come from a LIP of the director in charge`,
        allowed: (director) => director.lips.map((l) => l.address),
        called: 'LIP',
      }),
      returnPathCheck(lab, service, traffic),
      clientSideCheck(lab, service, traffic),
    ];
  },
};

/** The filters of one interface that lead to the real servers behind it. */
function translation(service: Service, node: LabNode, device: string): string[] {
  const lips = node.lips.filter((l) => l.interface === device).map((l) => l.address);
  if (lips.length === 0) return [];
  const own = [...node.interfaces.filter((i) => i.name === device).map((i) => i.address), service.vip, ...lips];
  const ports = [...new Set(service.reals.map((r) => r.port))];
  const spans = ranges(lips);
  const lines = [`qdisc replace dev ${device} clsact`];
  for (const address of own) {
    lines.push(`filter add dev ${device} egress prio 1 protocol ip flower src_ip ${address} action ok`);
  }
  for (const real of service.reals) {
    for (const { match, span } of shares(spans)) {
      const addr = span.first === span.last ? span.first : `${span.first}-${span.last}`;
      lines.push(
        `filter add dev ${device} egress prio 2 protocol ip flower dst_ip ${real.address} ip_proto ${service.protocol} dst_port ${real.port}${match} ct_state -trk action ct commit nat src addr ${addr} pipe action ok`,
      );
    }
  }
  for (const lip of lips) {
    for (const port of ports) {
      lines.push(
        `filter add dev ${device} ingress prio 1 protocol ip flower dst_ip ${lip} ip_proto ${service.protocol} src_port ${port} ct_state -trk action ct nat pipe action ok`,
      );
    }
  }
  return lines;
}

/**
 * Connection tracking takes one range of addresses for a rule. LIPs that make several ranges share
 * the clients' source ports, told apart by the bits above the lowest (Linux gives even ports first).
 */
function shares<T>(spans: readonly T[]): { match: string; span: T }[] {
  const bits = Math.ceil(Math.log2(spans.length));
  const classes = 2 ** bits;
  return Array.from({ length: classes }, (_, i) => ({
    match: classes === 1 ? '' : ` src_port ${i * 2}/${(classes - 1) * 2}`,
    span: spans[i % spans.length] as T,
  }));
}
