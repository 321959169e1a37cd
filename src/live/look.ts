import { entriesFor, entryWords } from '../drivers/entry.ts';
import { driverOf } from '../drivers/index.ts';
import type { ServiceTable } from '../drivers/service-table.ts';
import { type Engine, LOOK, Overrun } from '../engine/engine.ts';
import { Refusal } from '../engine/refusal.ts';
import type { Lab } from '../model/lab.ts';
import { directors, nodeAt } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import { endpoint } from '../net/cidr.ts';
import { brokenOf } from '../plan/broken.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { noted, wordsOf } from '../plan/journal.ts';
import type { Running } from '../plan/observe.ts';
import type { LiveNode, LiveService, LiveState, LiveTable } from './data.ts';

/** Longest time for one look into a director, in milliseconds: a frozen one must not hold up the others. */
const LOOK_MS = 3000;

/** What a look at a lab shows: all of its state but what the wires and the probe tell. */
export type Looked = Pick<LiveState, 'nodes' | 'tables' | 'active' | 'trouble'>;

/** Looks at a running lab: its nodes, the tables of its directors, its active changes, and what is broken. */
export async function lookAt(hand: Hand): Promise<Looked> {
  const { engine, running, lab, signal } = hand;
  const [told, changes] = await Promise.all([
    Promise.all(directors(lab).map((node) => tableOf(engine, running, lab, node, signal))),
    noted(hand),
  ]);
  const silent = told.flatMap((t) => ('silent' in t ? [t.silent] : []));
  const [worst] = brokenOf(running);
  return {
    nodes: lab.nodes.map((node) => nodeNow(running, node, silent)),
    tables: told.flatMap((t) => ('silent' in t || t.services.length === 0 ? [] : [t])),
    active: changes.map(wordsOf),
    ...(worst ? { trouble: worst.what } : {}),
  };
}

function nodeNow(running: Running, { name, kind }: LabNode, silent: readonly string[]): LiveNode {
  const container = running.nodes.get(name);
  const state = container ? (container.running && silent.includes(name) ? 'not answering' : container.state) : 'gone';
  return { name, kind, state };
}

/** Returns the table of a director; that it is silent if it does not answer in time, or has just ended. */
async function tableOf(
  engine: Engine,
  running: Running,
  lab: Lab,
  node: LabNode,
  signal: AbortSignal,
): Promise<LiveTable | { readonly silent: string }> {
  const container = running.nodes.get(node.name);
  if (!container?.running) return { silent: node.name };
  const run = async (command: readonly string[]) =>
    (
      await engine.exec(container.id, ['nodectl', 'exec', '--tether', '--', ...command], {
        within: LOOK_MS,
        lane: LOOK,
        signal,
      })
    ).stdout;
  try {
    const table = await driverOf(node).control(run, node).table();
    return { node: node.name, services: servicesOf(lab, table) };
  } catch (error) {
    if (error instanceof CannotObserve || error instanceof Overrun || error instanceof Refusal)
      return { silent: node.name };
    throw error;
  }
}

/** Returns the entries of a table under the names of the lab's services and nodes. */
export function servicesOf(lab: Lab, table: ServiceTable): readonly LiveService[] {
  return table.services.map((entry): LiveService => {
    const service = lab.services.find((s) => entriesFor(table, s).some((f) => f.entry === entry));
    return {
      name: service?.name ?? entryWords(entry),
      entry: entryWords(entry),
      scheduler: entry.scheduler,
      reals: entry.reals.map((r) => ({
        node:
          service?.reals.find((real) => real.address === r.address)?.node ??
          nodeAt(lab, r.address)?.name ??
          endpoint(r.address, r.port),
        address: endpoint(r.address, r.port),
        forward: r.forward,
        weight: r.weight,
        active: r.activeConnections,
        inactive: r.inactiveConnections,
        ...(r.rate ? { rate: r.rate.connections } : {}),
      })),
    };
  });
}
