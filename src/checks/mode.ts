import { appOf } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { directors } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { modes } from '../modes/index.ts';
import type { Wire } from '../modes/mode.ts';
import type { CheckSpec } from './check.ts';
import { clientOptionCheck, clientOptionOf } from './client-option.ts';
import { lipHeldCheck } from './neighbour.ts';
import { answersCheck, bypassCheck, replyCheck, returnCheck, sourceCheck } from './path.ts';
import { portsCheck } from './ports.ts';
import type { Traffic } from './traffic.ts';
import { mtuCheck, ttlCheck } from './tunnel.ts';

/**
 * Returns the checks of what a mode promises of one stretch of traffic, built from the mode's description of the wire.
 */
export function modeChecks(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
  const { wire } = modes[service.mode];
  const lips = (t: Traffic) => t.directors.flatMap((d) => d.lips.map((l) => l.address));
  const option = clientOptionOf(lab, service);
  const end = (whose: Wire['source']) => (whose === 'lip' ? lips : (t: Traffic) => t.sources);
  return [
    answersCheck(service, traffic),
    sourceCheck(lab, service, traffic, {
      promise: `real servers see ${arrivalWords(service, wire)}`,
      sources: end(wire.source),
      called: wire.source === 'lip' ? 'LIP' : 'client',
      target: wire.target,
      outer: wire.outer,
    }),
    ...(option === undefined ? [] : [clientOptionCheck(lab, service, traffic, option)]),
    ...(wire.outer === 'none' ? [] : [ttlCheck(lab, service, traffic)]),
    wire.reply === 'others'
      ? bypassCheck(
          lab,
          service,
          traffic,
          directors(lab).map((d) => d.name),
        )
      : returnCheck(lab, service, traffic, {
          promise:
            wire.back === 'lip'
              ? 'replies of the real servers go back to that LIP, through the active director'
              : 'replies of the real servers go to the client, through the active director',
          to: end(wire.back),
        }),
    replyCheck(lab, service, traffic, wire.reply),
  ];
}

/** Describes what arrives at real servers. */
function arrivalWords({ vip }: Service, { source, target, outer }: Wire): string {
  const whose = source === 'lip' ? `connections to ${vip} come from a LIP of the active director` : 'the client itself';
  if (target === 'vip')
    return `${whose}, addressed to ${vip}${outer === 'none' ? ': only MAC addresses differ' : ', inside IPIP from the director'}`;
  return source === 'lip' ? whose : `${whose}, at their own address, in plain packets from the director`;
}

/** Returns the checks of which node must answer for which address, in addition to the VIP. */
export function modeHeldChecks(lab: Lab, service: Service): readonly CheckSpec[] {
  return modes[service.mode].needsLips ? [lipHeldCheck(lab, service)] : [];
}

/** Returns the checks of a mode that need their own traffic; each runs alone. */
export function modeTrials(lab: Lab, service: Service): readonly CheckSpec[] {
  const { wire, needsLips } = modes[service.mode];
  const large = wire.outer !== 'none' && appOf(service).big !== undefined;
  return [...(needsLips ? [portsCheck(service)] : []), ...(large ? [mtuCheck(lab, service)] : [])];
}
