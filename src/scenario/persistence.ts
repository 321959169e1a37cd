import { tally } from '../checks/path.ts';
import { ask } from '../checks/traffic.ts';
import { eventually } from '../eventually.ts';
import { addressesOf, familyOf, found, linkTo, serviceOf } from '../lab/lookup.ts';
import type { Service } from '../lab/model.ts';
import { contains, endpoint, parseAddress, parseSubnet } from '../net/cidr.ts';
import { formatMs } from '../net/duration.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { StepContext } from './context.ts';
import { serviceAnswers } from './ready.ts';

/** Connections that must all go the same way. */
const ASKS = 10;
/** IPVS counts its timers in steps, and a look takes its time: milliseconds that an expiry may come late. */
const EXPIRY_MARGIN_MS = 2500;

/** A client stays with its real server for the persistence, others under the same mask with it, and then it moves. */
export async function persistenceStep(context: StepContext, name: string): Promise<void> {
  const { bed } = context;
  const service = serviceOf(bed.lab, name);
  const persistence = found(service.persistence, `persistence of ${name}`);
  await context.attempt('persistence.sticks', name, 'the client can be watched', async () => {
    context.wait(`${name} to answer`);
    await serviceAnswers(bed, service);
    const first = await ask(bed, service, { count: ASKS });
    const seen = first.map((r) => r.server || 'nobody');
    const server = seen[0] ?? '';
    context.tell(
      'persistence.sticks',
      name,
      first.length === ASKS && server !== 'nobody' && seen.every((s) => s === server) ? 'passed' : 'failed',
      `${ASKS} connections of one client go to the same real server`,
      tally(seen),
    );
    await neighbour(context, service, server);
    await expiry(context, service, persistence.time, server);
  });
}

/** A second address of the client, under the same mask: the same server. */
async function neighbour(context: StepContext, service: Service, server: string): Promise<void> {
  const { bed } = context;
  const mask = found(service.persistence, 'persistence').mask;
  const own = linkTo(bed.client, service.vip)?.addresses[0]?.address ?? addressesOf(bed.client)[0] ?? '';
  const group = parseSubnet(`${own}/${mask}`);
  const other = addressesOf(bed.client).find((a) => {
    const address = parseAddress(a);
    return a !== own && group && address && familyOf(a) === familyOf(service.vip) && contains(group, address);
  });
  if (other === undefined) return;
  const requests = await ask(bed, service, { count: ASKS, sources: [other] });
  const seen = requests.map((r) => r.server || 'nobody');
  context.tell(
    'persistence.mask',
    service.name,
    requests.length === ASKS && seen.every((s) => s === server) ? 'passed' : 'failed',
    `${other} shares ${mask} leading bits with ${own}, and so its real server, ${server}`,
    tally(seen),
  );
}

/** The template goes when its time is over, not before; the next connection is scheduled anew. */
async function expiry(context: StepContext, service: Service, time: number, server: string): Promise<void> {
  const { bed } = context;
  const director = bed.inCharge(service).name;
  const template = new RegExp(`:0 +${endpoint(service.vip, service.port).replaceAll(/[.[\]]/g, '\\$&')} `);
  const standing = async () => template.test(await bed.run(director, ['ipvsadm', '-Lnc']));
  const began = performance.now();
  if (!(await standing())) throw new CannotObserve(`${director} shows no template of the client`);
  context.wait(`${formatMs(time)} of persistence to pass`);
  const gone = await eventually(async () => ((await standing()) ? undefined : performance.now() - began), {
    within: time + EXPIRY_MARGIN_MS,
    every: 50,
    signal: bed.signal,
  });
  // The template was made anew by the last connection, a little before it was first looked at.
  context.tell(
    'persistence.expires',
    service.name,
    gone !== undefined && gone >= time - EXPIRY_MARGIN_MS / 2 ? 'passed' : 'failed',
    `the client's template expires ${formatMs(time)} after its last connection, up to ${formatMs(EXPIRY_MARGIN_MS)} late`,
    gone === undefined ? `it still stands after ${formatMs(time + EXPIRY_MARGIN_MS)}` : `gone after ${formatMs(gone)}`,
    gone === undefined ? {} : { figures: { expired: gone } },
  );
  const [next] = await ask(bed, service, { count: 1 });
  context.tell(
    'persistence.moves',
    service.name,
    next?.status === 200 && next.server !== server ? 'passed' : 'failed',
    `the next connection is scheduled anew, and so leaves ${server}`,
    next?.status === 200 ? `it went to ${next.server}` : 'it was not answered',
  );
}
