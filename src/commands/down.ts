import { Failure } from '../failure.ts';
import { didYouMean } from '../nearest.ts';
import { takeDown } from '../plan/lifecycle.ts';
import { observeAll } from '../plan/observe.ts';
import { withSession } from './session.ts';

/** `lab down`: removes labs by the name under which they run. A lab that does not run is no error. */
export async function down(names: readonly string[], options: { all?: boolean }): Promise<number> {
  if (names.length === 0 && !options.all) throw new Failure('no-lab-named', { command: 'down' });
  await withSession({}, async ({ engine, emit }) => {
    const running = (await observeAll(engine)).map((r) => r.name);
    const wanted = options.all ? running : names;
    await Promise.all(
      wanted.map(async (name) => {
        const removed = await takeDown(engine, name, emit);
        if (removed === 0) emit({ type: 'note', text: `${name} is not running${didYouMean(name, running)}` });
      }),
    );
    if (wanted.length === 0) emit({ type: 'note', text: 'no lab is running' });
  });
  return 0;
}
