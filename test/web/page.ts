import { JSDOM, VirtualConsole } from 'jsdom';
import { pageShell } from '../../scripts/page.mjs';
import type { PageData } from '../../src/page/data.ts';
import { pageHtml } from '../../src/page/html.ts';

const shell = await pageShell();
/** Milliseconds in which a page shows its first things. */
const SHOWS_MS = 10_000;

/** A page in a browser without a screen. */
export interface Page {
  readonly window: JSDOM['window'];
  readonly document: Document;
  /** Goes to a fragment, and returns when the page has followed. */
  readonly go: (fragment: string) => Promise<void>;
  /** Returns when the page has drawn what has changed. */
  readonly settled: () => Promise<void>;
  /** What has gone wrong in the page's script. */
  readonly errors: readonly string[];
  readonly html: string;
}

/** Opens the page of a report, as the build makes it, with its own script running. */
export async function open(data: PageData, fragment = ''): Promise<Page> {
  const html = pageHtml(data, shell);
  const virtualConsole = new VirtualConsole();
  const errors: string[] = [];
  virtualConsole.on('jsdomError', ({ message }) => errors.push(message));
  const { window } = new JSDOM(html, {
    virtualConsole,
    url: `file:///report.html${fragment}`,
    runScripts: 'dangerously',
    pretendToBeVisual: true,
    // What every browser has and jsdom lacks.
    beforeParse: (w) => {
      Object.assign(w, { DecompressionStream, Response, Blob, Uint8Array });
      w.scrollTo = () => undefined;
      w.Element.prototype.scrollIntoView = () => undefined;
    },
  });
  const { document } = window;
  // What has changed is drawn with the next frame.
  const frame = () => new Promise<void>((done) => window.requestAnimationFrame(() => done()));
  const settled = async () => {
    await frame();
    await frame();
  };
  for (const began = Date.now(); document.querySelector('main') === null; await frame())
    if (Date.now() - began > SHOWS_MS) throw new Error(`the page shows nothing: ${errors.join('; ') || 'no error'}`);
  return {
    window,
    document,
    html,
    errors,
    settled,
    go: async (to) => {
      const changed = new Promise((done) => window.addEventListener('hashchange', done, { once: true }));
      if (window.location.hash === to) return;
      window.location.hash = to;
      await changed;
      await settled();
    },
  };
}
