import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sumCounts } from '../events.ts';
import { EXIT, Failure } from '../failure.ts';
import { allText } from '../output/lines.ts';
import { isTerminal, print } from '../output/print.ts';
import { writeHtml } from '../page/write.ts';
import { exitOf } from '../report/exit.ts';
import { spanOf } from '../report/merge.ts';
import { readMerged, writeMerged } from '../report/merge-folders.ts';
import { summarise } from './ci.ts';

/** `lab report merge`: merges report folders into one. Returns the exit code that one run of everything would have had. */
export async function mergeReports(
  folders: readonly string[],
  { out, summary }: { readonly out: string; readonly summary?: string },
): Promise<number> {
  const merged = readMerged(folders);
  const reports = writeMerged(out, merged);
  for (const note of merged.notes) print(note);
  print(allText(reports, sumCounts(reports.map((r) => r.counts)), spanOf(reports)));
  print(`report: ${out}`);
  print(`page: ${writeHtml(out)}`);
  const unwritten = summarise(reports, summary);
  if (unwritten !== undefined) print(unwritten);
  return exitOf(reports) || (unwritten === undefined ? EXIT.ok : EXIT.environment);
}

/** `lab report open`: shows the page of a report in the browser, or its address if no terminal or browser is there. */
export async function openReport(folder: string): Promise<number> {
  const page = join(resolve(folder), 'report.html');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Failure('no-report', { path: folder, why: 'there is no such folder' });
  if (!statSync(page, { throwIfNoEntry: false })?.isFile()) throw new Failure('no-page', { folder });
  const address = pathToFileURL(page).href;
  print(address);
  if (!isTerminal('stdout')) return EXIT.ok;
  const { default: openInBrowser } = await import('open');
  const browser = await openInBrowser(address).catch(() => undefined);
  browser?.on('error', () => undefined); // no browser here: the address is printed
  return EXIT.ok;
}
