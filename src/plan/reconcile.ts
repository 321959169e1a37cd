import type { Container } from '../engine/engine.ts';
import { containerName, isFabric, LABEL } from '../engine/labels.ts';
import type { Lab } from '../model/lab.ts';
import { found } from '../model/lookup.ts';
import type { KernelName } from '../model/words.ts';
import type { Unfinished } from './hold.ts';
import type { Running } from './observe.ts';

/**
 * One operation on the engine, and its reason. `target` is a node's name, or the container's for a removal. `hold`
 * starts the fabric, and holds the lab from that moment on.
 */
export type Op =
  | { readonly op: 'remove'; readonly target: string; readonly id: string; readonly cause: string }
  | { readonly op: 'create'; readonly target: string; readonly kernel: KernelName; readonly cause: string }
  | { readonly op: 'create-fabric'; readonly target: string; readonly cause: string }
  | { readonly op: 'start'; readonly target: string; readonly cause: string }
  | { readonly op: 'hold'; readonly target: string; readonly cause: string }
  | {
      readonly op: 'wire';
      readonly target: string;
      readonly nodes: readonly string[];
      readonly bridges: boolean;
      readonly cause: string;
    };

/** Operations in stages: the operations of one stage run in parallel, and all of them end before the next stage. */
export type Plan = readonly (readonly Op[])[];

/** Returns the differences between the running lab and the wanted one, in words; empty if there are none. */
export function differences(running: Lab, wanted: Lab): readonly string[] {
  const out: string[] = [];
  const compare = (what: string, a: readonly { name: string }[], b: readonly { name: string }[]) => {
    for (const name of new Set([...a, ...b].map((x) => x.name))) {
      const [before, after] = [a.find((x) => x.name === name), b.find((x) => x.name === name)];
      if (!before) out.push(`${what} ${name} is new`);
      else if (!after) out.push(`${what} ${name} is gone`);
      else if (JSON.stringify(before) !== JSON.stringify(after)) out.push(`${what} ${name} has changed`);
    }
  };
  compare('segment', running.segments, wanted.segments);
  compare('node', running.nodes, wanted.nodes);
  compare('service', running.services, wanted.services);
  compare('SNAT rule', running.snat, wanted.snat);
  compare('vrrp instance', running.vrrp, wanted.vrrp);
  compare('ospf domain', running.ospf, wanted.ospf);
  compare('bgp domain', running.bgp ?? [], wanted.bgp ?? []);
  if (JSON.stringify(running.timeouts) !== JSON.stringify(wanted.timeouts)) out.push('the timeouts have changed');
  if (JSON.stringify(running.scenario) !== JSON.stringify(wanted.scenario)) out.push('the scenario has changed');
  return out;
}

/**
 * Returns the plan that makes a lab run: empty if it does. Nodes that have ended are started and wired again; nodes
 * whose start another process left unfinished are recreated, because their state is unknown. A lab whose fabric is
 * missing or does not run starts over, because its wires are gone too.
 */
