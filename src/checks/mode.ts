import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, byMode, lipsOf, nodeOf } from '../model/lookup.ts';
import { hasMtus } from '../model/mtu.ts';
import type { Service } from '../model/service.ts';
import { modes, wireOf } from '../modes/index.ts';
import type { Wire } from '../modes/mode.ts';
import { without } from './aside.ts';
import type { Bed } from './bed.ts';
import type { CheckSpec } from './check.ts';
import { clientOptionCheck, clientOptionOf } from './client-option.ts';
import { localChecks } from './local.ts';
import { pathMtuCheck } from './mtu.ts';
import { lipHeldCheck } from './neighbour.ts';
import { answersCheck, sourceCheck } from './path.ts';
import { portsCheck } from './ports.ts';
import { trafficTo } from './served.ts';
import type { Traffic } from './traffic.ts';
import { mtuCheck, ttlCheck } from './tunnel.ts';
import { bypassChecks, replyCheck, returnCheck } from './way-back.ts';

/**
 * Returns the checks of what each mode of a service promises of one stretch of traffic: of all of it, or of the
 * connections to the real servers that have this mode.
 */
export function modeChecks(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
  const parts = byMode(service);
  return [
    answersCheck(service, traffic),
    ...parts.flatMap((part) => {
      if (parts.length === 1) return wireChecks(lab, part, traffic);
      const names = part.reals.map((r) => r.node);
      return wireChecks(lab, part, async () => trafficTo(lab, service, await traffic(), names)).map((check) => ({
        ...check,
        promise: `${names.join(', ')}: ${check.promise}`,
      }));
    }),
    ...localChecks(lab, service, traffic),
  ];
}

/** Returns the checks that a mode's description of the wire makes of traffic to its real servers. */
function wireChecks(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
  const wire = wireOf(service);
  const ends: Readonly<Record<Wire['source'], (t: Traffic) => readonly string[]>> = {
    client: (t) => t.sources,
    lip: (t) => t.directors.flatMap((d) => lipsOf(d, service).map((l) => l.address)),
    director: (t) => t.directors.flatMap(addressesOf),
  };
  const option = clientOptionOf(lab, service);
  return [
    sourceCheck(lab, service, traffic, {
      promise: `real servers see ${arrivalWords(service, wire)}`,
      sources: ends[wire.source],
      called: CALLED[wire.source],
      target: wire.target,
      outer: wire.outer,
    }),
    ...(option === undefined ? [] : [clientOptionCheck(lab, service, traffic, option)]),
    ...(wire.outer === 'none' ? [] : [ttlCheck(lab, service, traffic)]),
    ...(wire.reply === 'others'
      ? bypassChecks(lab, service, traffic)
      : [
          returnCheck(lab, service, traffic, {
            promise: `replies of the real servers go ${BACK[wire.back]}, through the active director`,
            to: ends[wire.back],
          }),
        ]),
    replyCheck(lab, service, traffic, wire.reply),
  ];
}

/** The name of the addresses that real servers see. */
const CALLED: Readonly<Record<Wire['source'], string>> = { client: 'client', lip: 'LIP', director: 'addresses' };

/** The address to which a real server replies, in words. */
const BACK: Readonly<Record<Wire['back'], string>> = {
  client: 'to the client',
  lip: 'back to that LIP',
  director: 'back to that address',
};

/** Describes what arrives at real servers. */
function arrivalWords({ vip, lips }: Service, { source, target, outer }: Wire): string {
  if (source === 'director')
    return `connections to ${vip} come from an address of the active director, which masquerades`;
  const lip = lips === undefined ? 'a LIP' : `a LIP of the service, ${lips.join(' or ')},`;
  const whose =
    source === 'lip' ? `connections to ${vip} come from ${lip} of the active director` : 'the client itself';
  if (target === 'vip')
    return `${whose}, addressed to ${vip}${outer === 'none' ? ': only MAC addresses differ' : ', inside IPIP from the director'}`;
  return source === 'lip' ? whose : `${whose}, at their own address, in plain packets from the director`;
}

/** Returns the checks of which node must answer for which address, in addition to the VIP. */
export function modeHeldChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  return byMode(service).flatMap((part) => (modes[part.mode].needsLips ? [lipHeldCheck(lab, part)] : []));
}

/** Returns the checks of a mode that need their own traffic; each runs alone. */
export function modeTrials(lab: Lab, service: Service): readonly CheckSpec[] {
  return byMode(service).flatMap((part) => {
    const { wire, needsLips } = modes[part.mode];
    const large = appOf(part).big !== undefined;
    // What a director gives to itself is in no tunnel, whatever its size.
    const local = part.reals.some((r) => nodeOf(lab, r.node).kind === 'director');
    const trials = [
      ...(needsLips ? [portsCheck(part)] : []),
      ...(large && !local && wire.outer !== 'none' ? [mtuCheck(lab, part)] : []),
      ...(large && hasMtus(lab) ? [pathMtuCheck(lab, part)] : []),
    ];
    const others = service.reals.filter((r) => !part.reals.includes(r) && r.weight > 0);
    if (others.length === 0) return trials;
    return trials.map((trial) => ({
      ...trial,
      look: (bed: Bed) => without(bed, service, others, 'removed', () => trial.look(bed)),
    }));
  });
}
