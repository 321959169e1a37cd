import { z } from 'zod';
import { parseAddress, parseSubnet } from '../net/cidr.ts';
import { address, command, duration, freeName, mapping, nodeName, text, whole, within, yes } from './schema-words.ts';

/** preempt_delay (keepalived.conf(5)). */
const DELAY = ['0s', '1000s'] as const;

const track = z
  .strictObject(
    {
      script: command('A command on the director that fails if something is wrong').optional(),
      segment: nodeName('A segment whose interface must be up').optional(),
      every: duration('Interval between runs of the script (default 1s)', '10ms', '60m').optional(),
      rise: whole('Successes of the script in a row until it counts as good again (default 1)', 1, 100).optional(),
      fall: whole('Failures of the script in a row until it counts as bad (default 1)', 1, 100).optional(),
      weight: z
        .union([whole('A weight while it fails', -253, -1), whole('A weight while it is well', 1, 253)], {
          error: 'expected a whole number from -253 to -1, or from 1 to 253',
        })
        .meta({
          description:
            'Added to the priority: a negative one while it fails, a positive one while it is well; without a weight the instance goes to FAULT when it fails: a whole number from -253 to -1, or from 1 to 253',
        })
        .optional(),
    },
    mapping('what is tracked: { segment: lan } or { script: COMMAND, weight: -50 }'),
  )
  .refine((t) => (t.script === undefined) !== (t.segment === undefined), {
    error: 'expected exactly one of script, segment',
  })
  .meta({ description: 'What a director’s priority depends on: `{ segment }` or `{ script }`, with its `weight`' });

/** A VRRP instance of a lab file. */
export const vrrp = z
  .strictObject(
    {
      on: nodeName('The segment on which the directors send adverts'),
      id: whole('virtual_router_id, the same on all directors', 1, 255),
      version: whole('VRRP version (default 2; IPv6 needs 3)', 2, 3).optional(),
      advert: duration('Advert interval (default 1s)', '10ms', '255s', '10ms').optional(),
      password: text('1 to 8 letters and digits', 'auth_pass of VRRPv2', () => true, /^[A-Za-z0-9]{1,8}$/).optional(),
      priorities: z
        .record(
          nodeName('A director'),
          whole('Its priority; the highest is master, and of equal ones whoever became it', 1, 254),
          mapping('directors with their priorities: { lb1: 100, lb2: 80 }'),
        )
        .meta({ description: 'The directors that share the addresses, each with its priority' }),
      addresses: z
        .array(
          text(
            'a service’s name, or an address such as 172.16.0.252',
            'A service, or an address',
            (v) => /^[A-Za-z][\w-]*$/.test(v) || parseAddress(v) !== undefined || parseSubnet(v) !== undefined,
          ),
          mapping('a list of services and addresses'),
        )
        .min(1, { error: 'expected at least one service or address' })
        .meta({ description: 'What this instance moves: services, by their VIPs, and plain addresses' }),
      unicast: yes('Adverts are sent by unicast to the other members (unicast_peer)').optional(),
      group: address('Multicast group of the adverts (vrrp_mcast_group4)').optional(),
      preempt: z
        .union([z.boolean(), duration('Preempt after this time', ...DELAY)], {
          error: `expected true, false, or ${within(...DELAY)}`,
        })
        .meta({
          description:
            'Whether a director with a higher priority takes over from a working master (default true), or after which time',
        })
        .optional(),
      refresh: duration(
        'Interval at which the master announces its addresses again (garp_master_refresh, default never)',
        '0s',
        '1440m',
        '1s',
      ).optional(),
      sync: freeName('Instances that name the same group change state together (vrrp_sync_group)').optional(),
      syncdaemon: yes('The master sends its connections to the others (lvs_sync_daemon)').optional(),
      vmac: z
        .union([z.boolean(), z.literal('xmit_base')], { error: 'expected true, false or xmit_base' })
        .meta({
          description:
            'The master holds the addresses under the instance’s virtual MAC address (use_vmac); `xmit_base`: adverts leave under the card’s own one (vmac_xmit_base)',
        })
        .optional(),
      track: z
        .array(track, mapping('a list of what is tracked'))
        .meta({ description: 'What the priority depends on' })
        .optional(),
    },
    mapping('a VRRP instance: { on: ..., id: ..., priorities: ..., addresses: ... }'),
  )
  .meta({ description: 'A VRRP instance: directors that share VIPs, one of them master' });
