import type { Mode } from './mode.ts';

/**
 * Tunnelling: the director wraps the unchanged packet in another one to the real server, which may be many hops away.
 * The real server unwraps it on a device that holds the VIP, without answering ARP for it, and replies directly to the
 * client.
 */
export const tun: Mode = {
  wire: { source: 'client', target: 'vip', outer: 'ipip', back: 'client', reply: 'others' },
  needsLips: false,
  needsSegment: false,
  mapsPorts: false,
};
