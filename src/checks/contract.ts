import type { Lab } from '../model/lab.ts';
import { instancesUnder, ospfOf } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { idCheck, masterCheck } from './adverts.ts';
import type { CheckSpec } from './check.ts';
import { healthTrafficChecks, removalBudget, reunionBudget } from './health.ts';
import { modeChecks, modeHeldChecks, modeTrials } from './mode.ts';
import { canAskForVip, vipCheck } from './neighbour.ts';
import { nodesCheck } from './nodes.ts';
import { quietChecks } from './quiet.ts';
import { reachCheck } from './reach.ts';
import { adjacency, adjacencyWords, nextHopsCheck, spreadCheck } from './routes.ts';
import { schedulerChecks, schedulerTrials } from './scheduler.ts';
import { tableChecks } from './table.ts';
import type { Traffic } from './traffic.ts';

/** What is promised before anything is asked: tables that hold the lab. */
export function standingChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  const domain = ospfOf(lab, service.name);
  const converge = domain && { ms: adjacency(domain), words: adjacencyWords(domain) };
  return [
    nodesCheck(lab, service.name),
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
  return [...modeHeldChecks(lab, service), ...(canAskForVip(lab, service) ? [vipCheck(lab, service)] : [])];
}

/** Sends stretches of requests to a service. */
export interface Send {
  /** One that reaches every real server. */
  readonly toEvery: () => Promise<Traffic>;
  /** A plain one once more. */
  readonly again: () => Promise<Traffic>;
  /** So many requests more. */
  readonly more: (count: number) => Promise<Traffic>;
}

/** What is promised of traffic, by the mode and by the scheduler; and what goes on beside it. */
export function trafficChecks(lab: Lab, service: Service, send: Send): readonly CheckSpec[] {
  let driven: Promise<Traffic> | undefined;
  const traffic = () => {
    driven ??= send.toEvery();
    return driven;
  };
  const domain = ospfOf(lab, service.name);
  return [
    ...modeChecks(lab, service, traffic),
    reachCheck(lab, service, traffic),
    ...quietChecks(lab, service.name, traffic, send.again),
    ...instancesUnder(lab, service.name).flatMap((vrrp) => [masterCheck(vrrp), idCheck(lab, vrrp)]),
    ...(domain ? [spreadCheck(lab, domain, service.name, traffic, send.more)] : []),
    ...schedulerChecks(service, traffic),
    ...healthTrafficChecks(lab, service),
  ];
}

/** What is promised of traffic of its own: each runs alone, because what else is asked meanwhile would count. */
export function trials(lab: Lab, service: Service): readonly CheckSpec[] {
  return [...modeTrials(lab, service), ...schedulerTrials(service)];
}
