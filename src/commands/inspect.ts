import { senders } from '../checks/adverts.ts';
import { entryWords } from '../drivers/entry.ts';
import { driverOf } from '../drivers/index.ts';
import type { ServiceTable } from '../drivers/service-table.ts';
import { type Container, type Engine, Overrun } from '../engine/engine.ts';
import { LABEL } from '../engine/labels.ts';
import { Refusal } from '../engine/refusal.ts';
import { eventually } from '../eventually.ts';
import { openWire } from '../fabric/capture.ts';
import { verifyWiring } from '../fabric/wiring.ts';
import { directors } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { endpoint } from '../net/cidr.ts';
import { holds, readAddresses, TELL_ADDRESSES } from '../nodes/addresses.ts';
import { print, printJson, table } from '../output/print.ts';
import { type Broken, brokenOf } from '../plan/broken.ts';
import { CannotObserve, Hand } from '../plan/hand.ts';
import { peek } from '../plan/hold.ts';
import { noted, wordsOf } from '../plan/journal.ts';
import { mustRun, observe, type Running, type RunningLab } from '../plan/observe.ts';
import { visibleLine } from '../visible.ts';
import { withSession } from './session.ts';

/** Longest time for one look into a node, in milliseconds. */
const LOOK_MS = 20_000;
/** How late an advert may be, in milliseconds. */
const ADVERT_MARGIN_MS = 500;

interface NodeView {
  readonly name: string;
  readonly kind: string;
  readonly kernel: string;
  readonly state: string;
  /** The addresses that it holds now, according to its own kernel. */
  readonly addresses: readonly { readonly interface: string; readonly address: string }[];
  /** Its programs, and whether each runs. */
  readonly programs: readonly string[];
  readonly memoryMb: number;
  /**
   * The services of which it is the active director: those of VRRP instances for which it sends adverts, or, without
   * VRRP, those whose VIP it holds.
   */
  readonly masterOf: readonly string[];
  readonly table?: ServiceTable;
  /** Its answers that cannot be read: the program that answered is not the one that was asked. */
  readonly unreadable: readonly string[];
}

/**
 * `lab inspect`: shows the present state of a lab, read from its own kernels, with its active faults and other changes.
 * Of a broken lab it shows what is left, what is broken, and how to repair it.
 */
export async function inspect(name: string, options: { json?: boolean }): Promise<number> {
  const view = await withSession({ quiet: true }, async ({ engine, signal }) => {
    const running = await observe(engine, name);
    if (running.containers.length === 0) await mustRun(engine, name); // reports what runs
    const { by, unfinished } = await peek(engine, running);
    const whole =
      running.lab && running.fabric?.running ? { ...running, lab: running.lab, fabric: running.fabric } : undefined;
    const heard = whole ? listen(engine, whole, signal) : Promise.resolve([]);
    const [nodes, wires, changes] = await Promise.all([
      running.lab
        ? Promise.all(running.lab.nodes.map((n) => look(engine, running, n, heard)))
        : [...running.nodes.values()].map(containerView),
      whole && by === undefined ? brokenWires(engine, whole) : [],
      whole ? noted(new Hand(engine, whole, signal)) : [],
    ]);
    return {
      name: running.name,
      lab: running.lab?.lab ?? '',
      source: running.lab?.source ?? '',
      by,
      active: changes.map(wordsOf),
      broken: by === undefined ? [...brokenOf(running, unfinished), ...wires] : [],
      segments: running.lab?.segments ?? [],
      services: running.lab?.services ?? [],
      vrrp: (await heard).map(({ vrrp, masters }) => ({
        name: vrrp.name,
        segment: vrrp.segment,
        id: vrrp.id,
        masters,
      })),
      nodes,
    };
  });
  if (options.json) printJson(view);
  else {
    print(`${visibleLine(`${view.name}  ${view.source}`)}`);
    if (view.by !== undefined) print(visibleLine(`being brought up by ${view.by}`));
    if (view.active.length > 0)
      print(visibleLine(`active: ${view.active.join(', ')} (\`lab heal ${view.name}\` undoes it)`));
    for (const { what, mend } of view.broken) print(`BROKEN: ${visibleLine(what)}\n        ${visibleLine(mend)}`);
    print(table([['NODE', 'KIND', 'KERNEL', 'STATE', 'MEMORY', 'ADDRESSES', 'PROGRAMS'], ...view.nodes.map(nodeRow)]));
    for (const { name: instance, segment, id, masters } of view.vrrp)
      print(
        `${instance} (id ${id} on ${segment}): ${masters.map((m) => `${m.node} sends adverts, priority ${m.priority}`).join('; ') || 'no director sends adverts'}`,
      );
    for (const node of view.nodes) for (const what of node.unreadable) print(`${node.name}: ${what}`);
    for (const node of view.nodes)
      if (node.table)
        print(
          `\n${node.name}${node.masterOf.length > 0 ? ` is master of ${node.masterOf.join(', ')}` : ' is backup'}\n${tableText(node.table)}`,
        );
  }
  return 0;
}

/** Returns what is wrong with the wires of running nodes. */
async function brokenWires(engine: Engine, { name, lab, fabric, nodes }: RunningLab): Promise<readonly Broken[]> {
  const { stdout } = await engine.exec(fabric.id, ['ip', '-json', 'link', 'show']);
  const running = lab.nodes.filter((n) => nodes.get(n.name)?.running);
  return verifyWiring(running, stdout).map((what) => ({
    what,
    mend: `\`lab heal ${name}\` if a fault is active, else \`lab up --recreate\``,
  }));
}

