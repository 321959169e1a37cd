import { print, printJson, table } from '../output/print.ts';
import { observeAll, stateOf } from '../plan/observe.ts';
import { withSession } from './session.ts';

/** `lab ls`: lists the labs in the engine. */
export async function ls(options: { json?: boolean }): Promise<number> {
  const labs = await withSession({ quiet: true }, async ({ engine }) => observeAll(engine));
  const rows = labs.map((r) => ({
    name: r.name,
    lab: r.lab?.lab ?? '',
    state: stateOf(r),
    nodes: r.lab?.nodes.map((n) => n.name) ?? [...r.nodes.keys()],
    since: new Date((r.fabric?.created ?? r.containers[0]?.created ?? 0) * 1000).toISOString(),
  }));
  if (options.json) printJson(rows);
  else if (rows.length === 0) print('no lab is running');
  else
    print(
      table([
        ['NAME', 'LAB', 'STATE', 'NODES', 'SINCE'],
        ...rows.map((r) => [r.name, r.lab, r.state, String(r.nodes.length), r.since]),
      ]),
    );
  return 0;
}
