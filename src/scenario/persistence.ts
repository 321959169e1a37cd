import type { Bed } from '../checks/bed.ts';
import { type CheckSpec, type Promised, promisedBy } from '../checks/check.ts';
import { tally } from '../checks/path.ts';
import { ask } from '../checks/traffic.ts';
import { belongs, findEntry } from '../drivers/entry.ts';
import { driversOf } from '../drivers/index.ts';
import type { TableConnection } from '../drivers/service-table.ts';
import { eventually } from '../eventually.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, clientOf, familyOf, found, linkTo, serviceOf } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import { contains, parseAddress, parseSubnet } from '../net/cidr.ts';
import { formatMs } from '../net/duration.ts';
import { CannotObserve, Outpaced } from '../plan/hand.ts';
import type { StepContext } from './context.ts';
import { serviceAnswers } from './ready.ts';
import type { StepOf, StepStory } from './step.ts';

/** Number of connections that must all go to the same server. */
const ASKS = 10;

/**
 * Returns the promises about a client: it stays with its server, together with clients that share its address under the
 * mask, and it moves after the timeout.
 */
function promises(lab: Lab, service: Service) {
  const { time, mask } = found(service.persistence, `persistence of ${service.name}`);
  const promise = (id: string, promised: string): Promised => ({ id, subject: service.name, promised });
  const client = clientOf(lab);
  const own = linkTo(client, service.vip)?.addresses[0]?.address ?? addressesOf(client)[0] ?? '';
  const group = parseSubnet(`${own}/${mask}`);
  const other = addressesOf(client).find((a) => {
    const address = parseAddress(a);
    return a !== own && group && address && familyOf(a) === familyOf(service.vip) && contains(group, address);
  });
  return {
    time,
    sticks: promise('persistence.sticks', `${ASKS} connections of one client go to the same real server`),
    shared:
      other === undefined
        ? undefined
        : {
            other,
            promise: promise(
              'persistence.mask',
              `${other} shares ${mask} leading bits with ${own}, and so its real server`,
            ),
          },
    moves: promise('persistence.moves', 'the next connection is scheduled again, and goes to another real server'),
  };
}

/** Returns the promises that a persistence step will report. */
function persistencePromises(lab: Lab, name: string): readonly Promised[] {
  const service = serviceOf(lab, name);
  const { sticks, shared, moves } = promises(lab, service);
  return [sticks, ...(shared ? [shared.promise] : []), promisedBy(expiryCheck(lab, service, 0)), moves];
}

/**
 * Checks that a client stays with its real server for the persistence timeout, as do others under the same mask, and
 * that it then moves.
 */
async function persistenceStep(context: StepContext, name: string): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, name);
  const { time, sticks, shared, moves } = promises(bed.lab, service);
  context.wait(`${name} to answer`);
  await serviceAnswers(bed, service);
  await templatesGone(context, service);
  let asked = performance.now();
  const first = await servedBy(context, service, {});
  const server = first[0] ?? NOBODY;
  context.tell(sticks, isOnly(first, server) ? 'passed' : 'failed', tally(first));
  if (shared) {
    asked = performance.now();
    const seen = await servedBy(context, service, { sources: [shared.other] });
    const took = performance.now() - asked;
    if (!isOnly(seen, server) && took > time)
      throw new Outpaced(`asking took ${formatMs(took)}, longer than the persistence time`);
    context.tell(shared.promise, isOnly(seen, server) ? 'passed' : 'failed', `${tally(seen)}; before ${server}`);
  }
  context.wait(`${formatMs(time)} of persistence to pass`);
  await context.check([expiryCheck(bed.lab, service, asked)]);
  const [next] = await servedBy(context, service, { count: 1 });
  const moved = next !== undefined && next !== NOBODY && next !== server;
  context.tell(moves, moved ? 'passed' : 'failed', `it went to ${next ?? NOBODY}; before, to ${server}`);
}

/**
 * Waits until the director has no template of the service: a template that outlived its timeout, because an aborted
 * connection held it, keeps the timeout that the kernel then set, also for new connections (ip_vs_conn.c,
 * ip_vs_conn_expire). Throws CannotObserve if one stays longer than that.
 */
async function templatesGone(context: StepContext, service: Service): Promise<void> {
  const { bed } = context;
  const { time } = found(service.persistence, `persistence of ${service.name}`);
  const late = Math.max(...driversOf(bed.lab).map((d) => d.forgetsLate));
  context.wait(`earlier clients of ${service.name} to be forgotten`);
  const gone = async () => ((await templatesOf(bed, service)).length === 0 ? true : undefined);
  const held = Math.max(...driversOf(bed.lab).map((d) => d.keepsHeldTemplates));
  if (!(await eventually(gone, { within: time + held + late, every: 100, signal: bed.signal })))
    throw new CannotObserve(`${bed.inCharge(service).name} still has a template of an earlier client`);
}

/** Returns the templates of a service on its active director. */
async function templatesOf(bed: Bed, service: Service): Promise<readonly TableConnection[]> {
  const director = bed.inCharge(service).name;
  const listed = findEntry(await bed.table(director), service)?.service ?? service;
  return (await bed.control(director).templates()).filter((t) => belongs(t, listed));
}

const NOBODY = 'nobody';

/** Returns which servers answer connections, one after the other. */
async function servedBy(
  { bed }: StepContext,
  service: Service,
  asking: { readonly sources?: readonly string[]; readonly count?: number },
): Promise<readonly string[]> {
  const requests = await ask(bed, service, { count: ASKS, ...asking });
  return requests.map((r) => r.server || NOBODY);
}

/** Returns whether each of ASKS connections was answered by this server. */
function isOnly(seen: readonly string[], server: string): boolean {
  return seen.length === ASKS && server !== NOBODY && seen.every((s) => s === server);
}

/**
 * Checks that the template expires at its timeout, not before. It was renewed by a connection between `asked` (of
 * performance.now()) and the first look, so the former bounds when an expiry is too early, the latter when it is too
 * late.
 */
function expiryCheck(lab: Lab, service: Service, asked: number): CheckSpec {
  const late = Math.max(...driversOf(lab).map((d) => d.forgetsLate));
  const { time } = found(service.persistence, `persistence of ${service.name}`);
  let stood = false;
  return {
    id: 'persistence.expires',
    subject: service.name,
    promise: `the client's template expires ${formatMs(time)} after its last connection, up to ${formatMs(late)} late`,
    within: time + late,
    every: 50,
    look: async (bed) => {
      const director = bed.inCharge(service).name;
      const stands = (await templatesOf(bed, service)).length > 0;
      const after = performance.now() - asked;
      stood ||= stands;
      if (!stood) throw new CannotObserve(`${director} has no template of the client`);
      const early = !stands && after < time - late / 2;
      return {
        ok: !stands && !early,
        final: early,
        seen: `${stands ? 'still there' : 'gone'} after ${formatMs(after)}`,
        ...(stands ? {} : { figures: { expired: after } }),
      };
    },
  };
}

/** A step that checks the persistence of a service. */
export const persistence: StepStory<StepOf<'persistence'>> = {
  timed: true,
  title: (_lab, { service }) => `${service} keeps a client at its real server for the persistence time`,
  promises: (lab, step) => persistencePromises(lab, step.service),
  run: (context, step) => persistenceStep(context, step.service),
};
