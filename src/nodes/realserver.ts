import type { Lab } from '../model/lab.ts';
import { byMode, familyOf, ownServices, vrrpOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { modes } from '../modes/index.ts';
import { IP6_TUNNEL, IPIP } from './modules.ts';
import { addHostAddress, join, type NodePart, nothing, ONE_WAY } from './part.ts';

/**
 * Sysctls of a node that holds a VIP without announcing it (ip-sysctl: arp_ignore, arp_announce): it answers ARP only
 * for addresses of the receiving interface, and sends requests from such an address. IPv6 needs none: neighbour
 * discovery answers only for addresses of the receiving interface.
 */
const SILENT: Readonly<Record<string, string>> = {
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.lo.arp_ignore': '1',
  'net.ipv4.conf.all.arp_announce': '2',
  'net.ipv4.conf.lo.arp_announce': '2',
};

/** The devices that unwrap tunnelled packets, by family: each kernel module creates its own. */
const OPENER = { 4: { device: 'tunl0', module: IPIP }, 6: { device: 'ip6tnl0', module: IP6_TUNNEL } } as const;

/** The names of these devices. */
export const OPENERS: readonly string[] = Object.values(OPENER).map((o) => o.device);

/**
 * Returns the device on which real servers hold a service's VIP; undefined in a mode whose packets are addressed to the
 * real server.
 */
export function vipDevice({ vip, mode }: Service): string | undefined {
  const { target, outer } = modes[mode].wire;
  if (target === 'real') return undefined;
  return outer === 'none' ? 'lo' : OPENER[familyOf(vip)].device;
}

/** Returns what the modes of its services require of a real server, in addition to its programs. */
export function realserver(lab: Lab, node: LabNode): NodePart {
  return join(
    lab.services
      .flatMap(byMode)
      .filter((s) => s.reals.some((r) => r.node === node.name))
      .map(holder),
  );
}

/**
 * Returns what a director needs in addition if it is a real server itself: a VIP that moves must stay on it, unannounced,
 * while another director has it, or it would refuse what that one forwards.
 */
export function hiddenVips(lab: Lab, node: LabNode): NodePart {
  return join(
    ownServices(lab, node)
      .flatMap(byMode)
      .filter((s) => vrrpOf(lab, s.name) !== undefined && s.reals.some((r) => r.node === node.name))
      .map(holder),
  );
}

/** Returns the part that holds a service's VIP without announcing it, and unwraps its packets. */
function holder(service: Service): NodePart {
  const device = vipDevice(service);
  if (device === undefined) return nothing;
  const address = addHostAddress(service.vip, device);
  if (modes[service.mode].wire.outer === 'none') return { ...nothing, sysctls: SILENT, ip: [address] };
  return {
    ...nothing,
    modules: [OPENER[familyOf(service.vip)].module],
    // Packets from the tunnel do not arrive on the interface that leads back to their source.
    sysctls: { ...SILENT, ...ONE_WAY, ...(device === 'tunl0' ? { 'net.ipv4.conf.tunl0.rp_filter': '0' } : {}) },
    ip: [`link set ${device} up`, address],
  };
}
