import { byMode, familyOf, linksOf, lipsOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { Service } from '../../model/service.ts';
import { modes } from '../../modes/index.ts';
import { ranges } from '../../net/cidr.ts';
import { addHostAddress, FORWARDING, type NodePart, nothing } from '../../nodes/part.ts';

/**
 * Returns the parts of Full-NAT on a director. Mainline IPVS has no Full-NAT. Here IPVS NAT translates the destination,
 * and connection-tracking NAT in traffic control (tc-ct(8)) the source: on the way out to a real server, and back on
 * the way in. The director's own traffic (health checks) keeps its own address.
 */
export function fullNat(service: Service, node: LabNode): NodePart {
  const lips = lipsOf(node, service);
  return {
    ...nothing,
    ip: lips.map((l) => addHostAddress(l.address, l.interface)),
    sysctls: { ...FORWARDING, 'net.ipv4.vs.conntrack': '0' },
    tc: [...new Set(lips.map((l) => l.interface))].flatMap((device) => translation(service, node, device)),
  };
}

/**
 * Returns why Full-NAT cannot run beside other services, one text per reason: its translation is selected by the real
 * server's port.
 */
export function clashes(service: Service, services: readonly Service[]): readonly string[] {
  const plain = services.flatMap(byMode).filter(({ mode, protocol }) => {
    const { target, source } = modes[mode].wire;
    return target === 'real' && source === 'client' && protocol === service.protocol;
  });
  return plain.flatMap((other) =>
    service.reals
      .filter((r) => other.reals.some((o) => o.address === r.address && o.port === r.port))
      .map(
        (r) =>
          `${other.mode} service "${other.name}" sends to ${r.node} port ${r.port} too; the director cannot tell which source to translate; give one of them another port`,
      ),
  );
}

/**
 * Returns why a service cannot have LIPs of its own beside other services, one text per reason: the source is translated by
 * the real server's address and port, whatever the VIP was.
 */
export function lipClashes(service: Service, services: readonly Service[]): readonly string[] {
  const set = ({ lips }: Service) => lips && [...lips].sort().join(', ');
  if (service.lips === undefined) return [];
  const others = services.filter(
    (s) => modes[s.mode].wire.source === 'lip' && s.protocol === service.protocol && set(s) !== set(service),
  );
  return others.flatMap((other) =>
    service.reals
      .filter((r) => other.reals.some((o) => o.address === r.address && o.port === r.port))
      .map(
        (r) =>
          `service "${other.name}" sends to ${r.node} port ${r.port} too, from ${set(other) ?? 'any LIP'}; the director cannot tell which LIP to take; give one of them another port, or use driver: dpvs`,
      ),
  );
}

/** Returns the filters of one interface for the real servers behind it. */
function translation(service: Service, node: LabNode, device: string): string[] {
  const family = familyOf(service.vip);
  // A priority holds filters of only one protocol.
  const [protocol, first, second] = family === 4 ? ['ip', 1, 2] : ['ipv6', 11, 12];
  const here = lipsOf(node, service).filter((l) => l.interface === device);
  const lips = here.map((l) => l.address);
  const link = linksOf(node).find((l) => l.name === device);
  const hosts = (link?.addresses ?? []).map((a) => a.address).filter((a) => familyOf(a) === family);
  const ports = [...new Set(service.reals.map((r) => r.port))];
  const lines = [`qdisc replace dev ${device} clsact`];
  for (const address of [...hosts, service.vip, ...lips]) {
    lines.push(`filter add dev ${device} egress prio ${first} protocol ${protocol} flower src_ip ${address} action ok`);
  }
  for (const real of service.reals) {
    for (const { match, span } of shares(ranges(lips))) {
      const addr = span.first === span.last ? span.first : `${span.first}-${span.last}`;
      lines.push(
        `filter add dev ${device} egress prio ${second} protocol ${protocol} flower dst_ip ${real.address} ip_proto ${service.protocol} dst_port ${real.port}${match} ct_state -trk action ct commit nat src addr ${addr} pipe action ok`,
      );
    }
  }
  for (const lip of lips) {
    for (const port of ports) {
      lines.push(
        `filter add dev ${device} ingress prio ${first} protocol ${protocol} flower dst_ip ${lip} ip_proto ${service.protocol} src_port ${port} ct_state -trk action ct nat pipe action ok`,
      );
    }
  }
  return lines;
}

/**
 * Splits LIPs among several rules. Connection tracking takes one range of addresses per rule. LIPs in several ranges
 * share the clients' source ports, distinguished by the bits above the lowest one (Linux assigns even ports first).
 */
function shares<T>(spans: readonly T[]): { match: string; span: T }[] {
  const bits = Math.ceil(Math.log2(spans.length));
  const classes = 2 ** bits;
  return Array.from({ length: classes }, (_, i) => ({
    match: classes === 1 ? '' : ` src_port ${i * 2}/${(classes - 1) * 2}`,
    span: spans[i % spans.length] as T,
  }));
}
