import type { LiveState } from '../../src/live/data.ts';
import type { Sign } from '../components/Topology.tsx';

/** Returns what each node is at the moment: master or backup, in or out of the tables, or not running. */
export function signsOf({ nodes, masters, tables }: LiveState): Readonly<Record<string, Sign>> {
  const signs = nodes.flatMap(({ name, kind, state }): readonly (readonly [string, Sign])[] => {
    const own = masters.filter((m) => m.nodes.includes(name)).length;
    if (own === 0 && state !== 'running')
      return [[name, { tone: 'bad', text: state === 'not answering' ? 'silent' : state }]];
    if (kind === 'director' && masters.length > 0) {
      if (own === 0) return [[name, { tone: 'idle', text: 'backup' }]];
      return [[name, { tone: 'master', text: own === masters.length ? 'master' : `master ${own}/${masters.length}` }]];
    }
    if (kind !== 'realserver' || tables.length === 0) return [];
    const weights = tables.flatMap((t) => t.services.flatMap((s) => s.reals.filter((r) => r.node === name)));
    if (weights.length === 0) return [[name, { tone: 'bad', text: 'out' }]];
    return [
      [name, weights.some((r) => r.weight > 0) ? { tone: 'good', text: 'in' } : { tone: 'idle', text: 'weight 0' }],
    ];
  });
  return Object.fromEntries(signs);
}
