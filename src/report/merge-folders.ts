import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { Failure } from '../failure.ts';
import { visibleJson } from '../visible.ts';
import { DURATIONS, durationsOf, formatDurations } from './durations.ts';
import { folderOf, type Kept, type Merged, merge, mismatch, oddNames } from './merge.ts';
import { DEEP, reportsIn } from './read.ts';
import { junit, type Report } from './report.ts';
import { type Divided, readShard } from './shard-file.ts';

/** Reads report folders and merges what they say. Throws a Failure if one has no report, or if they do not belong together. */
export function readMerged(folders: readonly string[]): Merged {
  const all = folders.map((folder) => {
    const path = resolve(folder);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new Failure('no-report', { path: folder, why: 'there is no such folder' });
    const found = below(path, DEEP);
    if (found.kept.length === 0 && found.shards.length === 0)
      throw new Failure('no-report', { path: folder, why: 'the folder has no results.json' });
    return found;
  });
  const kept = all.flatMap((f) => f.kept);
  const shards = all.flatMap((f) => f.shards);
  const why = mismatch(shards) ?? oddNames(kept.map((k) => k.report)).map((name) => `"${name}" is no lab’s name`)[0];
  if (why !== undefined) throw new Failure('reports-differ', { why });
  return merge(kept, shards);
}

/** Finds reports and shards in a folder and those below it; a folder with a results.json is one report, or a merged one. */
function below(folder: string, deep: number): { kept: readonly Kept[]; shards: readonly Divided[] } {
  const own = readShard(folder);
  const shards = own ? [own] : [];
  const path = join(folder, 'results.json');
  if (existsSync(path)) {
    const [first, ...rest] = reportsIn(path);
    const merged = rest.length > 0 || (first !== undefined && existsSync(join(folder, folderOf(first))));
    const kept = first ? [first, ...rest].map((report) => ({ report, folder: at(folder, report, merged) })) : [];
    return { kept, shards };
  }
  const folders = readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory() && deep > 0);
  const inside = folders.map((e) => below(join(folder, e.name), deep - 1));
  return { kept: inside.flatMap((f) => f.kept), shards: [...shards, ...inside.flatMap((f) => f.shards)] };
}

function at(folder: string, report: Report, merged: boolean): string {
  return merged ? join(folder, folderOf(report)) : folder;
}

/** Writes a merged report into a folder, which must be empty or not there. Returns the reports in it. */
export function writeMerged(out: string, { kept, missing }: Merged): readonly Report[] {
  const entries = existsSync(out) ? readdirSync(out) : [];
  if (entries.length > 0) throw new Failure('folder-not-empty', { folder: out });
  const reports = [...kept.map((k) => k.report), ...missing].sort((a, b) =>
    a.lab < b.lab ? -1 : a.lab > b.lab ? 1 : 0,
  );
  mkdirSync(out, { recursive: true });
  for (const { report, folder } of kept) {
    if (!existsSync(folder)) continue; // the results only, as of a report of which the evidence was not kept
    // A link could lead out of a folder that another machine has sent.
    const filter = (from: string) => !lstatSync(from).isSymbolicLink();
    cpSync(folder, join(out, folderOf(report)), { recursive: true, filter });
  }
  writeFileSync(join(out, 'results.json'), visibleJson(reports, 2));
  writeFileSync(join(out, 'junit.xml'), junit(reports));
  writeFileSync(join(out, 'events.ndjson'), events(kept));
  const lasted = durationsOf(kept.map((k) => k.report));
  writeFileSync(join(out, DURATIONS), formatDurations(lasted));
  return reports;
}

/** Returns the events of all runs in the order of their times, each with the folder of its report. */
function events(kept: readonly Kept[]): string {
  const lines = kept.flatMap(({ report, folder }) => {
    const path = join(folder, 'events.ndjson');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => eventOf(line, folderOf(report).replaceAll(sep, '/')));
  });
  return lines
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map((line) => `${visibleJson(line)}\n`)
    .join('');
}

/** Returns an event with its report; none for a line that is cut off, as the last one of a killed run. */
function eventOf(line: string, report: string): readonly { readonly at: string; readonly report: string }[] {
  try {
    const event = JSON.parse(line) as { readonly at: string } | null;
    return event && typeof event.at === 'string' ? [{ ...event, report }] : [];
  } catch {
    return [];
  }
}
