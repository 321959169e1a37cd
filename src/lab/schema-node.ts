import { z } from 'zod';
import { DEVICES, DRIVERS, KERNEL_CHOICES, NEEDS, NODE_KINDS, SERVED_PROTOCOLS } from '../model/words.ts';
import { parseAddress, parseSubnet } from '../net/cidr.ts';
import {
  address,
  addresses,
  mapping,
  mtu,
  nodeName,
  oneOf,
  oneOrMore,
  PLACED,
  path,
  placed,
  text,
  whole,
  yes,
} from './schema-words.ts';

/** Text without control characters: sysctl.conf has one line per setting. */
const PRINTABLE = /^[^\p{Cc}]*$/u;

const onSegment = z
  .union([z.literal('none'), placed('address'), z.array(placed('address')).min(1)], {
    error: `expected ${PLACED}, a list of these, or none`,
  })
  .meta({
    description:
      'The node’s address on the segment of that name, a list of several, or `none` for a card without addresses',
  });

/** A card of a real machine has any name that Linux gives: ens192, enP4p1s0, bond0.100. */
const cardName = (description: string) => text(CARD_NAME, description, () => true, /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/);
const CARD_NAME = 'a name of at most 15 letters, digits, dots, hyphens and underscores, such as ens192';

const names = z
  .record(nodeName('A segment'), cardName('The card’s name'), mapping('segments with names of cards: { lan: ens192 }'))
  .meta({ description: 'Names of the node’s cards (default eth0, eth1 and so on), each by its segment' });

const cards = z
  .array(
    z.strictObject(
      {
        on: nodeName('The segment that the card is connected to'),
        address: addresses('Its addresses').optional(),
        name: cardName('Its name (default eth0, eth1 and so on)').optional(),
        mtu: mtu('Its MTU, if it is smaller than that of its segment').optional(),
      },
      mapping('a card: { on: SEGMENT, address: ADDRESS }'),
    ),
    mapping('a list of cards'),
  )
  .meta({ description: 'More network cards, for a node with several on one segment' });

const tunnel = (kind: string) =>
  z
    .strictObject(
      { local: address('Local address of the tunnel'), remote: address('Remote address of the tunnel') },
      mapping('a tunnel: { local: ADDRESS, remote: ADDRESS }'),
    )
    .meta({ description: `Tunnel ${kind} between two addresses` })
    .optional();

const device = z
  .strictObject(
    {
      bond: z
        .union([z.literal(0), z.literal(1), z.literal(4)], { error: 'expected a bonding mode: 0, 1 or 4' })
        .meta({ description: 'A bond of this mode: 0 round robin, 1 active and backup, 4 LACP' })
        .optional(),
      vlan: whole('A VLAN with this id (802.1Q)', 1, 4094).optional(),
      bridge: z.literal(true, { error: 'expected true' }).meta({ description: 'A bridge' }).optional(),
      gre: tunnel('by GRE'),
      ipip: tunnel('by IP-in-IP'),
      over: oneOrMore(
        text('a segment or a device of the node', 'The lower device, or devices', (v) => v !== ''),
        'a segment or a device of the node',
        'The lower device, or devices',
      ).optional(),
      address: addresses('Its addresses').optional(),
      mtu: mtu('Its MTU, if it is smaller than what it is built on allows').optional(),
    },
    mapping('a device: { bond: 4, over: [SEGMENT, SEGMENT], address: ADDRESS }'),
  )
  .refine((d) => DEVICES.filter((kind) => d[kind] !== undefined).length === 1, {
    error: `expected exactly one of ${DEVICES.join(', ')}`,
  })
  .meta({ description: 'A device built on others' });

/** A list of what a kernel must be able to do. */
export function needs(description: string) {
  return z
    .array(oneOf('A need', NEEDS), mapping('a list such as [netfilter, sctp]'))
    .min(1, { error: `expected at least one of ${NEEDS.join(', ')}` })
    .meta({ description });
}

