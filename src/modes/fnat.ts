import type { Mode } from './mode.ts';

/**
 * Full-NAT: the director rewrites both addresses. Client → VIP becomes LIP → real server, so the real server needs no
 * special route or address; the reply goes to the LIP, on the director.
 */
export const fnat: Mode = {
  wire: { source: 'lip', target: 'real', outer: 'none', back: 'lip', reply: 'director' },
  needsLips: true,
  needsSegment: false,
  mapsPorts: true,
};
