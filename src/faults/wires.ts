import { portName } from '../fabric/wiring.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import type { Domain } from '../model/bgp.ts';
import type { Fault } from '../model/fault.ts';
import { nodeOf } from '../model/lookup.ts';
import type { Interface } from '../model/node.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { shell } from '../shell.ts';
import type { Adverts, Routing, Stamp } from './fault.ts';

/** Shell: sets ports up or down. */
const SET = 'state=$1; shift; for port; do ip link set $port $state; done';

/**
 * Cuts the wires of a node on segments, or reconnects them. The fabric forwards no frame; if a guest kernel's card has
 * a plug, the plug is pulled at both ends, so that bonds and VRRP see the loss of carrier.
 */
export async function wires(
  hand: Hand,
  node: string,
  segments: readonly string[],
  to: 'cut' | 'mended',
): Promise<Stamp> {
  const state = to === 'cut' ? 'down' : 'up';
  const ends = hand.lab.nodes.flatMap((n) =>
    n.interfaces.flatMap((card, i) =>
      segments.includes(card.segment) ? [{ node: n, card, port: portName(n.name, i) }] : [],
    ),
  );
  const own = ends.filter((e) => e.node.name === node);
  const ports = own.map((e) => e.port);
  const { at } = await hand.timedInFabric(shell(SET, state, ...ports));
  // On a wire with two ends the other end loses its carrier too; on a segment with more, only the port goes down.
  const dark = ends.filter(
    (e) => e.node.name === node || ends.filter((o) => o.card.segment === e.card.segment).length === 2,
  );
  const plugged = await Promise.all(
    dark.map(async (e) => ({ end: e, at: await plug(hand, e.node.name, e.card, state) })),
  );
  const shown = await hand.runInFabric(['cat', ...ports.map((port) => `/sys/class/net/${port}/flags`)]);
  const up = shown
    .trim()
    .split('\n')
    .map((flags) => (Number(flags) & 1) === 1);
  if (up.some((u) => u !== (to === 'mended'))) throw new CannotObserve(`the wires of ${node} are not ${to}`);
  // A wire whose plug is out is still dead when the fabric's port is up.
  const each = own.map((e) => plugged.find((p) => p.end === e)?.at ?? at);
  return to === 'mended' ? Math.min(...each) : at;
}

/** Pulls the plug of a card or puts it in, if it has one; returns when. */
async function plug(hand: Hand, name: string, card: Interface, state: 'up' | 'down'): Promise<Stamp | undefined> {
  const node = nodeOf(hand.lab, name);
  const device = kernels[runningKernels(hand.running).get(name) ?? PLAIN].carrier(node, card);
  return device === undefined ? undefined : (await hand.timed(name, ['ip', 'link', 'set', device, state])).at;
}

/** Returns the fabric's ports of a node on segments. */
export function portsOf(hand: Hand, node: string, segments: readonly string[]): readonly string[] {
  return nodeOf(hand.lab, node).interfaces.flatMap((card, i) =>
    segments.includes(card.segment) ? [portName(node, i)] : [],
  );
}

/** Returns the name of the nftables table of a fault: the fault's text, in the characters that nftables accepts. */
export function tableOf(fault: Fault): string {
  return `fault_${fault.text.replaceAll(/[^A-Za-z0-9]/g, '_')}`;
}

/** Adds rules for the frames that the fabric's bridges forward, and verifies them. */
export async function rules(hand: Hand, fault: Fault, lines: readonly string[]): Promise<Stamp> {
  const table = tableOf(fault);
  const nft = [
    `table bridge ${table}`,
    `delete table bridge ${table}`,
    `table bridge ${table} { chain forward { type filter hook forward priority 0; ${lines.join('; ')}; }; }`,
  ].join('\n');
  const { at } = await hand.timedInFabric(shell('printf %s "$1" | nft -f -', nft));
  const shown = await hand.runInFabric(['nft', 'list', 'table', 'bridge', table]);
  if ((shown.match(/counter/g) ?? []).length !== lines.length)
    throw new CannotObserve(`the fabric lacks the rules of ${fault.text}`);
  return at;
}

export async function lift(hand: Hand, fault: Fault): Promise<Stamp> {
  return (await hand.timedInFabric(shell('nft delete table bridge $1 2>/dev/null || true', tableOf(fault)))).at;
}

export function where({ node, segments }: Fault): string {
  return `${node} on ${segments.join(' and ')}`;
}

/** Returns the effect of a dead wire on an instance's adverts. */
export function overWires(fault: Fault, vrrp: VrrpInstance): Adverts {
  return fault.segments.includes(vrrp.segment) ? 'stop' : 'go on';
}

/** Returns the effect of a dead wire on a director in an OSPF domain. */
export function overWiresTo(fault: Fault, domain: Domain): Routing {
  return fault.segments.some((s) => domain.segments.includes(s)) ? 'silent' : 'stays';
}

/**
 * Returns the effect of a dead wire that the node notices: instances that track it, or are in a sync group with such an
 * instance, stop too.
 */
export function seenDead(fault: Fault, vrrp: VrrpInstance, all: readonly VrrpInstance[]): Adverts {
  const hit = (v: VrrpInstance) =>
    fault.segments.includes(v.segment) ||
    v.track.some((t) => 'segment' in t && t.weight === 0 && fault.segments.includes(t.segment));
  const group = all.filter((v) => v === vrrp || (v.sync !== undefined && v.sync === vrrp.sync));
  return group.some(hit) ? 'stop' : 'go on';
}

/** Returns the fault that cuts one wire of a node. */
export function cutOf(node: string, segment: string): Fault {
  return { text: `cut:${node}@${segment}`, kind: 'cut', node, segments: [segment] };
}
