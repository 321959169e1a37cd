import type { Bed } from '../checks/bed.ts';
import type { Promised } from '../checks/check.ts';
import type { ExecStream } from '../engine/engine.ts';
import { eachLine } from '../engine/streams.ts';
import { faults } from '../faults/index.ts';
import { formatMs } from '../net/duration.ts';
import { script } from '../shell.ts';
import type { Case, Run } from './fault-run.ts';

/** Separates two tables. */
const MARKER = '--lvslab--';

/** A table at a time in microseconds: the lines of each service, as the director's own tool saves them. */
export interface Saved {
  readonly at: number;
  readonly services: ReadonlyMap<string, string>;
}

/** Reads tables in the format of `ipvsadm --save`: a line for each service (-A) and each real server (-a). */
export function readSaved(lines: readonly string[]): readonly Saved[] {
  const tables: Saved[] = [];
  let services: Map<string, string> | undefined;
  let at = 0;
  for (const line of lines) {
    if (line === MARKER) {
      if (services) tables.push({ at, services });
      services = undefined;
    } else if (!services) {
      services = new Map();
      at = Number(line);
    } else {
      const [, name] = /^-[Aa] (-\S+ \S+)/.exec(line) ?? [];
      if (name !== undefined) services.set(name, [...(services.get(name)?.split('\n') ?? []), line].sort().join('\n'));
    }
  }
  return tables;
}

/** A service in successive tables: how it is at the end, and how long it was otherwise meanwhile, in milliseconds. */
export interface Course {
  readonly service: string;
  readonly end: 'same' | 'changed' | 'new' | 'gone';
  readonly flapped: number;
}

/**
 * Returns the course of every service. A service that is the same at the end, and was not in between, has flapped;
 * `until` is the end of the last table, in microseconds.
 */
export function courses(tables: readonly Saved[], until: number): readonly Course[] {
  const [first, last] = [tables[0], tables.at(-1)];
  if (!first || !last) return [];
  const all = [...new Set(tables.flatMap((t) => [...t.services.keys()]))].sort();
  return all.map((service) => {
    const [before, after] = [first.services.get(service), last.services.get(service)];
    const end = before === after ? 'same' : before === undefined ? 'new' : after === undefined ? 'gone' : 'changed';
    const otherwise = tables.map((t, i) => {
      const own = t.services.get(service);
      return own === before || own === after ? 0 : ((tables[i + 1]?.at ?? until) - t.at) / 1000;
    });
    return { service, end, flapped: otherwise.reduce((sum, ms) => sum + ms, 0) };
  });
}

/** Watches the table of a director, from `start` to `stop`. */
export class TableWatch {
  readonly #run: ExecStream;
  readonly #lines: string[] = [];

  private constructor(run: ExecStream) {
    this.#run = run;
    eachLine(run.stdout, (line) => this.#lines.push(line));
    run.stderr.resume();
  }

  static async start(bed: Bed, director: string): Promise<TableWatch> {
    return new TableWatch(await bed.spawn(director, script('watch-table', MARKER, ...bed.control(director).save)));
  }

  get tables(): readonly Saved[] {
    return readSaved(this.#lines);
  }

  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  stop(): void {
    this.#run.stdin.end();
  }
}

/** Returns whether a step watches a director's table: the fault must leave the services in it alone. */
export function watchesTable({ step }: Case): boolean {
  return faults[step.fault.kind].spares !== undefined;
}

/** Returns the promise about the services in a director's table. */
export function keptPromise({ step }: Case, half: 'fault' | 'heal'): Promised {
  const { node } = step.fault;
  return {
    id: `${half}.table`,
    subject: node,
    promised: `no service in the table of ${node} flaps: each is as before or as afterwards, at every moment`,
  };
}

/** Judges what happened to the services in a director's table, and ends the watch. */
export async function judgeKept(run: Run, half: 'fault' | 'heal', watch: TableWatch): Promise<void> {
  const { context, slug } = run;
  const all = courses(watch.tables, await context.bed.now());
  watch.stop();
  const file = context.bed.evidence.write(`table-${slug}-${half}.txt`, watch.text);
  const flapped = all.filter((c) => c.flapped > 0);
  const words = (['same', 'changed', 'new', 'gone'] as const).flatMap((end) => {
    const own = all.filter((c) => c.end === end).map((c) => c.service);
    return own.length === 0 ? [] : [`${end}: ${own.join(', ')}`];
  });
  const stall = flapped.length > 0 ? await context.stall() : undefined;
  context.tell(
    keptPromise(run, half),
    flapped.length === 0 && all.length > 0 ? 'passed' : stall === undefined ? 'failed' : 'inconclusive',
    [
      ...(all.length === 0 ? ['the table is empty'] : words),
      ...flapped.map((c) => `${c.service} was otherwise for ${formatMs(c.flapped)}`),
      ...(stall === undefined ? [] : [stall]),
    ].join('; '),
    { evidence: [file], ...(stall === undefined ? {} : { stalled: true }) },
  );
}
