import { counted } from '../counted.ts';
import type { Container, Engine } from '../engine/engine.ts';
import { fabricOf, isFabric, LABEL, unpackLab } from '../engine/labels.ts';
import { Failure } from '../failure.ts';
import type { Lab } from '../model/lab.ts';
import { brokenOf } from './broken.ts';

/** A lab as the engine has it. */
export interface Running {
  readonly name: string;
  /** Absent if its fabric is gone, or was created by a version whose definition this one cannot read. */
  readonly lab?: Lab;
  readonly fabric?: Container;
  /** The creator of the fabric, in words. */
  readonly by?: string;
  /** The nodes that belong to the fabric, by name. */
  readonly nodes: ReadonlyMap<string, Container>;
  /** All its containers, including the fabric. */
  readonly containers: readonly Container[];
}

/** A running lab that can be examined: its definition and its fabric exist. */
export interface RunningLab extends Running {
  readonly lab: Lab;
  readonly fabric: Container;
}

function toRunning(name: string, containers: readonly Container[]): Running {
  const fabric = containers.find(isFabric);
  const definition = fabric?.labels[LABEL.definition];
  const by = fabric?.labels[LABEL.by];
  const lab = definition === undefined || by === undefined ? undefined : readDefinition(definition);
  const ours = containers.filter((c) => c !== fabric && (!fabric || fabricOf(c) === fabric.id));
  const nodes = new Map(ours.map((c) => [c.labels[LABEL.node] ?? c.name, c]));
  return {
    name,
    containers,
    nodes,
    ...(lab ? { lab } : {}),
    ...(fabric ? { fabric } : {}),
    ...(by === undefined ? {} : { by }),
  };
}

function readDefinition(text: string): Lab | undefined {
  try {
    return unpackLab(text);
  } catch {
    return undefined;
  }
}

/** Returns whether a lab runs, in words: `running`, `broken`, `3 of 5 nodes`. */
export function stateOf({ lab, fabric, nodes }: Running): string {
  if (!lab || !fabric?.running) return 'broken';
  const up = lab.nodes.filter((n) => nodes.get(n.name)?.running).length;
  return up === lab.nodes.length ? 'running' : `${up} of ${counted(lab.nodes.length, 'node')}`;
}

/** Returns the current state of the lab with a name; it has no containers if the lab does not run. */
export async function observe(engine: Engine, name: string): Promise<Running> {
  return toRunning(name, await engine.list(`${LABEL.lab}=${name}`));
}

/** Returns every lab in the engine, by name. */
export async function observeAll(engine: Engine): Promise<readonly Running[]> {
  const byName = new Map<string, Container[]>();
  for (const c of await engine.list(LABEL.lab)) {
    const name = c.labels[LABEL.lab] ?? '';
    byName.set(name, [...(byName.get(name) ?? []), c]);
  }
  return [...byName]
    .map(([name, containers]) => toRunning(name, containers))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Returns the lab with a name, which must run. Throws a usage failure with the nearest name of a running lab if it does
 * not.
 */
export async function mustRun(engine: Engine, name: string): Promise<RunningLab> {
  const running = await observe(engine, name);
  const { lab, fabric } = running;
  if (lab && fabric) return { ...running, lab, fabric };
  if (running.containers.length > 0) {
    const [worst] = brokenOf(running);
    throw new Failure('lab-broken', { name, what: worst?.what, mend: worst?.mend });
  }
  throw new Failure('lab-not-running', { name, running: (await observeAll(engine)).map((r) => r.name) });
}

/**
 * Returns the container of a node in a running lab. Throws a usage failure with the nearest node's name if there is
 * none.
 */
export async function mustHaveNode(running: RunningLab, node: string): Promise<Container> {
  const container = running.nodes.get(node);
  if (container) return container;
  const names = running.lab.nodes.map((n) => n.name);
  if (names.includes(node)) throw new Failure('node-gone', { lab: running.name, node });
  throw new Failure('no-node', { lab: running.name, node, nodes: names });
}
