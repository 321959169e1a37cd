import type { PageData } from '../../src/page/data.ts';

/** Reads the data of the page: base64 of gzip of JSON, as src/page/html.ts writes it. */
export async function load(packed: string): Promise<PageData> {
  const bytes = Uint8Array.from(atob(packed.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text()) as PageData;
}
