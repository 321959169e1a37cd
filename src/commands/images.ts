import { availableImages } from '../drivers/index.ts';
import { ensureImages, imageStates } from '../engine/images.ts';
import { print, printJson, table } from '../output/print.ts';
import { withSession } from './session.ts';

/** `lab images build`: builds the images that the engine lacks. */
export async function build(options: { verbose?: boolean }): Promise<number> {
  await withSession({}, async ({ engine, emit }) => {
    const tell = (text: string) => emit({ type: 'note', text });
    const began = performance.now();
    await ensureImages(engine, availableImages(), tell, options.verbose ? tell : undefined);
    tell(`images are ready (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  });
  return 0;
}

/** `lab images ls`: lists the images, and whether the engine has them in this version. */
export async function ls(options: { json?: boolean }): Promise<number> {
  const states = await withSession({ quiet: true }, async ({ engine }) => imageStates(engine, availableImages()));
  if (options.json) printJson(states);
  else
    print(
      table([
        ['IMAGE', 'TAG', 'STATE', 'SIZE'],
        ...states.map((s) => [
          s.name,
          s.tag,
          s.present ? 'there' : 'missing',
          s.present ? `${Math.round(s.bytes / 1e6)} MB` : '',
        ]),
      ]),
    );
  return 0;
}
