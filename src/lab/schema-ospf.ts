import { z } from 'zod';
import { parseAddress } from '../net/cidr.ts';
import { duration, mapping, nodeName, text, whole } from './schema-words.ts';

/** Returns whether a text is an area's number: plain, or written like an IPv4 address. */
function isArea(value: string): boolean {
  return /^\d+$/.test(value) ? Number(value) < 2 ** 32 : parseAddress(value)?.family === 4;
}

/** BFD between neighbours. */
export const bfd = (description: string) =>
  z
    .strictObject(
      {
        every: duration('Interval between packets (default 300ms)', '10ms', '60s').optional(),
        misses: whole('Detection multiplier: packets missed in a row (default 3)', 2, 255).optional(),
      },
      mapping('BFD: { every: 300ms, misses: 3 }'),
    )
    .meta({ description });

/** The links of a domain. */
export const on = z
  .array(nodeName('A segment'), mapping('a list of segments'))
  .min(1, { error: 'expected at least one segment' })
  .meta({ description: 'The links between directors and routers (nodes of kind switch)' });

/** What a domain announces. */
export const announced = z
  .array(
    text('a service’s name', 'A service', () => true),
    mapping('a list of services'),
  )
  .min(1, { error: 'expected at least one service' })
  .meta({ description: 'The services whose VIPs every director announces, as /32 or /128; all of one family' });

/** An OSPF domain of a lab file. */
export const ospf = z
  .strictObject(
    {
      on,
      area: text('an area such as 0.0.0.0', 'The OSPF area (default 0.0.0.0)', isArea).optional(),
      hello: duration('Hello interval (default 10s)', '1s', '65535s', '1s').optional(),
      dead: duration('Dead interval (default 40s)', '2s', '65535s', '1s').optional(),
      bfd: bfd('BFD for OSPF neighbours, which detects a dead one sooner').optional(),
      throttle: duration(
        'Minimum time between two versions of an LSA (timers throttle lsa, default 5s)',
        '0ms',
        '5s',
      ).optional(),
      addresses: announced,
    },
    mapping('an OSPF domain: { on: [SEGMENT, SEGMENT], addresses: [SERVICE] }'),
  )
  .meta({
    description:
      'All directors announce the VIPs by OSPF (IPv6 by OSPFv3); routers spread connections over them (ECMP)',
  });