/** Returns what is known of a node without its lab. */
function containerView(container: Container): NodeView {
  const { labels, state } = container;
  return {
    name: labels[LABEL.node] ?? container.name,
    kind: labels[LABEL.kind] ?? '',
    kernel: labels[LABEL.kernel] ?? '',
    state,
    addresses: [],
    programs: [],
    memoryMb: 0,
    masterOf: [],
    unreadable: [],
  };
}

/** The masters of a VRRP instance, by its adverts. */
interface Heard {
  readonly vrrp: VrrpInstance;
  readonly masters: readonly { readonly node: string; readonly priority: number }[];
}

/** Listens on the wires until every VRRP instance has been heard twice, so that a second master is heard too. */
async function listen(engine: Engine, { lab, fabric }: RunningLab, signal: AbortSignal): Promise<readonly Heard[]> {
  if (lab.vrrp.length === 0) return [];
  const wire = await openWire(engine, fabric.id, [...new Set(lab.vrrp.map((v) => v.segment))], () => undefined);
  try {
    const adverts = (v: VrrpInstance) =>
      wire.since(0).filter((p) => p.kind === 'vrrp' && p.segment === v.segment && p.id === v.id && p.priority > 0);
    const twice = (v: VrrpInstance) => {
      const sources = adverts(v).map((p) => p.srcMac);
      return sources.some((mac, i) => sources.indexOf(mac) !== i);
    };
    const within = 2 * Math.max(...lab.vrrp.map((v) => v.advert)) + ADVERT_MARGIN_MS;
    await eventually(() => (lab.vrrp.every(twice) ? true : undefined), { within, every: 20, signal });
    return lab.vrrp.map((vrrp) => ({
      vrrp,
      masters: senders(lab, vrrp, wire.since(0)).map((s) => ({ node: s.node.name, priority: s.newest.priority })),
    }));
  } finally {
    await wire.close();
  }
}

async function look(
  engine: Engine,
  running: Running,
  node: LabNode,
  heard: Promise<readonly Heard[]>,
): Promise<NodeView> {
  const container = running.nodes.get(node.name);
  if (!container) {
    const nothing = { kernel: '', addresses: [], programs: [], memoryMb: 0, masterOf: [], unreadable: [] };
    return { name: node.name, kind: node.kind, state: 'gone', ...nothing };
  }
  if (!container.running) return containerView(container);
  return lookInto(engine, running, node, container, heard).catch((error: unknown) => {
    // The node has just ended, or is frozen.
    if (error instanceof Refusal) return { ...containerView(container), state: 'not answering' };
    throw error;
  });
}

async function lookInto(
  engine: Engine,
  { lab }: Running,
  node: LabNode,
  container: Container,
  heard: Promise<readonly Heard[]>,
): Promise<NodeView> {
  const unreadable: string[] = [];
  const run = async (command: readonly string[]) => {
    const all = ['nodectl', 'exec', '--tether', '--', ...command];
    return (
      await engine.exec(container.id, all, { within: LOOK_MS }).catch((error: unknown) => {
        if (!(error instanceof Overrun)) throw error;
        unreadable.push(`\`${command.join(' ')}\` ${error.what}`);
        return { stdout: '' };
      })
    ).stdout;
  };
  const isDirector = lab !== undefined && directors(lab).includes(node);
  const control = isDirector ? driverOf(node).control(run, node) : undefined;
  const [told, programText, memory, instances, serviceTable] = await Promise.all([
    readable(control ? control.addressesHeld() : run(TELL_ADDRESSES).then(readAddresses), unreadable),
    run(['svc', 'status']),
    engine.memory(container.id),
    heard,
    control && readable(control.table(), unreadable),
  ]);
  const addresses = told ?? [];
  const has = (s: Service) => {
    const moved = instances.find((h) => h.vrrp.services.includes(s.name));
    return moved ? moved.masters.some((m) => m.node === node.name) : holds(addresses, s.vip);
  };
  return {
    ...containerView(container),
    unreadable,
    addresses,
    programs: programText
      .trim()
      .split('\n')
      .filter((l) => l !== ''),
    memoryMb: Math.round(memory / 1024 / 1024),
    masterOf: isDirector ? lab.services.filter(has).map((s) => s.name) : [],
    ...(serviceTable ? { table: serviceTable } : {}),
  };
}

/** Returns what was read, or undefined after it added the reason to `unreadable`. */
async function readable<T>(reading: Promise<T>, unreadable: string[]): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof CannotObserve)) throw error;
    unreadable.push(error.message);
    return undefined;
  }
}

function nodeRow(n: NodeView): readonly string[] {
  return [
    n.name,
    n.kind,
    n.kernel,
    n.state,
    `${n.memoryMb} MB`,
    n.addresses.map((a) => `${a.interface} ${a.address}`).join(', '),
    n.programs.join(', '),
  ];
}

function tableText(t: ServiceTable): string {
  return table(
    t.services.flatMap((s) => [
      [
        entryWords(s).replace(/^\S+/, (protocol) => protocol.toUpperCase()),
        s.scheduler,
        '',
        'active',
        'inactive',
        'connections',
        'per second',
      ],
      ...s.reals.map((r) => [
        `  -> ${endpoint(r.address, r.port)}`,
        r.forward,
        `weight ${r.weight}`,
        String(r.activeConnections),
        String(r.inactiveConnections),
        String(r.stats?.connections ?? ''),
        String(r.rate?.connections ?? ''),
      ]),
    ]),
  );
}
