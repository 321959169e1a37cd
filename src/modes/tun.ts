import { appOf } from '../apps/index.ts';
import type { CheckSpec } from '../checks/check.ts';
import { answersCheck, bypassCheck, replyCheck, sourceCheck } from '../checks/path.ts';
import type { Traffic } from '../checks/traffic.ts';
import { mtuCheck, ttlCheck } from '../checks/tunnel.ts';
import type { Lab } from '../model/lab.ts';
import { directors, familyOf } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { addHostAddress, type NodePart, nothing } from '../nodes/part.ts';
import { ONE_WAY, SILENT } from './dr.ts';
import type { Lack, Mode } from './mode.ts';

/** The devices that open tunnelled packets, by family: each kernel module brings its own. */
const OPENER = { 4: { device: 'tunl0', module: 'ipip' }, 6: { device: 'ip6tnl0', module: 'ip6_tunnel' } } as const;

/**
 * Tunnelling: the director wraps the packet as it is in another one to the real server, which may be
 * many hops away. The real server opens it on a device that holds the VIP, without answering ARP for
 * it, and replies straight to the client.
 */
export const tun: Mode = {
  keepalivedKind: 'TUN',
  forward: 'Tunnel',

  lacks(): readonly Lack[] {
    return [];
  },

  director(): NodePart {
    return { ...nothing, sysctls: ONE_WAY };
  },

  realserver(service: Service): NodePart {
    const { device, module } = OPENER[familyOf(service.vip)];
    return {
      ...nothing,
      modules: [module],
      // What comes out of the tunnel did not come by the way that leads back.
      sysctls: { ...SILENT, ...ONE_WAY, ...(device === 'tunl0' ? { 'net.ipv4.conf.tunl0.rp_filter': '0' } : {}) },
      ip: [`link set ${device} up`, addHostAddress(service.vip, device)],
    };
  },

  contract(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
    const names = directors(lab).map((d) => d.name);
    return [
      answersCheck(service, traffic),
      sourceCheck(lab, service, traffic, {
        promise: `real servers see the client itself, asking for ${service.vip}, inside IPIP from the director`,
        sources: (t) => t.sources,
        called: 'client',
        target: 'vip',
        outer: 'ipip',
      }),
      ttlCheck(lab, service, traffic),
      bypassCheck(lab, service, traffic, names),
      replyCheck(lab, service, traffic, 'others'),
    ];
  },

  trials(lab: Lab, service: Service): readonly CheckSpec[] {
    return appOf(service).big === undefined ? [] : [mtuCheck(lab, service)];
  },
};
