/** A cause for which DPVS does not start: its last words, and what they mean and what to do. */
interface StartFailure {
  readonly says: RegExp;
  readonly means: string;
}

/** The causes, as DPVS 1.10.2 tells them: the first that fits counts. */
const FAILURES: readonly StartFailure[] = [
  {
    says: /error while loading shared libraries: (\S+):/,
    means: 'the build needs the library $1, which the image lacks; link it statically, or build for Debian trixie',
  },
  {
    says: /Cannot get hugepage information/,
    means: 'DPVS was started without --no-huge, and the container has no huge pages',
  },
  {
    says: /IPSET: ipset hash init: no memory|fail to init synproxy: no memory/,
    means: 'DPVS has too little memory (-m); 768 MB are enough',
  },
  {
    says: /fail to init conn: no memory|failed to init ipvs: no memory/,
    means: 'the connection pool is larger than the memory allows; set a smaller conn_pool_size',
  },
  {
    says: /Cannot init mbuf pool/,
    means: 'the packet pool is larger than the memory allows; set a smaller pktpool_size',
  },
  {
    says: /Could not open AF_PACKET socket/,
    means: 'the container may not open packet sockets; DPVS needs NET_RAW and NET_ADMIN',
  },
  {
    says: /(net_af_packet\d+): ioctl failed \(SIOCGIFINDEX\)/,
    means: 'the card of $1 does not exist in the node',
  },
  {
    says: /bad lcore configuration \(error code: -5\)/,
    means: 'dpvs.conf has a device for which there is no card',
  },
  {
    says: /ports in DPDK RTE \((\d+)\) != ports in dpvs\.conf\(0\)/,
    means: 'dpvs.conf is missing, or defines no device',
  },
  {
    says: /ports in DPDK RTE \((\d+)\) != ports in dpvs\.conf\((\d+)\)/,
    means: 'the node has $1 cards, and dpvs.conf defines $2 devices; define one for each card',
  },
  { says: /No dpdk ports found!/, means: 'DPVS got no card; a director needs at least one' },
  {
    says: /lcore_index_init failed \(cause: non-EAL thread lcore\)/,
    means: 'dpvs.conf has more workers than DPVS has threads (--lcores)',
  },
  {
    says: /(\S+) supports (\d+) rx-queues and \d+ tx-queues at max, but (\d+) ../,
    means: 'dpvs.conf wants $3 queues of $1, and it has $2; set queue_number $2',
  },
  {
    says: /virtio_kni hotplug_add failed|add KNI port fail/,
    means: 'KNI needs /dev/vhost-net, which the node does not have; set kni off',
  },
  { says: /dpvs is already running/, means: 'a DPVS runs in this node already' },
  {
    says: /RSS support requested but not supported by the device/,
    means: 'the card cannot spread packets over queues (RSS), which DPVS wants',
  },
  {
    says: /ended with (signal 4|status 132)/,
    means: 'the build uses instructions that this CPU does not have; build for an older one',
  },
  {
    says: /fail to bring up (\S+)/,
    means: 'the port $1 does not come up; its card is down, or its wire is cut',
  },
];

/** The end of a DPVS that crashes, in the words of the node's first process or of a shell. */
const CRASH = /dpvs: ended with (?:signal 11|status 139)|Segmentation fault/;
/** The first line of a DPVS that works so far. */
const FIRST_LINE = /EAL: Detected/;

/**
 * Returns why DPVS did not start, and what to do, from what it wrote; undefined if none of the known causes fits. A crash
 * without a message is one of them.
 */
export function explainStart(output: string): string | undefined {
  if (CRASH.test(output))
    return FIRST_LINE.test(output)
      ? 'DPVS crashed while it read dpvs.conf; a device or a port of a worker has a name that no other line defines'
      : 'DPVS crashed before its first line: release 1.10.2 seeds random numbers before DPDK is up, which some releases of DPDK do not survive; move rte_srand behind rte_eal_init and build again';
  for (const { says, means } of FAILURES) {
    const found = says.exec(output);
    if (found) return means.replaceAll(/\$(\d)/g, (_, n: string) => found[Number(n)] ?? '');
  }
  return undefined;
}
