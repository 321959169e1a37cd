import { portName } from '../fabric/wiring.ts';
import { kernels, PLAIN } from '../kernels/index.ts';
import type { Fault } from '../model/fault.ts';
import { macsOf, nodeOf } from '../model/lookup.ts';
import type { Interface } from '../model/node.ts';
import type { OspfDomain } from '../model/ospf.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { parseDuration } from '../net/duration.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { runningKernels } from '../plan/reconcile.ts';
import { shell } from '../shell.ts';
import type { Adverts, FaultStory, Routing, Stamp } from './fault.ts';

/** Shell: sets ports up or down. */
const SET = 'state=$1; shift; for port; do ip link set $port $state; done';

/**
 * Cuts the wires of a node on segments, or mends them. The fabric lets no frame through; where a guest
 * kernel's card has a plug, it is drawn at both ends, so that bonds and VRRP see the carrier go.
 */
async function wires(hand: Hand, node: string, segments: readonly string[], to: 'cut' | 'mended'): Promise<Stamp> {
  const state = to === 'cut' ? 'down' : 'up';
  const ends = hand.lab.nodes.flatMap((n) =>
    n.interfaces.flatMap((card, i) =>
      segments.includes(card.segment) ? [{ node: n, card, port: portName(n.name, i) }] : [],
    ),
  );
  const own = ends.filter((e) => e.node.name === node);
  const ports = own.map((e) => e.port);
  const { at } = await hand.timedInFabric(shell(SET, state, ...ports));
  // On a wire of two ends the other end loses its carrier too; on a segment of many only the port goes dark.
  const dark = ends.filter(
    (e) => e.node.name === node || ends.filter((o) => o.card.segment === e.card.segment).length === 2,
  );
  await Promise.all(dark.map((e) => plug(hand, e.node.name, e.card, state)));
  const shown = await hand.runInFabric(['cat', ...ports.map((port) => `/sys/class/net/${port}/flags`)]);
  const up = shown
    .trim()
    .split('\n')
    .map((flags) => (Number(flags) & 1) === 1);
  if (up.some((u) => u !== (to === 'mended'))) throw new CannotObserve(`the wires of ${node} are not ${to}`);
  return at;
}

/** Draws or puts in the plug of a card, where it has one. */
async function plug(hand: Hand, name: string, card: Interface, state: 'up' | 'down'): Promise<void> {
  const node = nodeOf(hand.lab, name);
  const device = kernels[runningKernels(hand.running).get(name) ?? PLAIN].carrier(node, card);
  if (device !== undefined) await hand.run(name, ['ip', 'link', 'set', device, state]);
}

/** The fabric's ports of a node on segments. */
export function portsOf(hand: Hand, node: string, segments: readonly string[]): readonly string[] {
  return nodeOf(hand.lab, node).interfaces.flatMap((card, i) =>
    segments.includes(card.segment) ? [portName(node, i)] : [],
  );
}

/** The name of the nftables table that holds a fault: its text, in what nftables takes. */
function tableOf(fault: Fault): string {
  return `fault_${fault.text.replaceAll(/[^A-Za-z0-9]/g, '_')}`;
}

/** Puts rules on the frames that the fabric's bridges pass on, and looks that they stand. */
async function rules(hand: Hand, fault: Fault, lines: readonly string[]): Promise<Stamp> {
  const table = tableOf(fault);
  const nft = [
    `table bridge ${table}`,
    `delete table bridge ${table}`,
    `table bridge ${table} { chain forward { type filter hook forward priority 0; ${lines.join('; ')}; }; }`,
  ].join('\n');
  const { at } = await hand.timedInFabric(shell('printf %s "$1" | nft -f -', nft));
  const shown = await hand.runInFabric(['nft', 'list', 'table', 'bridge', table]);
  if ((shown.match(/counter/g) ?? []).length !== lines.length)
    throw new CannotObserve(`the fabric does not hold the rules of ${fault.text}`);
  return at;
}

async function lift(hand: Hand, fault: Fault): Promise<Stamp> {
  return (await hand.timedInFabric(shell('nft delete table bridge $1 2>/dev/null || true', tableOf(fault)))).at;
}

function where({ node, segments }: Fault): string {
  return `${node} on ${segments.join(' and ')}`;
}

/** What a dead wire does to an instance's adverts. */
function overWires(fault: Fault, vrrp: VrrpInstance): Adverts {
  return fault.segments.includes(vrrp.segment) ? 'stop' : 'go on';
}

/** What a dead wire does to a director's part in an OSPF domain. */
function overWiresTo(fault: Fault, domain: OspfDomain): Routing {
  return fault.segments.some((s) => domain.segments.includes(s)) ? 'silent' : 'stays';
}

/** What a wire that is seen to be dead does: instances that track it, or are in one group with it, go too. */
function seenDead(fault: Fault, vrrp: VrrpInstance, all: readonly VrrpInstance[]): Adverts {
  const hit = (v: VrrpInstance) =>
    fault.segments.includes(v.segment) ||
    v.track.some((t) => 'segment' in t && t.weight === 0 && fault.segments.includes(t.segment));
  const group = all.filter((v) => v === vrrp || (v.sync !== undefined && v.sync === vrrp.sync));
  return group.some(hit) ? 'stop' : 'go on';
}

/** One wire of a node cut. */
export function cutOf(node: string, segment: string): Fault {
  return { text: `cut:${node}@${segment}`, kind: 'cut', node, segments: [segment] };
}

