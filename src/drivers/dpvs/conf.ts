import type { Lab } from '../../model/lab.ts';
import type { LabNode } from '../../model/node.ts';
import { type Block, writeBlocks } from '../blocks.ts';
import { type Bond, bondsOf, kniName, openPorts, portName, portNamed } from './ports.ts';

/** The path of DPVS's configuration. */
export const DPVS_CONF = '/etc/dpvs.conf';

/** Returns the numbers from 0, as many as there are workers: of queues, and of a worker's own queue. */
function numbers(workers: number): readonly number[] {
  return Array.from({ length: workers }, (_, i) => i);
}

/** A port: a queue each way for each worker. */
function device(port: string, { workers, kni }: { readonly workers: number; readonly kni: boolean }): Block {
  const queue = [`queue_number ${workers}`, 'descriptor_number 256'];
  const name = kni ? [`kni_name ${kniName(port)}`] : [];
  return [`<init> device ${port}`, [['rx', [...queue, 'rss all']], ['tx', queue], 'promisc_mode', ...name]];
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

/** A thread: the first one does the control work, each other one carries the packets of its queue of every port. */
function worker(number: number, type: 'master' | 'slave', ports: readonly string[]): Block {
  const queue = number - 1;
  return [
    `<init> worker cpu${number}`,
    [
      `type ${type}`,
      `cpu_id ${number}`,
      ...ports.map((port): Block => [`port ${port}`, [`rx_queue_ids ${queue}`, `tx_queue_ids ${queue}`]]),
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
 * The card spreads replies over queues without regard to LIPs: a worker passes on those of another's connections. Without
 * this, about half of the connections of two workers get no answer.
 */
function redirect(workers: number): readonly string[] {
  return workers > 1 ? ['<init> redirect on'] : [];
}

/** Returns the number of a director's workers. */
export function workersOf({ workers = 1 }: Pick<LabNode, 'workers'>): number {
  return workers;
}

/**
 * Returns the dpvs.conf of a director (conf/dpvs.conf.items of DPVS). Sizes are small: a lab has little memory and few
 * connections. KNI is on only if the node has KNI addresses: it needs /dev/vhost-net. Without it the kernel's own programs use
 * the cards beside DPVS.
 */
export function dpvsConf(lab: Lab, node: LabNode): string {
  const cards = node.interfaces.map((_, i) => portName(i));
  const bonds = bondsOf(node);
  // Workers serve a bond, not its slaves.
  const ports = openPorts(node);
  const { tcp, udp } = timeouts(lab);
  const workers = workersOf(node);
  const kni = node.kni !== undefined;
  return writeBlocks([
    ['global_defs', ['log_level INFO', 'log_async_mode off', `kni ${kni ? 'on' : 'off'}`, 'lldp off']],
    [
      'netif_defs',
      [
        '<init> pktpool_size 16383',
        '<init> pktpool_cache 256',
        ...cards.map((card) => device(card, { workers, kni })),
        ...bonds.map((b) => bonding(node, b)),
      ],
    ],
    ['worker_defs', [worker(0, 'master', []), ...numbers(workers).map((i) => worker(i + 1, 'slave', ports))]],
    ['timer_defs', ['schedule_interval 10']],
    ['neigh_defs', ['<init> unres_queue_length 128', 'timeout 60']],
    ['ipv4_defs', ['forwarding off', 'default_ttl 64']],
    ['ipv6_defs', ['disable off', 'forwarding off']],
    // On a busy CPU the workers answer late; with DPVS's own 20 ms `ipvsadm -G` failed.
    ['ctrl_defs', [['lcore_msg', ['sync_msg_timeout_us 2000000']]]],
    [
      'ipvs_defs',
      [
        ['conn', ['<init> conn_pool_size 65536', '<init> conn_pool_cache 256', ...redirect(workers)]],
        // `ipo` puts the client's address into an IP option; the default, `opp`, is a protocol that plain servers drop.
        ['udp', ['uoa_mode ipo', ...udp]],
        ...(tcp.length > 0 ? [['tcp', tcp] as Block] : []),
      ],
    ],
    ['sa_pool', ['flow_enable off']],
  ]);
}
