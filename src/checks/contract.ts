import type { Lab } from '../model/lab.ts';
import { domainOf, instancesUnder } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { idCheck, masterCheck } from './adverts.ts';
import type { CheckSpec } from './check.ts';
import { configurationChecks } from './configuration.ts';
import { entryTrials } from './entry.ts';
import { healthTrafficChecks, settleBudget } from './health.ts';
import { modeChecks, modeHeldChecks, modeTrials } from './mode.ts';
import { canAskForVip, vipCheck } from './neighbour.ts';
import { nodesCheck } from './nodes.ts';
import { opsTrials } from './ops.ts';
import { quietChecks } from './quiet.ts';
import { reachCheck } from './reach.ts';
import { joining, nextHopsCheck, protocolOf, spreadCheck } from './routes.ts';
import { schedulerChecks, schedulerTrials } from './scheduler.ts';
import { tableChecks } from './table.ts';
import type { Traffic } from './traffic.ts';

/** Returns the checks that need no traffic: configurations were taken as they are, tables match the lab. */
export function standingChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  const domain = domainOf(lab, service.name);
  return [
    ...configurationChecks(lab, service.name),
    nodesCheck(lab, service.name),
    ...(domain ? [nextHopsCheck(`${protocolOf(domain)}.nexthops`, lab, domain, domain.members, joining(domain))] : []),
    ...tableChecks(lab, service, service.health ? settleBudget(service.health) : 2000),
  ];
}

/**
 * Returns the checks of which node answers for which address. They clear neighbour caches, so no traffic may run beside
 * them.
 */
export function neighbourChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  return [...modeHeldChecks(lab, service), ...(canAskForVip(lab, service) ? [vipCheck(lab, service)] : [])];
}

/** Functions that send stretches of requests to a service. */
export interface Send {
  /** Sends a stretch that reaches every real server. */
  readonly toEvery: () => Promise<Traffic>;
  /** Sends another plain stretch. */
  readonly again: () => Promise<Traffic>;
  /** Sends `count` more requests. */
  readonly more: (count: number) => Promise<Traffic>;
}

/** Returns the checks of traffic, by mode and scheduler, and of what else is on the wires during it. */
export function trafficChecks(lab: Lab, service: Service, send: Send): readonly CheckSpec[] {
  let driven: Promise<Traffic> | undefined;
  const traffic = () => {
    driven ??= send.toEvery();
    return driven;
  };
  const domain = domainOf(lab, service.name);
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

/** Returns the checks that need their own traffic: each runs alone, because other requests would be counted too. */
export function trials(lab: Lab, service: Service): readonly CheckSpec[] {
  return [
    ...entryTrials(lab, service),
    ...modeTrials(lab, service),
    ...schedulerTrials(service),
    ...opsTrials(service),
  ];
}
