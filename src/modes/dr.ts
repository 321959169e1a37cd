import type { Mode } from './mode.ts';

/**
 * Direct routing: the director changes only the frame's MAC address. Real servers hold the VIP too, without answering
 * ARP for it, share a segment with the director, and reply directly to the client.
 */
export const dr: Mode = {
  wire: { source: 'client', target: 'vip', outer: 'none', back: 'client', reply: 'others' },
  needsLips: false,
  needsSegment: true,
  mapsPorts: false,
};
