import { portName } from '../fabric/wiring.ts';
import { kernels } from '../kernels/index.ts';
import type { Interface, LabNode } from '../model/node.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { shell } from '../shell.ts';

/** Looks, 20 ms apart, whether it has booted. */
const BOOT_LOOKS = 750;

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

/**
 * Puts a kernel that has netem into the wire between a node and its segment: what the node sends passes
 * through it. Throws CannotObserve when none boots here. The wire stays whole until the hop is ready; one that
 * stands there already is taken out before.
 */
export async function putHop(hand: Hand, node: LabNode, card: Interface, netem: string): Promise<void> {
  const [hop] = [...runningKernels(hand.running).values()].flatMap((name) => kernels[name].hop ?? []);
  if (!hop)
    throw new CannotObserve(
      `the kernel of ${node.name} has no netem, and the lab has no node with a kernel of its own, in which a hop could have it`,
    );
  await takeHop(hand, node, card);
  const { port, bridge, nodeEnd, segmentEnd, folder } = namesOf(hand, node, card);
  const boot = hop.command(`${folder}/init`, [nodeEnd, segmentEnd]);
  await hand.runInFabric(
    shell(
      `
folder=$1 port=$2 bridge=$3 segment=$4 nodeEnd=$5 segmentEnd=$6
mkdir -p $folder
printf %s "$7" > $folder/init
printf %s "$8" > $folder/netem
shift 8
chmod 755 $folder/init
ip link add $bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0
ip link set $bridge addrgenmode none arp off up
for end in $nodeEnd,$bridge $segmentEnd,$segment; do
  ip tuntap add dev \${end%,*} mode tap
  ip link set \${end%,*} addrgenmode none arp off gso_max_segs 1 master \${end#*,} up
done
TMPDIR=/dev/shm HOME=/dev/shm setsid "$@" < /dev/null > $folder/console 2>&1 &
echo $! > $folder/pid
for i in $(seq ${BOOT_LOOKS}); do
  if [ -s $folder/shown ]; then grep -q netem $folder/shown; exec ip link set $port master $bridge; fi
  kill -0 $! || break
  sleep 0.02
done
tail -n 3 $folder/console >&2
exit 1`,
      ...[folder, port, bridge, card.segment, nodeEnd, segmentEnd, hop.init, netem],
      ...boot,
    ),
  );
}

/** Takes a hop out of a wire; no harm where there is none. */
export async function takeHop(hand: Hand, node: LabNode, card: Interface): Promise<void> {
  const { port, bridge, nodeEnd, segmentEnd, folder } = namesOf(hand, node, card);
  await hand.runInFabric(
    shell(
      `
folder=$1 port=$2 segment=$3
shift 3
[ -e $folder ] || exit 0
[ ! -e /sys/class/net/$port ] || ip link set $port master $segment
kill -s KILL -- -$(cat $folder/pid) 2> /dev/null || true
for d in "$@"; do [ ! -e /sys/class/net/$d ] || ip link del $d; done
rm -rf $folder`,
      ...[folder, port, card.segment, segmentEnd, nodeEnd, bridge],
    ),
  );
}
