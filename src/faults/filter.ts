import type { Fault } from '../model/fault.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { shell } from '../shell.ts';
import type { FaultStory, Stamp } from './fault.ts';
import { places } from './server.ts';

/**
 * Bytes of the longest segment without payload: of IPv4 with its header (a SYN with all its options has
 * 60), of IPv6 without. One less than a power of two: traffic control compares by masks.
 */
const HEADERS = 63;

/** Priorities of our filters: a card of a guest may have others. */
const PRIO = { ip: 71, ipv6: 72 } as const;

/** Which of the segments that reach a real server's ports are taken away, and what becomes of those. */
interface Filter {
  /** Only those with payload, or all. */
  readonly which: 'payload' | 'all';
  /** What nftables does with them (nft(8)). */
  readonly verdict: 'drop' | 'reject with tcp reset';
}

/** In nftables. */
function nftLines(table: string, ports: readonly number[], { which, verdict }: Filter): string {
  const matches = which === 'all' ? [''] : ['ip length', 'ip6 length'].map((length) => `${length} > ${HEADERS} `);
  const lines = matches.map((match) => `tcp dport { ${ports.join(', ')} } ${match}counter ${verdict};`);
  return `table inet ${table} { chain input { type filter hook input priority 0; ${lines.join(' ')} }; }`;
}

/** In traffic control, as filters of a device (tc-u32(8)): for a kernel whose nftables knows no addresses. */
function tcFilters(ports: readonly number[], { which }: Filter): readonly string[] {
  const family = (protocol: 'ip' | 'ipv6', header: 'ip' | 'ip6', length: number) =>
    ports.flatMap((port) => {
      const filter = `prio ${PRIO[protocol]} protocol ${protocol} u32 match ${header} protocol 6 0xff match ${header} dport ${port} 0xffff`;
      const short = `match u16 0 0x${(0xffff & ~HEADERS).toString(16)} at ${length} action pass`;
      return [...(which === 'payload' ? [`${filter} ${short}`] : []), `${filter} action drop`];
    });
  // Where each keeps its length: the whole packet's, or that of what follows the header.
  return [...family('ip', 'ip', 2), ...family('ipv6', 'ip6', 4)];
}

/** Takes segments away from a real server's ports, in its own kernel, and looks that it is so. */
async function filter(hand: Hand, { kind, node, text }: Fault, filter: Filter): Promise<Stamp> {
  const ports = [...new Set(places(hand.lab, node).map(({ real }) => real.port))];
  const table = `fault_${kind}`;
  const nft = await hand.tryTimed(
    node,
    shell('printf %s "$2" | nft -f -; nft list table inet $1 | grep counter', table, nftLines(table, ports, filter)),
  );
  if (nft.code === 0) return nft.at;
  const { at, code, stderr } = await hand.tryTimed(
    node,
    shell(
      `folder=/run/$1 refused=$2; shift 2
mkdir -p $folder
modprobe -q -a sch_ingress cls_u32 act_gact || true
if [ -n "$refused" ]; then setsid refuse $refused < /dev/null > $folder/log 2>&1 & echo $! > $folder/pid; fi
for d in $(ls /sys/class/net); do
tc qdisc add dev $d clsact 2> /dev/null && echo $d >> $folder/devices || true
for filter; do tc filter add dev $d ingress $filter; done
tc filter show dev $d ingress | grep -q gact
done
[ ! -e $folder/pid ] || kill -0 $(cat $folder/pid)`,
      table,
      filter.verdict === 'drop' ? '' : ports.join(' '),
      ...tcFilters(ports, filter),
    ),
  );
  if (code !== 0)
    throw new CannotObserve(
      `the kernel of ${node} can filter by nftables (${nft.stderr.trim().split('\n')[0]}) no more than by traffic control (${stderr.trim().split('\n')[0]}): no ${text}`,
    );
  return at;
}

async function unfilter(hand: Hand, { kind, node }: Fault): Promise<Stamp> {
  const table = `fault_${kind}`;
  const { at } = await hand.timed(
    node,
    shell(
      `nft delete table inet $1 2> /dev/null || true
folder=/run/$1
[ -d $folder ] || exit 0
for d in $(ls /sys/class/net); do for prio in ${PRIO.ip} ${PRIO.ipv6}; do tc filter del dev $d ingress prio $prio 2> /dev/null || true; done; done
for d in $(cat $folder/devices); do tc qdisc del dev $d clsact || true; done
[ ! -e $folder/pid ] || kill $(cat $folder/pid) || true
rm -rf $folder`,
      table,
    ),
  );
  return at;
}

/** Connections to the real server are refused, and those that are open are reset. */
export const reset: FaultStory = {
  aim: 'server',
  summary: 'the real server refuses and resets every connection',
  words: ({ node }) => [`${node} resets connections`, `${node} takes connections`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'refuses',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  inject: (hand, f) => filter(hand, f, { which: 'all', verdict: 'reject with tcp reset' }),
  heal: unfilter,
};

/** Connections to the real server open, and nothing that they carry arrives. */
export const halfopen: FaultStory = {
  aim: 'server',
  summary: 'connections to the real server open, and nothing that is sent on them arrives',
  words: ({ node }) => [`${node} takes connections and hears nothing`, `${node} hears`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'accepts',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  inject: (hand, f) => filter(hand, f, { which: 'payload', verdict: 'drop' }),
  heal: unfilter,
};