export function reconcile(
  lab: Lab,
  kernels: ReadonlyMap<string, KernelName>,
  running: Running,
  { recreate = false, unfinished = [] }: { readonly recreate?: boolean; readonly unfinished?: Unfinished } = {},
): Plan {
  const why = startOver(running, { recreate, unfinished });
  if (why === undefined && running.fabric) {
    const left = lab.nodes.filter((n) => unfinished.includes(n.name) && running.nodes.has(n.name)).map((n) => n.name);
    const ended = lab.nodes
      .filter((n) => running.nodes.get(n.name)?.running === false && !left.includes(n.name))
      .map((n) => n.name);
    const absent = lab.nodes.filter((n) => !running.nodes.has(n.name)).map((n) => n.name);
    const made = [...absent, ...left];
    const back = [...ended, ...made];
    if (back.length === 0) return [];
    return [
      [
        ...strays(running).map(
          (c): Op => ({ op: 'remove', target: c.name, id: c.id, cause: 'left over from another run' }),
        ),
        ...left.map((n): Op => {
          const { name, id } = found(running.nodes.get(n), `container of ${n}`);
          return { op: 'remove', target: name, id, cause: 'its start was interrupted' };
        }),
      ],
      made.map(
        (n): Op => ({
          op: 'create',
          target: n,
          kernel: kernelFor(kernels, n),
          cause: left.includes(n) ? 'its start was interrupted' : 'its container is gone',
        }),
      ),
      back.map((n): Op => ({ op: 'start', target: n, cause: ended.includes(n) ? 'it had ended' : 'new' })),
      [
        {
          op: 'wire',
          target: containerName(lab.name),
          nodes: back,
          bridges: false,
          cause: 'their wires are gone with their network namespaces',
        },
      ],
    ].filter((stage): stage is Op[] => stage.length > 0);
  }
  const names = lab.nodes.map((n) => n.name);
  const stages: (readonly Op[])[] = [
    ...removal(running.containers, why ?? ''),
    // First and alone: everything created later can be found and removed through it.
    [{ op: 'create-fabric', target: containerName(lab.name), cause: 'new' }],
    [
      { op: 'hold', target: containerName(lab.name), cause: 'new' },
      ...names.map((n): Op => ({ op: 'create', target: n, kernel: kernelFor(kernels, n), cause: 'new' })),
    ],
    names.map((n): Op => ({ op: 'start', target: n, cause: 'new' })),
    [{ op: 'wire', target: containerName(lab.name), nodes: names, bridges: true, cause: 'new' }],
  ];
  return stages.filter((stage) => stage.length > 0);
}

/** Returns why none of the existing lab can be kept; undefined if it can, '' if none exists. */
function startOver(
  running: Running,
  { recreate, unfinished }: { readonly recreate: boolean; readonly unfinished: Unfinished },
): string | undefined {
  if (running.containers.length === 0) return '';
  if (recreate) return '--recreate';
  if (!running.fabric) return 'its fabric is gone';
  if (!running.fabric.running) return 'its fabric had ended, and the wires with it';
  if (!running.lab) return 'it was created by another version';
  if (running.nodes.size === 0 || unfinished === 'all') return 'it was never finished';
  return undefined;
}

/** Returns containers with the lab's name that belong to no existing fabric. */
function strays(running: Running): readonly Container[] {
  const own = new Set([running.fabric, ...running.nodes.values()]);
  return running.containers.filter((c) => !own.has(c));
}

function kernelFor(kernels: ReadonlyMap<string, KernelName>, node: string): KernelName {
  const kernel = kernels.get(node);
  if (!kernel) throw new Error(`no kernel was chosen for ${node}`);
  return kernel;
}

/**
 * Returns the plan that removes containers of a lab. The fabric goes last: while it exists, it identifies the others,
 * and what it shares is in use.
 */
export function removal(containers: readonly Container[], cause = 'the lab goes down'): Plan {
  const remove = (c: Container): Op => ({ op: 'remove', target: c.name, id: c.id, cause });
  const [fabrics, nodes] = [containers.filter(isFabric), containers.filter((c) => !isFabric(c))];
  return [nodes.map(remove), fabrics.map(remove)].filter((stage) => stage.length > 0);
}

/** Returns the targets that a plan starts. */
export function startedBy(plan: Plan): readonly string[] {
  return plan.flat().flatMap((op) => (op.op === 'start' ? [op.target] : []));
}

/** Formats the plan as text, one operation per line, for `--dry-run`. */
export function formatPlan(plan: Plan): string {
  return plan
    .flatMap((stage, i) =>
      stage.map(
        (op) =>
          `${i + 1} ${op.op} ${op.target}${'kernel' in op ? ` kernel=${op.kernel}` : ''}${'nodes' in op ? ` ${op.nodes.join(',')}` : ''}${op.cause ? `  (${op.cause})` : ''}`,
      ),
    )
    .join('\n');
}

/** Returns the kernels for which a running lab's nodes were created. */
export function runningKernels(running: Running): ReadonlyMap<string, KernelName> {
  return new Map([...running.nodes].map(([name, c]) => [name, c.labels[LABEL.kernel] as KernelName]));
}
