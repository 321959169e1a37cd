import type { CheckSpec } from '../checks/check.ts';
import { answersCheck, bypassCheck, replyCheck, sourceCheck } from '../checks/path.ts';
import type { Traffic } from '../checks/traffic.ts';
import type { Lab } from '../model/lab.ts';
import { directors, linkTo } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { addHostAddress, type NodePart, nothing } from '../nodes/part.ts';
import type { Lack, Mode } from './mode.ts';

/**
 * Sysctls of a node that holds a VIP in silence (ip-sysctl: arp_ignore, arp_announce): it answers ARP
 * only for addresses of the interface that is asked, and asks under such an address. IPv6 needs none:
 * neighbour discovery answers only for addresses of the interface that is asked.
 */
export const SILENT: Readonly<Record<string, string>> = {
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.lo.arp_ignore': '1',
  'net.ipv4.conf.all.arp_announce': '2',
  'net.ipv4.conf.lo.arp_announce': '2',
};

/** Sysctls of a director whose replies take another way: no redirects, and no return path to look for. */
export const ONE_WAY: Readonly<Record<string, string>> = {
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
};

/**
 * Direct routing: the director changes the frame's MAC address and nothing else. Real servers hold
 * the VIP too, without answering ARP for it, share a segment with the director, and reply straight
 * to the client.
 */
export const dr: Mode = {
  keepalivedKind: 'DR',
  forward: 'Route',

  lacks(service: Service, nodes: readonly LabNode[]): readonly Lack[] {
    const balancers = nodes.filter((n) => n.kind === 'director');
    return service.reals.flatMap((real) =>
      balancers
        .filter((d) => !linkTo(d, real.address))
        .map((d) => ({
          message: `in dr the director changes MAC addresses only, and "${d.name}" shares no segment with ${real.node} (${real.address}); use tun, or put both on one segment`,
        })),
    );
  },

  director(): NodePart {
    return { ...nothing, sysctls: ONE_WAY };
  },

  realserver(service: Service): NodePart {
    return { ...nothing, sysctls: SILENT, ip: [addHostAddress(service.vip, 'lo')] };
  },

  contract(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
    const names = directors(lab).map((d) => d.name);
    return [
      answersCheck(service, traffic),
      sourceCheck(lab, service, traffic, {
        promise: `real servers see the client itself, asking for ${service.vip}: only MAC addresses differ`,
        sources: (t) => t.sources,
        called: 'client',
        target: 'vip',
        outer: 'none',
      }),
      bypassCheck(lab, service, traffic, names),
      replyCheck(lab, service, traffic, 'others'),
    ];
  },
};
