import { z } from 'zod';
import { announced, bfd, on } from './schema-ospf.ts';
import { duration, mapping, whole } from './schema-words.ts';

/** The highest number of an autonomous system (RFC 6793). */
const MOST_AS = 4_294_967_294;

/** A BGP domain of a lab file. */
export const bgp = z
  .strictObject(
    {
      on,
      as: whole('The autonomous system of the directors', 1, MOST_AS),
      peer: whole('The autonomous system of the routers (default: the same)', 1, MOST_AS).optional(),
      keepalive: duration('Keepalive interval (default a third of the hold time)', '1s', '21845s', '1s').optional(),
      hold: duration('Hold time (default 180s)', '3s', '65535s', '1s').optional(),
      bfd: bfd('BFD for BGP neighbours, which detects a dead one sooner').optional(),
      addresses: announced,
    },
    mapping('a BGP domain: { on: [SEGMENT, SEGMENT], as: 64512, addresses: [SERVICE] }'),
  )
  .meta({ description: 'All directors announce the VIPs by BGP; routers spread connections over them (ECMP)' });
