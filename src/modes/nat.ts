import type { Mode } from './mode.ts';

/**
 * NAT: the director rewrites only the destination. The real server sees the client's own address, so its reply must be
 * routed through the director, which restores the VIP as its source.
 */
export const nat: Mode = {
  wire: { source: 'client', target: 'real', outer: 'none', back: 'client', reply: 'director' },
  needsLips: false,
  needsSegment: false,
  mapsPorts: true,
};
