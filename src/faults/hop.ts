import { portName } from '../fabric/wiring.ts';
import { kernels } from '../kernels/index.ts';
import { segmentMtu } from '../model/mtu.ts';
import type { Interface, LabNode } from '../model/node.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { script } from '../shell.ts';

/** The names of a hop's devices in the fabric: its bridge with the node's port, and its two ends. */
interface Names {
  readonly port: string;
  readonly bridge: string;
  readonly nodeEnd: string;
  readonly segmentEnd: string;
  readonly folder: string;
}

/**
 * Returns the names of a hop's devices. No node or segment has a `~` in its name; the card's index among all cards
 * keeps the names short enough for devices.
 */
function namesOf(hand: Hand, node: LabNode, card: Interface): Names {
  const port = portName(node.name, node.interfaces.indexOf(card));
  const all = hand.lab.nodes.flatMap((n) => n.interfaces.map((_, i) => portName(n.name, i)));
  const bridge = `hop~${all.indexOf(port)}`;
  return { port, bridge, nodeEnd: `${bridge}n`, segmentEnd: `${bridge}s`, folder: `/lab/${bridge}` };
}

/**
 * Inserts a kernel that has netem into the wire between a node and its segment: everything that the node sends passes
 * through it. Throws CannotObserve if none boots here. The wire stays intact until the hop is ready; an existing hop is
 * removed first.
 */
export async function putHop(hand: Hand, node: LabNode, card: Interface, netem: string): Promise<void> {
  const [hop] = [...runningKernels(hand.running).values()].flatMap((name) => kernels[name].hop ?? []);
  if (!hop)
    throw new CannotObserve(
      `the kernel of ${node.name} has no netem, and no other node of the lab has its own kernel to run netem in a hop`,
    );
  await takeHop(hand, node, card);
  const { port, bridge, nodeEnd, segmentEnd, folder } = namesOf(hand, node, card);
  const ends = [port, card.segment, bridge, nodeEnd, segmentEnd];
  const boot = hop.command(`${folder}/init`, [nodeEnd, segmentEnd], segmentMtu(hand.lab, card.segment));
  await hand.runInFabric(script('hop', 'put', folder, ...ends, netem, hop.init, ...boot));
}

/** Removes a hop from a wire; does no harm if there is none. */
export async function takeHop(hand: Hand, node: LabNode, card: Interface): Promise<void> {
  const { port, bridge, nodeEnd, segmentEnd, folder } = namesOf(hand, node, card);
  await hand.runInFabric(script('hop', 'take', folder, port, card.segment, bridge, nodeEnd, segmentEnd));
}
