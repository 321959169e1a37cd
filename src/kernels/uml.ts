import type { Interface, LabNode } from '../lab/model.ts';
import { TRY_DIRECTOR } from './capability.ts';
import type { Kernel } from './kernel.ts';

/** Megabytes that a guest may use; it takes them from the machine only as it touches them. */
const MEMORY_MB = 192;

/**
 * Entries of nf_conntrack's table; with the default for 192 MB a node was out of entries after
 * 1536 connections. The kernel takes eight times this as the most it tracks.
 */
const CONNTRACK_BUCKETS = 8192;

/**
 * `initcall_blacklist=raid6_init`: the kernel would spend 0.85 s of its 0.95 s of boot measuring RAID-6 code.
 */
const COMMAND_LINE = [
  `mem=${MEMORY_MB}M`,
  'rootfstype=hostfs root=/dev/root rw init=/usr/local/bin/guest-init',
  'con=null con0=fd:0,fd:1 ssl=null quiet',
  'initcall_blacklist=raid6_init',
  `nf_conntrack.hashsize=${CONNTRACK_BUCKETS}`,
].join(' ');

/**
 * Takes the interface from the container's own stack: it must neither answer nor speak on it, and
 * frames must be whole, because the guest reads and writes them as they are on the wire.
 */
function silence(device: string): string {
  return `ip link set ${device} addrgenmode none promisc on arp off up`;
}

function bootScript(interfaces: readonly string[]): string {
  const wires = [
    'vec0:transport=tap,ifname=mgmt0',
    ...interfaces.map((device, i) => `vec${i + 1}:transport=raw,ifname=${device}`),
  ];
  return [
    '# made by lab: boots this node’s own kernel',
    ...interfaces.map(silence),
    'ip tuntap add dev mgmt0 mode tap',
    ...(interfaces.length > 0 ? [`nodectl offload ${interfaces.join(' ')}`] : []),
    // The guest's driver turns segmentation offload of a tap on again as it opens it, and then stalls on long frames.
    'ip link set mgmt0 addrgenmode none gso_max_segs 1 up',
    'ip addr add 169.254.77.1/30 dev mgmt0',
    'export TMPDIR=/dev/shm HOME=/dev/shm',
    `exec linux.uml ${COMMAND_LINE} ${wires.join(' ')} < /dev/null`,
    '',
  ].join('\n');
}

/** User-Mode Linux: a kernel of the node's own, as a program in its container. x86-64 only. */
export const uml: Kernel = {
  name: 'uml',
  needs: {
    capabilities: ['NET_ADMIN', 'NET_RAW'],
    devices: ['/dev/net/tun'],
    tmpfs: { '/dev/shm': 'exec,size=1g' },
    writableNetSysctls: true,
  },
  loadModules: 'modprobe -a ip_vs act_ct cls_flower sch_ingress',
  files: (node: LabNode) => ({ '/lab/boot.sh': bootScript(node.interfaces.map((i) => i.name)) }),
  nameInterface: (iface: Interface, index: number) => [
    `link set vec${index + 1} name ${iface.name} address ${iface.mac}`,
  ],
  probe: `
    printf '%s\\n' 'modprobe -a ip_vs act_ct cls_flower sch_ingress; ip link set lo up' '${TRY_DIRECTOR.replaceAll('\n', "' '")}' > /lab/init.sh
    printf '%s\\n' ${bootScript([])
      .split('\n')
      .map((l) => `'${l}'`)
      .join(' ')} > /lab/boot.sh
    cat /lab/uml-release
    (echo go > /lab/go) &
    nodectl init > /lab/console 2>&1 &
    for i in $(seq 1 200); do
      if grep -q ready /lab/state 2>/dev/null; then exit 0; fi
      if grep -q failed /lab/state 2>/dev/null || ! kill -0 $! 2>/dev/null; then break; fi
      sleep 0.05
    done
    tail -n 5 /lab/console; exit 1
  `,
};
