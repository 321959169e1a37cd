import { isMasterAlone, masterSettles, mastersOf } from '../checks/adverts.ts';
import { routesSettle } from '../checks/routes.ts';
import { KEEPALIVED } from '../drivers/keepalived-conf.ts';
import { stopOf } from '../faults/program.ts';
import { heal, inject } from '../faults/standing.ts';
import { instancesUnder } from '../model/lookup.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Run } from './fault-run.ts';
import { serverIsIn, serversListen, serviceAnswers, speaksVrrp, tablesHold } from './ready.ts';

/**
 * Prepares the state that a fault must find, so that it has the same effect in every run: servers in service, the best
 * director as master, routes to all directors, and a service that answers.
 */
export async function prepare(run: Run): Promise<void> {
  const { context, lab, step, service } = run;
  const { bed } = context;
  await serversListen(bed, service);
  await serverIsIn(bed, service, step.fault.node);
  const hit = lab.vrrp.filter((vrrp) => vrrp.members.some((m) => m.node === step.fault.node));
  const instances = [...new Set([...instancesUnder(lab, service.name), ...hit])];
  await Promise.all(instances.map((vrrp) => masterSettles(bed, vrrp)));
  const held = hit.filter((vrrp) => !vrrp.preempt && !isMasterAlone(bed, vrrp, bestOf(vrrp)));
  if (held.length > 0) await handToBest(run, held);
  const domains = lab.ospf.filter((o) => o.services.includes(service.name));
  await Promise.all(domains.map((domain) => routesSettle(bed, domain)));
  // A held connection is opened only once.
  await serviceAnswers(bed, service);
}

function bestOf(vrrp: VrrpInstance): string {
  return vrrp.members[0]?.node ?? '';
}

/**
 * Makes the director with the highest priority master of instances without preemption: the current master stops sending
 * VRRP until the other has taken over.
 */
async function handToBest({ context, service }: Run, held: readonly VrrpInstance[]): Promise<void> {
  const { bed } = context;
  const names = held.map((vrrp) => vrrp.name).join(' and ');
  context.wait(`the director with the highest priority to be master of ${names} (preemption is off)`);
  const holders = [...new Set(held.flatMap((vrrp) => mastersOf(bed, vrrp).filter((m) => m !== bestOf(vrrp))))];
  const stops = holders.map((node) => stopOf(node, KEEPALIVED));
  await Promise.all(stops.map((stop) => inject(bed, stop)));
  await Promise.all(held.map((vrrp) => masterSettles(bed, vrrp, bestOf(vrrp))));
  await Promise.all(stops.map((stop) => heal(bed, stop, context.bootDeadline)));
  await Promise.all([...holders.map((node) => speaksVrrp(bed, node)), tablesHold(bed, service)]);
  const open = held.find((vrrp) => !isMasterAlone(bed, vrrp, bestOf(vrrp)));
  // Otherwise the fault would not take the instance from it.
  if (open)
    throw new CannotObserve(
      `${bestOf(open)} cannot be made master of ${open.name}: ${mastersOf(bed, open).join(' and ') || 'no director'} is master`,
    );
}
