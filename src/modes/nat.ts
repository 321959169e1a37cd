import type { CheckSpec } from '../checks/check.ts';
import { answersCheck, replyCheck, returnCheck, sourceCheck } from '../checks/path.ts';
import type { Traffic } from '../checks/traffic.ts';
import type { Lab } from '../model/lab.ts';
import type { Service } from '../model/service.ts';
import { FORWARDING, type NodePart, nothing } from '../nodes/part.ts';
import type { Lack, Mode } from './mode.ts';

/**
 * NAT: the director rewrites the destination only. The real server sees the client itself, so its
 * reply must be routed back through the director, which puts the VIP in its place again.
 */
export const nat: Mode = {
  keepalivedKind: 'NAT',
  forward: 'Masq',

  lacks(): readonly Lack[] {
    return [];
  },

  director(): NodePart {
    return { ...nothing, sysctls: FORWARDING };
  },

  realserver(): NodePart {
    return nothing;
  },

  contract(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
    return [
      answersCheck(service, traffic),
      sourceCheck(lab, service, traffic, {
        promise: `real servers see the client itself, at their own address, in plain packets from the director`,
        sources: (t) => t.sources,
        called: 'client',
        target: 'real',
        outer: 'none',
      }),
      returnCheck(lab, service, traffic, {
        promise: 'replies of the real servers go to the client, through the director in charge',
        to: (t) => t.sources,
      }),
      replyCheck(lab, service, traffic, 'director'),
    ];
  },
};
