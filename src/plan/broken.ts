import type { Unfinished } from './hold.ts';
import type { Running } from './observe.ts';

/** A broken part of a lab, and how to repair it. */
export interface Broken {
  readonly what: string;
  readonly mend: string;
}

/** Returns what is broken in a lab, by its containers and by what another process left unfinished; the worst first. */
export function brokenOf(running: Running, unfinished: Unfinished = []): readonly Broken[] {
  const { name, lab, fabric } = running;
  const up = `\`lab up ${lab && lab.lab !== name ? `${lab.lab} --name ${name}` : name}\``;
  const over = `${up} starts the lab over, \`lab down ${name}\` removes what is left`;
  if (!fabric) return [{ what: 'its fabric is gone, and its wires with it', mend: over }];
  if (!lab) return [{ what: 'it was created by another version of lvslab', mend: over }];
  if (fabric.state === 'ended' || fabric.state === 'going')
    return [{ what: 'its fabric has ended, and its wires with it', mend: over }];
  if (unfinished === 'all')
    return [{ what: `it was never finished: ${running.by ?? 'a process'} started it, and has ended`, mend: over }];
  return lab.nodes.flatMap((n): Broken[] => {
    const container = running.nodes.get(n.name);
    if (!container) return [{ what: `node ${n.name} is gone: its container was removed`, mend: `${up} recreates it` }];
    if (unfinished.includes(n.name))
      return [{ what: `the start of node ${n.name} was interrupted`, mend: `${up} recreates it` }];
    if (container.running) return [];
    return [
      {
        what: `node ${n.name} is not running`,
        mend: `\`lab heal ${name}\` if a fault is active, else ${up}; \`lab logs ${name} ${n.name}\` shows its last output`,
      },
    ];
  });
}
