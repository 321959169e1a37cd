import { isMasterAlone, masterSettles, mastersOf } from '../checks/adverts.ts';
import { routesSettle } from '../checks/routes.ts';
import { KEEPALIVED } from '../drivers/keepalived-conf.ts';
import { stopOf } from '../faults/program.ts';
import { heal, inject } from '../faults/standing.ts';
import { bestOf, domainsIn, instancesUnder } from '../model/lookup.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Run } from './fault-run.ts';
import { serverIsIn, serversListen, serviceAnswers, speaksVrrp, tablesHold } from './ready.ts';

/**
 * Prepares the state that a fault must find, so that it has the same effect in every run: servers in service, the best
 * director as master, of several equal ones the one that the fault names, routes to all directors, and a service that answers.
 */
export async function prepare(run: Run): Promise<void> {
  const { context, lab, step, service } = run;
  const { bed } = context;
  await serversListen(bed, service);
  await serverIsIn(bed, service, step.fault.node);
  const hit = lab.vrrp.filter((vrrp) => vrrp.members.some((m) => m.node === step.fault.node));
  const instances = [...new Set([...instancesUnder(lab, service.name), ...hit])];
  await Promise.all(instances.map((vrrp) => masterSettles(bed, vrrp)));
  const held = hit.flatMap((vrrp) => {
    const to = masterBefore(vrrp, step.fault.node);
    return to !== undefined && !isMasterAlone(bed, vrrp, to) ? [{ vrrp, to }] : [];
  });
  if (held.length > 0) await handOver(run, held);
  const domains = domainsIn(lab).filter((o) => o.services.includes(service.name));
  await Promise.all(domains.map((domain) => routesSettle(bed, domain)));
  // A held connection is opened only once.
  await serviceAnswers(bed, service);
}

/**
 * Returns the director that must be master of an instance before a fault of a node, if it would not become it by itself:
 * the node, where it is as good as the best others, or the best director, where preemption is off.
 */
function masterBefore(vrrp: VrrpInstance, node: string): string | undefined {
  const best = bestOf(vrrp).map((m) => m.node);
  if (best.length > 1) return best.find((name) => name === node);
  return vrrp.preempt ? undefined : best[0];
}

/** How often a hand-over is tried. */
const HAND_OVERS = 3;

/** An instance, and the director that is to become its master. */
interface Handed {
  readonly vrrp: VrrpInstance;
  readonly to: string;
}

/**
 * Makes directors masters of instances that nothing else gives them: the current masters, and all directors that are as
 * good, stop sending VRRP until they have taken over.
 */
async function handOver(run: Run, held: readonly Handed[]): Promise<void> {
  const { bed } = run.context;
  const open = () => held.find(({ vrrp, to }) => !isMasterAlone(bed, vrrp, to));
  // On a busy machine an equal that starts again may miss adverts for so long that it takes over at once.
  for (let tries = 0; tries < HAND_OVERS && open(); tries++) await handOverOnce(run, held);
  const left = open();
  // Otherwise the fault would not take the instance from it.
  if (left)
    throw new CannotObserve(
      `${left.to} cannot be made master of ${left.vrrp.name}: ${mastersOf(bed, left.vrrp).join(' and ') || 'no director'} is master`,
    );
}

async function handOverOnce({ context, service }: Run, held: readonly Handed[]): Promise<void> {
  const { bed } = context;
  const words = held.map(({ vrrp, to }) => `${to} to be master of ${vrrp.name}`).join(' and ');
  context.wait(`${words}, as the fault must find it`);
  const rivals = held.flatMap(({ vrrp, to }) => {
    const all = [...mastersOf(bed, vrrp), ...bestOf(vrrp).map((m) => m.node)];
    return all.filter((name) => name !== to);
  });
  const stops = [...new Set(rivals)].map((node) => stopOf(node, KEEPALIVED));
  await Promise.all(stops.map((stop) => inject(bed, stop)));
  await Promise.all(held.map(({ vrrp, to }) => masterSettles(bed, vrrp, to)));
  await Promise.all(stops.map((stop) => heal(bed, stop, context.bootDeadline)));
  await Promise.all([...stops.map(({ node }) => speaksVrrp(bed, node)), tablesHold(bed, service)]);
}
