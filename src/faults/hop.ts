import { portName } from '../fabric/wiring.ts';
import { kernels } from '../kernels/index.ts';
import type { Interface, LabNode } from '../model/node.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { script } from '../shell.ts';

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
      `the kernel of ${node.name} has no netem, and no other node of the lab has its own kernel to run netem in a hop`,
    );
  await takeHop(hand, node, card);
  const { port, bridge, nodeEnd, segmentEnd, folder } = namesOf(hand, node, card);
  const ends = [port, card.segment, bridge, nodeEnd, segmentEnd];
  const boot = hop.command(`${folder}/init`, [nodeEnd, segmentEnd]);
  await hand.runInFabric(script('hop', 'put', folder, ...ends, netem, hop.init, ...boot));
}

/** Takes a hop out of a wire; no harm where there is none. */
export async function takeHop(hand: Hand, node: LabNode, card: Interface): Promise<void> {
  const { port, bridge, nodeEnd, segmentEnd, folder } = namesOf(hand, node, card);
  await hand.runInFabric(script('hop', 'take', folder, port, card.segment, bridge, nodeEnd, segmentEnd));
}
