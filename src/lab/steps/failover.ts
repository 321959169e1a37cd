import { z } from 'zod';
import { bestOf } from '../../model/lookup.ts';
import type { Step } from '../../model/step.ts';
import type { Resolver } from '../resolver.ts';
import { mapping, nodeName } from '../schema-words.ts';
import type { Path } from '../source.ts';
import { resolve as resolveFault } from './fault.ts';
import { type Known, serviceName, serviceNamed } from './step-word.ts';

export const shape = z
  .strictObject(
    {
      service: serviceName('The service that is probed'),
      kill: nodeName('The director that is killed and started again'),
      to: nodeName('The director that must take over'),
    },
    mapping('{ service: ..., kill: DIRECTOR, to: DIRECTOR }'),
  )
  .meta({
    description: 'Kills the master, checks the outage against the VRRP budget, then checks its return and preemption',
  });

/** A failover is a fault that kills the master. */
export function resolve(r: Resolver, known: Known, raw: z.infer<typeof shape>, path: Path): Step | undefined {
  const { service, kill, to } = raw;
  const moved = serviceNamed(r, known, service, [...path, 'service']);
  let named = moved !== undefined;
  const vrrp = known.vrrp.find((v) => v.services.includes(service));
  for (const [key, name] of [
    ['kill', kill],
    ['to', to],
  ] as const) {
    const director = r.lookup(known.nodes, name, 'director', [...path, key]);
    if (!director) named = false;
    else if (!r.incomplete('vrrp') && !vrrp?.members.some((m) => m.node === name)) {
      r.wrong([...path, key], `"${name}" is in no vrrp instance that moves service "${service}"`);
      named = false;
    }
  }
  if (!named) return undefined;
  const best = vrrp ? bestOf(vrrp) : [];
  const [heir, ...rest] = (vrrp?.members ?? []).filter((m) => m.node !== kill);
  const equal = heir && rest.find((m) => m.priority === heir.priority);
  if (kill === to) r.wrong([...path, 'to'], `"${to}" is the director that is killed`);
  else if (best[0] && !best.some((m) => m.node === kill))
    r.wrong([...path, 'kill'], `"${kill}" is not the master: "${best[0].node}" has the highest priority`);
  else if (heir && equal)
    r.wrong(
      [...path, 'to'],
      `"${heir.node}" and "${equal.node}" have the same priority, and either takes over; write fault: kill:${kill}`,
    );
  else if (heir && heir.node !== to)
    r.wrong([...path, 'to'], `"${to}" does not take over: "${heir.node}" has the next priority`);
  return resolveFault(r, known, { inject: `kill:${kill}`, service }, path);
}
