import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { endpoint } from '../net/cidr.ts';
import { readSaid } from '../said.ts';
import type { EvidencePage, FilePage, TablePage } from './data.ts';
import { TABLE } from './shapes.ts';

/** Endings of files whose text the page may show. */
const TEXT = /\.(txt|json|diff|xml|log)$/;

/** Files that the page shows in another form, or that say nothing to a reader. */
const ELSEWHERE = new Set(['results.json', 'lab.json', 'junit.xml', 'report.html']);

/**
 * Returns the files of a report's folder, with the text of those of at most `most` bytes. `prefix` is the folder's link
 * relative to the page.
 */
export function filesOf(folder: string, prefix: string, most: number): readonly FilePage[] {
  if (!existsSync(folder)) return []; // the results only, as of a report of which the evidence was not kept
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'report.html')
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const bytes = statSync(path).size;
      const shown = bytes > 0 && bytes <= most && TEXT.test(name) && !ELSEWHERE.has(name);
      return { name, href: hrefOf(prefix, name), bytes, ...(shown ? { text: readFileSync(path, 'utf8') } : {}) };
    });
}

/** Returns the link of a file relative to the page: it can be no other address, whatever its name is. */
export function hrefOf(prefix: string, name: string): string {
  return `./${[...prefix.split('/').filter((part) => part !== ''), name].map(encodeURIComponent).join('/')}`;
}

/** Splits what a check calls its evidence: the name of a file, and what to look for in it. */
export function evidenceOf(text: string, files: ReadonlyMap<string, FilePage>): EvidencePage {
  const [, name = text, about = ''] = /^(\S+)(?: \((.*)\))?$/s.exec(text) ?? [];
  const file = files.get(name);
  return { name, about, ...(file ? { href: file.href } : {}) };
}

/** Returns the tables of directors that a report's folder has. */
export function tablesOf(folder: string, files: readonly FilePage[]): readonly TablePage[] {
  return files.flatMap(({ name }): TablePage[] => {
    const [, node] = /^table-(.+)\.json$/.exec(name) ?? [];
    const table = node === undefined ? undefined : readSaid(TABLE, readFileSync(join(folder, name), 'utf8'));
    if (node === undefined || !table) return [];
    return [
      {
        node,
        file: name,
        services: table.services.map((s) => ({
          name: `${s.protocol} ${s.port === 0 ? s.address : endpoint(s.address, s.port)}`,
          scheduler: s.scheduler,
          servers: s.reals.map((r) => [endpoint(r.address, r.port), r.forward, String(r.weight)] as const),
        })),
      },
    ];
  });
}
