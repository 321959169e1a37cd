import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../failure.ts';
import { HOME } from '../home.ts';
import { labNames } from '../lab/names.ts';
import { Hub } from '../live/hub.ts';
import { servePage } from '../live/server.ts';
import { isTerminal, print } from '../output/print.ts';
import { loadLab, withSession } from './session.ts';

export interface UiOptions {
  readonly port?: number;
  readonly open: boolean;
  readonly probe: boolean;
}

/** `lab ui`: serves the live page until it is interrupted. */
export async function ui({ port, open, probe }: UiOptions): Promise<number> {
  return withSession({ quiet: true }, async ({ engine, signal }) => {
    const hub = new Hub({ engine, signal, probe, load: loadLab, known: labNames() });
    try {
      const served = await servePage(hub, readFileSync(join(HOME, 'dist', 'live.html'), 'utf8'), port ?? 0);
      print(served.address);
      if (open && isTerminal('stdout')) await show(served.address);
      await new Promise<void>((ended) => signal.addEventListener('abort', () => ended(), { once: true }));
      await served.close();
    } finally {
      await hub.close();
    }
    return EXIT.ok;
  });
}

async function show(address: string): Promise<void> {
  const { default: openInBrowser } = await import('open');
  const browser = await openInBrowser(address).catch(() => undefined);
  browser?.on('error', () => undefined); // no browser here: the address is printed
}
