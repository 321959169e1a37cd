import type { Mode } from './mode.ts';

/**
 * NAT: the director rewrites the destination only. The real server sees the client itself, so its
 * reply must be routed back through the director, which puts the VIP in its place again.
 */
export const nat: Mode = {
  wire: { source: 'client', target: 'real', outer: 'none', back: 'client', reply: 'director' },
  needsLips: false,
  needsSegment: false,
  mapsPorts: true,
};
