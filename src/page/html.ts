import { gzipSync } from 'node:zlib';
import type { PageData } from './data.ts';

/** The place of the data in the page's shell, which scripts/page.mjs writes. */
export const DATA_PLACE = '@@DATA@@';

/**
 * Returns the page as HTML: the shell with the data in it, compressed and in base64, which has no character that means
 * anything in HTML.
 */
export function pageHtml(data: PageData, shell: string): string {
  const packed = gzipSync(JSON.stringify(data), { level: 9 }).toString('base64');
  return shell.replace(DATA_PLACE, () => packed);
}
