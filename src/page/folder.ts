import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { Failure } from '../failure.ts';
import { folderOf, oddNames } from '../report/merge.ts';
import { reportsIn, resultsBelow } from '../report/read.ts';
import type { Report } from '../report/report.ts';
import { mapStrings, visible } from '../visible.ts';
import type { PageData } from './data.ts';
import { type Limits, labPage } from './lab-page.ts';

/**
 * Returns the page of a report: of a folder with results.json, of one with folders that have one, each of one run, or of
 * a merged report. Text is without anything hidden. Throws a Failure if there is none, or if a file is something else.
 */
export function pageOf(folder: string, made: string, limits: Limits): PageData {
  const labs = runsIn(folder).map(({ report, own }) =>
    labPage(own, relative(folder, own).split(sep).join('/'), report, limits),
  );
  // A lab that was tested several times is told apart by its folders.
  const distinct = labs.map((lab) =>
    labs.filter((l) => l.name === lab.name).length > 1 ? { ...lab, name: `${lab.name} (${lab.folder})` } : lab,
  );
  const sorted = distinct.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return mapStrings({ made, labs: sorted }, visible);
}

/** Returns the reports of a folder, each with its own folder: of a merged report, the folder in it. */
function runsIn(folder: string): readonly { readonly report: Report; readonly own: string }[] {
  const found = existsSync(folder) && statSync(folder).isDirectory() ? resultsBelow(folder) : [];
  if (found.length === 0) throw new Failure('no-report', { path: folder, why: 'the folder has no results.json' });
  return found.flatMap((path) => {
    const reports = reportsIn(path);
    // The names are those of folders: another one could lead out of the report.
    const [odd] = reports.length > 1 ? oddNames(reports) : [];
    if (odd !== undefined) throw new Failure('no-report', { path, why: `"${odd}" is no lab’s name` });
    return reports.map((report) => {
      const inside = join(dirname(path), folderOf(report));
      const isMerged = reports.length > 1 || (oddNames([report]).length === 0 && existsSync(inside));
      return { report, own: isMerged ? inside : dirname(path) };
    });
  });
}
