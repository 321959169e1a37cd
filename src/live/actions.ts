import { firstAnswers } from '../checks/answer.ts';
import { driverOf } from '../drivers/index.ts';
import type { Engine } from '../engine/engine.ts';
import { eachLine } from '../engine/streams.ts';
import type { Emit, Event } from '../events.ts';
import { healAll } from '../faults/heal.ts';
import { faults } from '../faults/index.ts';
import { parseFault } from '../faults/parse.ts';
import { injectToStay } from '../faults/stay.ts';
import type { Lab } from '../model/lab.ts';
import { directors } from '../model/lookup.ts';
import { byCommand } from '../plan/changes.ts';
import { Hand } from '../plan/hand.ts';
import { bringUp, takeDown } from '../plan/lifecycle.ts';
import { mustHaveNode, mustRun } from '../plan/observe.ts';
import type { Asked } from './asked.ts';
import type { LogEntry } from './data.ts';

/** Milliseconds that nodes may take to start. */
const START_MS = 60_000;
/** Number of lines of a node's output that are shown. */
const LOG_LINES = 300;

/** What actions work with. */
export interface Means {
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Reads and checks a lab by its name; throws a Failure with its mistakes. */
  readonly load: (name: string) => Lab;
  /** Tells of something that happened to a lab, and marks faults at their times (microseconds of the engine's clock). */
  readonly note: (lab: string, kind: LogEntry['kind'], text: string, at?: number) => void;
  readonly mark: (lab: string, kind: 'fault' | 'heal', text: string, at: number) => void;
  /** Shows a node's output to the page that asked for it. */
  readonly show: (lab: string, node: string, text: string) => void;
}

/** What an action of each kind does; returns what was done, in words. Throws a Failure, or what could not be observed. */
type Does = {
  readonly [K in Exclude<Asked['type'], 'watch' | 'test' | 'stop-test' | 'capture' | 'stop-capture'>]: Action<K>;
};
type Action<K extends Asked['type']> = (asked: Extract<Asked, { type: K }>, means: Means) => Promise<string>;

export const actions: Does = {
  fault: async ({ lab, fault: text }, { engine, signal, mark }) => {
    const hand = new Hand(engine, await mustRun(engine, lab), signal);
    const parsed = parseFault(text, hand.lab);
    if (!parsed.ok) throw new Error(parsed.error);
    const at = await injectToStay(hand, parsed.value);
    mark(lab, 'fault', text, at);
    return faults[parsed.value.kind].words(parsed.value)[0];
  },

  heal: async ({ lab, fault: text }, { engine, signal, mark }) => {
    const hand = new Hand(engine, await mustRun(engine, lab), signal);
    const parsed = text === undefined ? undefined : parseFault(text, hand.lab);
    const done: string[] = [];
    // What is no fault, such as a weight, has no name by which it could be healed alone.
    await healAll(hand, parsed?.ok ? parsed.value : undefined, START_MS, (healed) => {
      done.push(healed.text);
      if (text !== undefined && healed.at !== undefined) mark(lab, 'heal', `${text} healed`, healed.at);
    });
    return done.join('; ');
  },

  weight: async ({ lab, service: name, real: node, weight }, { engine, signal }) => {
    const hand = new Hand(engine, await mustRun(engine, lab), signal);
    const service = hand.lab.services.find((s) => s.name === name);
    const real = service?.reals.find((r) => r.node === node);
    if (!service || !real) throw new Error(`${node} is no real server of a service ${name}`);
    const running = directors(hand.lab).filter((d) => hand.running.nodes.get(d.name)?.running);
    const set = running.map((director) => {
      const control = driverOf(director).control((command) => hand.run(director.name, command), director);
      const what = `weight of ${node} in ${name} on ${director.name}`;
      return {
        director: director.name,
        command: control.setWeight(service, real, weight),
        change: byCommand(what, director.name, control.restoreWeight(service, real, real.weight)),
      };
    });
    const changes = set.map((s) => s.change);
    if (weight === real.weight) await hand.changes.undo(changes);
    else
      await hand.changes.make(changes, (steady) =>
        Promise.all(set.map(({ director, command }) => steady.run(director, command))),
      );
    return `${node} has weight ${weight} in ${name} on ${running.map((d) => d.name).join(' and ')}`;
  },

  up: async ({ lab: name }, means) => {
    const { engine, signal } = means;
    const emit = telling(name, means);
    const wanted = means.load(name);
    const { outcome, running } = await bringUp(engine, wanted, {
      ...{ emit, signal, recreate: false, bootDeadline: START_MS },
    });
    if (outcome !== 'unchanged') await firstAnswers(engine, running, emit, signal);
    return outcome === 'unchanged' ? `${name} runs already` : `${name} is up`;
  },

  down: async ({ lab }, means) => {
    await takeDown(means.engine, lab, telling(lab, means));
    return `${lab} is down`;
  },

  logs: async ({ lab, node }, { engine, show }) => {
    const container = await mustHaveNode(await mustRun(engine, lab), node);
    const stream = await engine.logs(container.id, { follow: false, tail: LOG_LINES, timestamps: false });
    const lines: string[] = [];
    eachLine(stream, (line) => lines.push(line));
    await new Promise((ended) => stream.once('close', ended).once('end', ended));
    show(lab, node, lines.join('\n'));
    return `the last ${lines.length} lines of ${node}`;
  },
};

/** Returns what writes the events of a lab that comes up or goes into its log. */
function telling(lab: string, { note }: Means): Emit {
  return (event: Event) => {
    if (event.type === 'node' && (event.state === 'ready' || event.state === 'failed'))
      note(lab, 'node', `${event.node} is ${event.state}${event.detail === undefined ? '' : `: ${event.detail}`}`);
    if (event.type === 'note' || event.type === 'wait') note(lab, 'told', event.text);
    if (event.type === 'lab') note(lab, 'lab', `${lab} is ${event.state}: ${event.detail}`);
  };
}
