import { instancesUnder, ospfOf } from '../lab/lookup.ts';
import type { Lab, Service } from '../lab/model.ts';
import { modes } from '../modes/index.ts';
import { idCheck, masterCheck } from './adverts.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { healthTrafficCheck, removalBudget, reunionBudget } from './health.ts';
import { canAskForVip, vipCheck } from './neighbour.ts';
import { quietChecks } from './quiet.ts';
import { reachCheck, toEveryServer } from './reach.ts';
import { adjacency, adjacencyWords, nextHopsCheck, spreadCheck } from './routes.ts';
import { schedulerChecks, schedulerTrials } from './scheduler.ts';
import { tableChecks } from './table.ts';
import { drive, type Traffic } from './traffic.ts';

/** What is promised before anything is asked: tables that hold the lab. */
export function standingChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  const domain = ospfOf(lab, service.name);
  const converge = domain && { ms: adjacency(domain), words: adjacencyWords(domain) };
  return [
    ...(domain && converge ? [nextHopsCheck('ospf.nexthops', lab, domain, domain.members, converge)] : []),
    ...tableChecks(
      lab,
      service,
      service.health ? Math.max(removalBudget(service.health), reunionBudget(service.health)) : 2000,
    ),
  ];
}

/** Who answers for which address. Asking forgets neighbours, so no traffic runs beside it. */
export function neighbourChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  return [
    ...(modes[service.mode].held?.(lab, service) ?? []),
    ...(canAskForVip(lab, service) ? [vipCheck(lab, service)] : []),
  ];
}

/** What is promised of traffic, by the mode and by the scheduler; and what goes on beside it. */
export function trafficChecks(bed: Bed, service: Service, name: string): readonly CheckSpec[] {
  let driven: Promise<Traffic> | undefined;
  const traffic = () => {
    driven ??= toEveryServer(bed, service, name);
    return driven;
  };
  const more = (count: number) => drive(bed, service, `${name}-more`, { count });
  const domain = ospfOf(bed.lab, service.name);
  return [
    ...modes[service.mode].contract(bed.lab, service, traffic),
    reachCheck(bed.lab, service, traffic),
    ...quietChecks(bed.lab, service.name, traffic, () => drive(bed, service, `${name}-again`)),
    ...instancesUnder(bed.lab, service.name).flatMap((vrrp) => [masterCheck(vrrp), idCheck(bed.lab, vrrp)]),
    ...(domain ? [spreadCheck(bed.lab, domain, service.name, traffic, more)] : []),
    ...schedulerChecks(service, traffic),
    ...(service.health ? [healthTrafficCheck(bed.lab, service, service.health)] : []),
  ];
}

/** What is promised of traffic of its own: each runs alone, because what else is asked meanwhile would count. */
export function trials(lab: Lab, service: Service): readonly CheckSpec[] {
  return [...(modes[service.mode].trials?.(lab, service) ?? []), ...schedulerTrials(service)];
}
