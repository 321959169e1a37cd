import { createHash } from 'node:crypto';
import { stackOf, sysctlsOf } from '../layout/files.ts';
import { partOf } from '../layout/part-of.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf } from '../model/lookup.ts';
import { cardMtu } from '../model/mtu.ts';
import type { Device, Interface, LabNode, Route } from '../model/node.ts';
import type { Expectation, Step } from '../model/step.ts';
import type { NodeFile } from '../nodes/part.ts';
import { CannotObserve } from '../plan/hand.ts';
import { script } from '../shell.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';

/** Milliseconds for which an address or process may be in transit from one director to another. */
const SETTLES_MS = 2000;

/** Separates the parts of a node's output. */
const MARKER = '--lvslab--';
/** A link in the output of `ip -json addr`. */
interface LinkState {
  readonly ifname: string;
  readonly address?: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** Returns the expectations of a step, including the user's commands. */
function expectations(step: Step): readonly Expectation[] {
  if (step.kind === 'check') return [step.expect];
  return step.kind === 'fault' ? [...step.during, ...step.healed] : [];
}

/**
 * Returns whether only the lab itself has configured a node: neither a script nor, in these steps, a command of the
 * user has changed it.
 */
export function isAsMade(node: LabNode, steps: readonly Step[]): boolean {
  const commanded = steps.flatMap(expectations).some((e) => e.kind === 'run' && e.run.node === node.name);
  return !node.manual && node.setup === undefined && !commanded;
}

/**
 * Returns the steps before the contract of a service or an SNAT rule (the last contract if there are several); none if
 * the lab has no scenario.
 */
export function stepsBefore(lab: Lab, subject: string): readonly Step[] {
  const contract = lab.scenario.findLastIndex((s) => s.kind === 'contract' && s.service === subject);
  return lab.scenario.slice(0, Math.max(contract, 0));
}

/**
 * Checks that every node still matches the lab file: its links are up and have their addresses, its routes and sysctls
 * are set, its programs' configurations are unchanged, and it holds no address of another node. Traffic shows much of
 * this only later: the return path of a client that has just been heard, a real server's answer when it resolves a
 * neighbour, a priority at the next failover.
 */
export function nodesCheck(lab: Lab, subject: string): CheckSpec {
  const before = stepsBefore(lab, subject);
  const nodes = lab.nodes.filter((n) => isAsMade(n, before));
  const free = lab.nodes.filter((n) => !nodes.includes(n)).map((n) => n.name);
  return {
    id: 'nodes.stand',
    subject,
    promise: `links, addresses, routes, sysctls and configurations of ${nodes.map((n) => n.name).join(', ') || 'no node'} are as in the lab file${free.length > 0 ? `; ${free.join(', ')}: set by the user's own script, not checked` : ''}`,
    within: SETTLES_MS,
    every: 250,
    look: async (bed) => {
      const wrong = (await Promise.all(nodes.map((n) => differences(bed, n)))).flat();
      return { ok: wrong.length === 0, seen: wrong.join('; ') || `all ${nodes.length} nodes match` };
    },
  };
}

/** Returns the differences between a node's kernel and the lab file, in words. */
async function differences(bed: Bed, node: LabNode): Promise<readonly string[]> {
  const kernelHas = stackOf(bed.lab, node);
  const sysctls = Object.entries(sysctlsOf(bed.lab, node));
  const files = Object.entries(partOf(bed.lab, node).files);
  const output = await bed.run(
    node.name,
    script(
      'tell-node',
      MARKER,
      ...[String(node.routes.length), ...node.routes.map((r) => r.to)],
      ...[String(sysctls.length), ...sysctls.map(([name]) => name)],
      ...files.map(([path]) => path),
    ),
  );
  const [links = '', ...rest] = output.split(`${MARKER}\n`);
  if (rest.length !== node.routes.length + sysctls.length + 1)
    throw new CannotObserve(`${node.name} does not report its state`);
  const states = JSON.parse(links) as LinkState[];
  const words = [
    ...node.interfaces.flatMap((i) => cardWords(node, i, states)),
    ...(kernelHas.devices ? node.devices.flatMap((d) => deviceWords(d, states)) : []),
    ...(kernelHas.addresses ? [...node.interfaces, ...node.devices] : []).flatMap((l) =>
      l.addresses
        .filter(
          (a) => !stateOf(states, l.name)?.addr_info.some((s) => s.local === a.address && s.prefixlen === a.prefix),
        )
        .map((a) => `${l.name} lacks ${a.address}/${a.prefix}`),
    ),
    ...strangersOn(bed.lab, node, states),
    ...(kernelHas.addresses ? node.routes.flatMap((r, i) => routeWords(r, rest[i] ?? '')) : []),
    ...(node.kind === 'director' ? await bed.control(node.name).differences(bed.lab) : []),
    ...sysctls.flatMap(([name, value], i) => {
      const seen = (rest[node.routes.length + i] ?? '').trim().replaceAll(/\s+/g, ' ');
      return seen === String(value).trim().replaceAll(/\s+/g, ' ')
        ? []
        : [`${name} is ${seen || 'missing'}, not ${value}`];
    }),
    ...files.flatMap(([path, file]) =>
      rest.at(-1)?.includes(`${digestOf(file)}  ${path}\n`) ? [] : [`${path} has changed`],
    ),
  ];
  return words.map((w) => `${node.name}: ${w}`);
}

/** Returns the line that sha256sum(1) prints for a file as it was installed. */
function digestOf(file: NodeFile): string {
  const bytes = typeof file === 'string' ? file : Buffer.from(file.base64, 'base64');
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Returns the lab addresses that a node holds although they belong to another node: a real server that holds a VIP does
 * not answer the director.
 */
function strangersOn(lab: Lab, node: LabNode, states: readonly LinkState[]): readonly string[] {
  const own = addressesMeant(lab, node);
  const others = new Set(lab.nodes.flatMap((n) => [...addressesMeant(lab, n)]).filter((a) => !own.has(a)));
  return states.flatMap((s) =>
    s.addr_info.flatMap(({ local = '' }) =>
      others.has(local) ? [`${s.ifname} has ${local}, which is not its own`] : [],
    ),
  );
}

/**
 * Returns every address that a node may hold: its own, those of its role in services, and those that move between
 * directors.
 */
function addressesMeant(lab: Lab, node: LabNode): ReadonlySet<string> {
  const brought = partOf(lab, node).ip.flatMap((line) => /^addr\S* \S+ ([^ /]+)\//.exec(line)?.[1] ?? []);
  const shared =
    node.kind === 'director'
      ? [...lab.services.map((s) => s.vip), ...lab.vrrp.flatMap((v) => v.addresses.map((a) => a.address))]
      : [];
  return new Set([
    ...addressesOf(node),
    ...node.lips.map((l) => l.address),
    ...(node.kni ?? []).map((k) => k.address),
    ...brought,
    ...shared,
  ]);
}

function stateOf(states: readonly LinkState[], name: string): LinkState | undefined {
  return states.find((s) => s.ifname === name);
}

function cardWords(node: LabNode, card: Interface, states: readonly LinkState[]): readonly string[] {
  const state = stateOf(states, card.name);
  if (!state) return [`no ${card.name}`];
  // A bond gives its own MAC address to the cards under it.
  const under = node.devices.some((d) => 'over' in d && d.over.includes(card.name));
  return [
    ...(state.flags.includes('UP') ? [] : [`${card.name} is down`]),
    ...(state.mtu === cardMtu(node, card) ? [] : [`${card.name} has MTU ${state.mtu}`]),
    ...(under || state.address === card.mac ? [] : [`${card.name} has the MAC address ${state.address}`]),
  ];
}

function deviceWords({ name, mtu }: Device, states: readonly LinkState[]): readonly string[] {
  const state = stateOf(states, name);
  if (!state) return [`no ${name}`];
  return mtu === undefined || state.mtu === mtu ? [] : [`${name} has MTU ${state.mtu}`];
}

function routeWords({ to, via, dev }: Route, shown: string): readonly string[] {
  const way = via ? ` via ${via} ` : dev ? ` dev ${dev} ` : '';
  const there = way === '' ? shown.startsWith('blackhole') : ` ${shown.replaceAll('\n', ' ')} `.includes(way);
  return there ? [] : [`no route to ${to}${way.trimEnd()}`];
}
