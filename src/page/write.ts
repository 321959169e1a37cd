import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOME } from '../home.ts';
import type { PageData } from './data.ts';
import { pageOf } from './folder.ts';
import { pageHtml } from './html.ts';
import type { Limits } from './lab-page.ts';

/** The name of the page in a report's folder. */
export const PAGE_FILE = 'report.html';

/** Maximum size of a page, in bytes. */
const MOST_BYTES = 5_000_000;

/** What is left out of a page step by step until it is small enough, and how a reader is told. */
const LIMITS: readonly (Limits & { readonly left?: string })[] = [
  { fileBytes: 64 * 1024, samples: 2000 },
  { fileBytes: 8 * 1024, samples: 800, left: 'Only files below 8 KiB are shown here; the others are linked.' },
  { fileBytes: 0, samples: 400, left: 'Files are linked, not shown here; of the probes every few samples are drawn.' },
  { fileBytes: 0, samples: 100, left: 'Files are linked, not shown here; of the probes few samples are drawn.' },
];

/** Reads the page's shell, as the build has made it. */
export function readShell(): string {
  return readFileSync(join(HOME, 'dist', PAGE_FILE), 'utf8');
}

/**
 * Writes report.html into a report's folder, made from what the folder holds, and returns its path. The folder is that
 * of one lab, or has one for each of several labs. Throws a Failure if it has no report.
 */
export function writeHtml(folder: string, shell = readShell()): string {
  const made = new Date().toISOString();
  let html = '';
  for (const { left, ...limits } of LIMITS) {
    const data: PageData = pageOf(folder, made, limits);
    html = pageHtml(left === undefined ? data : { ...data, shortened: left }, shell);
    if (html.length <= MOST_BYTES) break;
  }
  const path = join(folder, PAGE_FILE);
  writeFileSync(path, html);
  return path;
}