/** The wire is dead both ways. */
export const cut: FaultStory = {
  aim: 'wires',
  summary: 'the wire is dead, both ways',
  words: (f) => [`wire of ${where(f)} cut`, `wire of ${where(f)} mended`],
  adverts: (f, vrrp, lab) => seenDead(f, vrrp, lab.vrrp),
  routing: overWiresTo,
  serving: () => 'silent',
  sparesBackup: true,
  returnsUnaware: (f, lab) => !nodeOf(lab, f.node).carrier,
  node: () => 'runs',
  inject: (hand, f) => wires(hand, f.node, f.segments, 'cut'),
  heal: (hand, f) => wires(hand, f.node, f.segments, 'mended'),
};

/** Nothing that the node sends arrives. */
export const mute: FaultStory = {
  aim: 'wires',
  summary: 'what the node sends does not arrive; it still hears',
  words: (f) => [`${where(f)} is not heard`, `${where(f)} is heard`],
  adverts: overWires,
  routing: overWiresTo,
  serving: () => 'silent',
  sparesBackup: true,
  returnsUnaware: () => true,
  node: () => 'runs',
  inject: (hand, f) =>
    rules(
      hand,
      f,
      portsOf(hand, f.node, f.segments).map((p) => `iifname "${p}" counter drop`),
    ),
  heal: lift,
};

/** Nothing reaches the node. */
export const deaf: FaultStory = {
  aim: 'wires',
  summary: 'nothing reaches the node; it is still heard',
  words: (f) => [`${where(f)} hears nothing`, `${where(f)} hears`],
  adverts: () => 'go on',
  routing: overWiresTo,
  serving: () => 'silent',
  sparesBackup: false,
  returnsUnaware: () => true,
  node: () => 'runs',
  inject: (hand, f) =>
    rules(
      hand,
      f,
      portsOf(hand, f.node, f.segments).map((p) => `oifname "${p}" counter drop`),
    ),
  heal: lift,
};

/** A share of the frames to and from the node is lost. */
export const loss: FaultStory = {
  aim: 'wires',
  amount: {
    expects: 'a share such as 10%',
    standard: '10%',
    fits: (t) => /^\d+(\.\d+)?%$/.test(t) && Number.parseFloat(t) <= 100,
  },
  summary: 'so many of the frames to and from the node are lost',
  words: (f) => [`${f.amount} of the frames of ${where(f)} lost`, `no frame of ${where(f)} lost`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  inject(hand, f) {
    const share = Math.round(Number.parseFloat(f.amount ?? '') * 100);
    const dice = `numgen random mod 10000 < ${share} counter drop`;
    const ports = portsOf(hand, f.node, f.segments);
    return rules(
      hand,
      f,
      ports.flatMap((p) => [`iifname "${p}" ${dice}`, `oifname "${p}" ${dice}`]),
    );
  },
  heal: lift,
};

/** Two nodes do not reach each other; everybody else reaches both. */
export const partition: FaultStory = {
  aim: 'pair',
  summary: 'two nodes do not reach each other; everybody else reaches both',
  words: (f) => [`${f.node} and ${f.other} parted`, `${f.node} and ${f.other} reach each other`],
  adverts: (f, { members }) => ([f.node, f.other].every((n) => members.some((m) => m.node === n)) ? 'split' : 'go on'),
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => true,
  node: () => 'runs',
  inject(hand, f) {
    const all = hand.lab.segments.map((s) => s.name);
    // By what a frame says of its sender: with a hop in the wire it does not come through the sender's own port.
    const between = (from: string, to: string) =>
      portsOf(hand, to, all).map(
        (port) => `ether saddr { ${macsOf(nodeOf(hand.lab, from)).join(', ')} } oifname "${port}" counter drop`,
      );
    const [one, other] = [f.node, f.other ?? ''];
    return rules(hand, f, [...between(one, other), ...between(other, one)]);
  },
  heal: lift,
};

/** The wire goes away and comes back, again and again. */
export const flap: FaultStory = {
  aim: 'wires',
  amount: { expects: 'a time such as 500ms', standard: '500ms', fits: (t) => (parseDuration(t) ?? 0) > 0 },
  summary: 'the wire goes away and comes back, each time for so long',
  words: (f) => [`wire of ${where(f)} flaps every ${f.amount}`, `wire of ${where(f)} stays`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => true,
  node: () => 'runs',
  async inject(hand, f) {
    const pause = String((parseDuration(f.amount ?? '') ?? 0) / 1000);
    // The loop ends within one turn after its mark is gone, with the wire in place.
    const { at } = await hand.timedInFabric(
      shell(
        `touch $1
loop='mark=$1 pause=$2; shift 2
exec 9> $mark.runs; flock -n 9 || exit 0
all() { state=$1; shift; for port; do ip link set $port $state; done; }
while [ -e $mark ]; do all down "$@"; sleep $pause; all up "$@"; sleep $pause; done'
(setsid sh -c "$loop" sh "$@" > /dev/null 2>&1 &)`,
        ...[`/lab/${tableOf(f)}`, pause, ...portsOf(hand, f.node, f.segments)],
      ),
    );
    return at;
  },
  async heal(hand, f) {
    await hand.runInFabric(
      shell(
        `rm -f $1
[ ! -e $1.runs ] || flock -w 10 $1.runs rm -f $1.runs
shift
for port; do ip link set $port up; done`,
        ...[`/lab/${tableOf(f)}`, ...portsOf(hand, f.node, f.segments)],
      ),
    );
    return hand.now();
  },
};
