import type { Lab } from '../../model/lab.ts';
import type { LabNode } from '../../model/node.ts';
import { type Bond, bondsOf, openPorts, portName, portNamed } from './ports.ts';

/** The path of DPVS's configuration. */
export const DPVS_CONF = '/etc/dpvs.conf';

type Block = readonly [head: string, body: readonly (string | Block)[]];

function write(lines: readonly (string | Block)[], indent = ''): string {
  return lines
    .map((line) =>
      typeof line === 'string'
        ? `${indent}${line}\n`
        : `${indent}${line[0]} {\n${write(line[1], `${indent}    `)}${indent}}\n`,
    )
    .join('');
}

/** A port: one queue each way, as a veth has one. */
function device(port: string): Block {
  const queue = ['queue_number 1', 'descriptor_number 256'];
  return [`<init> device ${port}`, [['rx', [...queue, 'rss all']], ['tx', queue], 'promisc_mode']];
}

/** A bond; dedicated queues would need cards with several. */
function bonding(node: LabNode, { name, mode, over }: Bond): Block {
  const slaves = over.map((slave) => portNamed(node, slave));
  return [
    `<init> bonding ${name}`,
    [
      `mode ${mode}`,
      ...slaves.map((slave) => `slave ${slave}`),
      `primary ${slaves[0]}`,
      'options dedicated_queues=off',
    ],
  ];
}

/** A worker: the first one does the control work, the second one carries the packets of every port. */
function worker(number: number, type: 'master' | 'slave', ports: readonly string[]): Block {
  return [
    `<init> worker cpu${number}`,
    [
      `type ${type}`,
      `cpu_id ${number}`,
      ...ports.map((port): Block => [`port ${port}`, ['rx_queue_ids 0', 'tx_queue_ids 0']]),
    ],
  ];
}

/** Returns the connection timeouts of a lab, by DPVS's names of the states; DPVS's own if the lab sets none. */
function timeouts({ timeouts: set }: Lab): { tcp: readonly Block[]; udp: readonly Block[] } {
  if (!set) return { tcp: [], udp: [] };
  const seconds = (ms: number) => Math.ceil(ms / 1000);
  const ended = ['fin_wait', 'time_wait', 'close_wait', 'last_ack'].map((state) => `${state} ${seconds(set.fin)}`);
  return {
    tcp: [['timeout', [`established ${seconds(set.tcp)}`, ...ended]]],
    udp: [['timeout', [`oneway ${seconds(set.udp)}`, `normal ${seconds(set.udp)}`]]],
  };
}

/**
 * Returns the dpvs.conf of a director (conf/dpvs.conf.items of DPVS). Sizes are small: a lab has little memory and few
 * connections. KNI is off: it needs /dev/vhost-net, so the kernel's own programs use the cards beside DPVS.
 */
export function dpvsConf(lab: Lab, node: LabNode): string {
  const cards = node.interfaces.map((_, i) => portName(i));
  const bonds = bondsOf(node);
  // Workers serve a bond, not its slaves.
  const ports = openPorts(node);
  const { tcp, udp } = timeouts(lab);
  return write([
    ['global_defs', ['log_level INFO', 'log_async_mode off', 'kni off', 'lldp off']],
    [
      'netif_defs',
      [
        '<init> pktpool_size 16383',
        '<init> pktpool_cache 256',
        ...cards.map(device),
        ...bonds.map((b) => bonding(node, b)),
      ],
    ],
    ['worker_defs', [worker(0, 'master', []), worker(1, 'slave', ports)]],
    ['timer_defs', ['schedule_interval 10']],
    ['neigh_defs', ['<init> unres_queue_length 128', 'timeout 60']],
    ['ipv4_defs', ['forwarding off', 'default_ttl 64']],
    ['ipv6_defs', ['disable off', 'forwarding off']],
    // On a busy CPU the workers answer late; with DPVS's own 20 ms `ipvsadm -G` failed.
    ['ctrl_defs', [['lcore_msg', ['sync_msg_timeout_us 2000000']]]],
    [
      'ipvs_defs',
      [
        ['conn', ['<init> conn_pool_size 65536', '<init> conn_pool_cache 256']],
        // `ipo` puts the client's address into an IP option; the default, `opp`, is a protocol that plain servers drop.
        ['udp', ['uoa_mode ipo', ...udp]],
        ...(tcp.length > 0 ? [['tcp', tcp] as Block] : []),
      ],
    ],
    ['sa_pool', ['flow_enable off']],
  ]);
}
