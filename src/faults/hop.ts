import { portName } from '../fabric/wiring.ts';
import { guestLine } from '../kernels/uml.ts';
import type { Interface, LabNode } from '../lab/model.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { runningKernels } from '../plan/reconcile.ts';

/** Megabytes of a hop's kernel: it hands frames on, and nothing else. */
const MEMORY_MB = 64;
/** Milliseconds for it to boot. */
const BOOT_MS = 15_000;

/** A hop's devices in the fabric: its bridge with the node's port, and its two ends. */
interface Names {
  readonly port: string;
  readonly bridge: string;
  readonly nodeEnd: string;
  readonly segmentEnd: string;
  readonly folder: string;
}

/** No node and no segment has a `~` in its name; the card's place among all keeps names short enough for devices. */
function namesOf(hand: Hand, node: LabNode, card: Interface): Names {
  const port = portName(node.name, node.interfaces.indexOf(card));
  const all = hand.lab.nodes.flatMap((n) => n.interfaces.map((_, i) => portName(n.name, i)));
  const bridge = `hop~${all.indexOf(port)}`;
  return { port, bridge, nodeEnd: `${bridge}n`, segmentEnd: `${bridge}s`, folder: `/lab/${bridge}` };
}

/** First process of a hop's kernel: hands every frame from one end to the other, what the node sends through netem. */
function initScript(folder: string, netem: string): string {
  const hand = (from: string, to: string) =>
    `tc filter add dev ${from} ingress protocol all matchall action mirred egress redirect dev ${to}`;
  return `#!/bin/sh -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
modprobe -a sch_netem sch_ingress cls_matchall act_mirred
for d in vec0 vec1; do ip link set $d addrgenmode none arp off promisc on up; tc qdisc add dev $d clsact; done
tc qdisc add dev vec1 root ${netem}
${hand('vec0', 'vec1')}
${hand('vec1', 'vec0')}
tc qdisc show dev vec1 > ${folder}/shown
exec sleep infinity
`;
}

/**
 * Puts a kernel that has netem into the wire between a node and its segment: what the node sends passes
 * through it. Throws CannotObserve when none boots here. The wire stays whole until the hop is ready; one that
 * stands there already is taken out before.
 */
export async function putHop(hand: Hand, node: LabNode, card: Interface, netem: string): Promise<void> {
  if (![...runningKernels(hand.running).values()].includes('uml'))
    throw new CannotObserve(
      `the kernel of ${node.name} has no netem, and the lab has no node with a kernel of its own, in which a hop could have it`,
    );
  await takeHop(hand, node, card);
  const { port, bridge, nodeEnd, segmentEnd, folder } = namesOf(hand, node, card);
  const end = (tap: string, master: string) =>
    `ip tuntap add dev ${tap} mode tap; ip link set ${tap} addrgenmode none arp off gso_max_segs 1 master ${master} up`;
  const boot = guestLine(
    MEMORY_MB,
    `${folder}/init`,
    [nodeEnd, segmentEnd].map((tap) => `transport=tap,ifname=${tap}`),
  );
  await hand.runInFabric(`
mkdir -p ${folder}
cat > ${folder}/init << 'END'
${initScript(folder, netem)}END
chmod 755 ${folder}/init
ip link add ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0
ip link set ${bridge} addrgenmode none arp off up
${end(nodeEnd, bridge)}
${end(segmentEnd, card.segment)}
TMPDIR=/dev/shm HOME=/dev/shm setsid ${boot} < /dev/null > ${folder}/console 2>&1 &
echo $! > ${folder}/pid
for i in $(seq ${BOOT_MS / 20}); do
  if [ -s ${folder}/shown ]; then grep -q netem ${folder}/shown; exec ip link set ${port} master ${bridge}; fi
  kill -0 $! || break
  sleep 0.02
done
tail -n 3 ${folder}/console >&2
exit 1`);
}

/** Takes a hop out of a wire; no harm where there is none. */
export async function takeHop(hand: Hand, node: LabNode, card: Interface): Promise<void> {
  const { port, bridge, nodeEnd, segmentEnd, folder } = namesOf(hand, node, card);
  await hand.runInFabric(`
[ -e ${folder} ] || exit 0
[ ! -e /sys/class/net/${port} ] || ip link set ${port} master ${card.segment}
kill -s KILL -- -$(cat ${folder}/pid) 2> /dev/null || true
for d in ${segmentEnd} ${nodeEnd} ${bridge}; do [ ! -e /sys/class/net/$d ] || ip link del $d; done
rm -rf ${folder}`);
}
