import { byLab, historyOf } from './history.ts';
import type { Report } from './report.ts';
import type { Divided } from './shard-file.ts';

/** A report, and the folder with its evidence. */
export interface Kept {
  readonly report: Report;
  readonly folder: string;
}

/** What several report folders say together. */
export interface Merged {
  /** The reports that count, sorted by lab and run, each with its folder; labs without one are not among them. */
  readonly kept: readonly Kept[];
  /** Labs of a shard of which there is no report, each as a report that says why. */
  readonly missing: readonly Report[];
  /** What was left out, and what is missing, in words. */
  readonly notes: readonly string[];
}

/**
 * Merges reports. A lab that was tested in several places, as when a machine's job was started again, counts once: the
 * test that started last, with all its runs. The others stay in its history, so that it is called flaky if one of them
 * failed and another passed. Every lab of the shards' division must be there.
 */
export function merge(found: readonly Kept[], shards: readonly Divided[]): Merged {
  const notes: string[] = [];
  const kept = [...testsByLab(found)].flatMap(([lab, tests]) => {
    const last = tests.at(-1) ?? [];
    if (tests.length > 1) {
      const started = last[0]?.report.started ?? '';
      notes.push(`${lab} was tested ${tests.length} times; the test of ${started} counts, which started last`);
    }
    const history = historyOf(tests.flat().map((k) => k.report));
    return last.map(({ report, folder }, i) => ({
      folder,
      report: tests.length > 1 && i === last.length - 1 ? { ...report, history } : report,
    }));
  });
  const missing = missingOf(
    kept.map((k) => k.report.lab),
    shards,
  );
  if (missing.absent.length > 0)
    notes.push(
      `no folder of shard${missing.absent.length === 1 ? '' : 's'} ${missing.absent.join(', ')} of ${shards[0]?.shard.of}`,
    );
  return { kept, notes, missing: missing.labs.map((lab) => absent(lab, missing.absent, shards)) };
}

/** Returns the tests of each lab, sorted by lab; the test that started last is the last; a test has one run or several. */
function testsByLab(found: readonly Kept[]): ReadonlyMap<string, readonly (readonly Kept[])[]> {
  const tests = new Map<string, Kept[]>();
  for (const kept of found) {
    const of = JSON.stringify([kept.report.lab, testFolder(kept)]);
    tests.set(of, [...(tests.get(of) ?? []), kept]);
  }
  const sorted = [...tests.values()]
    .map((runs) => runs.sort((a, b) => (a.report.run ?? 0) - (b.report.run ?? 0)))
    .sort((a, b) => compare(a[0]?.report.started ?? '', b[0]?.report.started ?? ''));
  const labs = new Map<string, (readonly Kept[])[]>();
  for (const runs of sorted) {
    const lab = runs[0]?.report.lab ?? '';
    labs.set(lab, [...(labs.get(lab) ?? []), runs]);
  }
  return new Map([...labs].sort(([a], [b]) => compare(a, b)));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The folder of a test: that of a run, or the one above it, which holds all its runs. */
function testFolder({ report, folder }: Kept): string {
  return report.run === undefined ? folder : folder.replace(/[\\/][^\\/]*$/, '');
}

/** Returns the labs of the division that no report is about, and the numbers of shards without a folder. */
function missingOf(
  labs: readonly string[],
  shards: readonly Divided[],
): { readonly labs: readonly string[]; readonly absent: readonly number[] } {
  const [first] = shards;
  if (!first) return { labs: [], absent: [] };
  const numbers = Array.from({ length: first.shard.of }, (_, i) => i + 1);
  return {
    labs: first.all.filter((lab) => !labs.includes(lab)),
    absent: numbers.filter((n) => !shards.some((s) => s.shard.index === n)),
  };
}

function absent(lab: string, numbers: readonly number[], shards: readonly Divided[]): Report {
  const of = shards.find((s) => s.labs.includes(lab))?.shard;
  const why = of
    ? `shard ${of.index} of ${of.of} has no report of it`
    : `no shard has a report of it; missing are ${numbers.join(', ')} of ${shards[0]?.shard.of}`;
  return {
    lab,
    file: lab,
    source: '',
    started: '',
    ms: 0,
    interrupted: false,
    error: why,
    ending: 'environment',
    engine: { version: '', apiVersion: '', kernel: '', address: '' },
    nodes: [],
    software: [],
    counts: { passed: 0, failed: 0, inconclusive: 0, skipped: 0 },
    results: [],
    earlier: [],
    left: [],
  };
}

/**
 * Returns why shards do not belong together, if so: another number of shards, other labs, or a lab in two of them. A shard
 * may be there twice, if it was tested again.
 */
export function mismatch(shards: readonly Divided[]): string | undefined {
  const [first, ...rest] = shards;
  if (!first) return undefined;
  for (const other of rest) {
    const [a, b] = [first.shard, other.shard];
    if (a.of !== b.of) return `shard ${a.index} is one of ${a.of}, shard ${b.index} one of ${b.of}`;
    if (first.all.join() !== other.all.join()) return `shards ${a.index} and ${b.index} divide different labs`;
  }
  for (const one of shards) {
    for (const other of shards) {
      const twice = one.labs.find((lab) => one.shard.index !== other.shard.index && other.labs.includes(lab));
      if (twice !== undefined) return `shards ${one.shard.index} and ${other.shard.index} both have ${twice}`;
    }
  }
  return undefined;
}

/** Returns the time from the first start to the last end, in milliseconds. */
export function spanOf(reports: readonly Report[]): number {
  const times = reports.flatMap(({ started, ms }) => {
    const at = Date.parse(started);
    return Number.isNaN(at) ? [] : [at, at + ms];
  });
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
}

/** Returns the folder of a report within a merged report: each lab has one, and in it each of its runs. */
export function folderOf(report: Report): string {
  return report.run === undefined ? report.lab : `${report.lab}/run-${report.run}`;
}

/** Returns the names of labs that are no name of a folder: they come from a file that anyone may have written. */
export function oddNames(reports: readonly Report[]): readonly string[] {
  return byLab(reports).flatMap(([first]) => (first && !/^[a-z][a-z0-9-]{0,60}$/.test(first.lab) ? [first.lab] : []));
}