/** A node of a lab file. */
export const node = z
  .object(
    {
      kind: oneOf('Role of the node', NODE_KINDS),
      kernel: oneOf('Kernel whose network stack it uses (default: the lab’s)', KERNEL_CHOICES).optional(),
      needs: needs(
        'What its kernel must be able to do, in addition to the lab’s: `netfilter` (iptables and nftables with their modules), `sctp`; `kernel: auto` then chooses a kernel that has it',
      ).optional(),
      driver: oneOf('Load balancer that the director runs (default: the lab’s)', DRIVERS).optional(),
      workers: whole('Threads of DPVS that carry packets, on a director that runs it (default 1)', 1, 16).optional(),
      interfaces: cards.optional(),
      cards: names.optional(),
      devices: z
        .record(
          text('a device’s name of at most 15 characters', 'A device', () => true, /^[a-z][a-z0-9.-]{0,14}$/),
          device,
          mapping('devices by name: { bond1: { bond: 4, over: [...] } }'),
        )
        .meta({ description: 'Bonds, VLANs, bridges and tunnels of the node' })
        .optional(),
      routes: z
        .record(
          text(
            'default, or a subnet such as 10.0.0.0/8',
            'The destination',
            (v) => v === 'default' || parseSubnet(v) !== undefined || parseAddress(v) !== undefined,
          ),
          text('a gateway’s address, a segment, a device, or blackhole', 'The next hop or device', (v) => v !== ''),
          mapping('routes: { default: 192.168.100.1 }'),
        )
        .meta({ description: 'Routes of the node, each by a gateway, a segment or device, or `blackhole`' })
        .optional(),
      lips: z
        .array(
          address('A local address (LIP) for Full-NAT, on a segment of the director'),
          mapping('a list of addresses'),
        )
        .min(1, { error: 'expected at least one address' })
        .meta({
          description: 'Local addresses (LIPs): the source addresses of this director towards real servers in Full-NAT',
        })
        .optional(),
      kni: z
        .array(
          address('An address of the kernel of a director with DPVS, on one of its segments'),
          mapping('a list of addresses'),
        )
        .min(1, { error: 'expected at least one address' })
        .meta({
          description:
            'Addresses of the kernel on the KNI device of a card (dpdk0.kni): programs beside DPVS answer there (dpvs; needs /dev/vhost-net)',
        })
        .optional(),
      sysctls: z
        .record(
          text('a sysctl under net., such as net.ipv4.ip_forward', 'A sysctl of the node', (v) =>
            /^net([./][\w-]+)+$/.test(v),
          ),
          z.union(
            [z.string().regex(PRINTABLE, mapping('a number, or text on one line')), z.int()],
            mapping('a number, or text on one line'),
          ),
          mapping('sysctl names, each with its value'),
        )
        .meta({ description: 'Sysctls of the node’s own network stack, set before its services start' })
        .optional(),
      serve: z
        .array(
          text(
            'a port such as 80/tcp, 80/udp, 443/tls or 53/dns',
            'A port',
            (v) => Number.parseInt(v, 10) <= 65535,
            new RegExp(`^[1-9]\\d{0,4}/(${SERVED_PROTOCOLS.join('|')})$`),
          ),
          mapping('a list of ports'),
        )
        .meta({ description: 'Ports that the node serves, in addition to those of its services' })
        .optional(),
      manual: yes(
        'lab prepares nothing for services here (no table, VIP, sysctl or tunnel): your setup script does',
      ).optional(),
      setup: path(
        'Your shell script; it runs after the node’s addresses are set and before its services start',
      ).optional(),
      keepalived: path('Your keepalived.conf, used unchanged in place of the generated one').optional(),
      files: z
        .record(
          text('an absolute path in the node', 'A path', (v) => v.startsWith('/')),
          path('File'),
          mapping('files: { /root/rs.sh: ./rs.sh }'),
        )
        .meta({ description: 'Your files to copy into the node, by their path there' })
        .optional(),
    },
    mapping('a node: { kind: ..., SEGMENT: ADDRESS }'),
  )
  .catchall(onSegment)
  .meta({ description: 'A node. In addition to the keys below, every segment that it is on: `SEGMENT: ADDRESS`' });
