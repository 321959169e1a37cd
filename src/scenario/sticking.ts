import type { Promised } from '../checks/check.ts';
import { fromMany, SOURCES } from '../checks/many.ts';
import { eventually } from '../eventually.ts';
import { faults } from '../faults/index.ts';
import { formatMs } from '../net/duration.ts';
import { Outpaced } from '../plan/hand.ts';
import type { Case, Run } from './fault-run.ts';

/** How long the master may keep connections before it tells the others of them (lvs_sync_daemon: two seconds), with time to spare. */
const SYNC_MS = 4000;

/** Clients by their addresses, the real servers that they were sent to, and when (of performance.now()). */
interface Clients {
  readonly servers: ReadonlyMap<string, readonly string[]>;
  readonly since: number;
}

/** What will be told of clients that are to stay. */
export function sticksPromise({ step, service }: Case): Promised {
  const [made] = faults[step.fault.kind].words(step.fault);
  return {
    id: 'fault.sticks',
    subject: service.name,
    promised: `each of ${SOURCES} clients keeps its real server after ${made}`,
  };
}

/** Sends many clients to the service and tells at which real servers they are, once every director that may take over can know. */
export async function clientsKnown({ context, service, moves }: Run): Promise<Clients> {
  const { bed } = context;
  const since = performance.now();
  const known = await fromMany(bed, service, SOURCES, 1);
  const heirs = [...new Set(moves.map((m) => m.to.name))];
  const all = async () => {
    const lists = await Promise.all(heirs.map((heir) => bed.control(heir).connections()));
    const told = lists.map((list) => new Set(list.map((c) => c.client)));
    return told.every((clients) => [...known.keys()].every((client) => clients.has(client))) ? true : undefined;
  };
  // Who never learns of it is for the check to tell.
  await eventually(all, { within: SYNC_MS, every: 100, signal: bed.signal });
  return { servers: known, since };
}

/** Every second one, and then the others: of clients that took turns half have another turn now, whichever is first. */
function halves<T>(all: readonly T[]): readonly T[] {
  return [...all.filter((_, i) => i % 2 === 0), ...all.filter((_, i) => i % 2 === 1)];
}

/** That each client is still sent to its real server. Throws CannotObserve where so much time went by that it need not be. */
export async function judgeSticking(run: Run, { servers, since }: Clients): Promise<void> {
  const { context, service } = run;
  // In another order: a scheduler that begins anew would give servers that take turns to the same clients again.
  const after = await fromMany(context.bed, service, SOURCES, 1, halves);
  const moved = [...servers].filter(([client, [server]]) => after.get(client)?.[0] !== server);
  const passed = performance.now() - since;
  const { persistence } = service;
  if (moved.length > 0 && persistence && passed > persistence.time)
    throw new Outpaced(`${formatMs(passed)} passed: the persistence time was over`);
  context.tell(
    sticksPromise(run),
    moved.length === 0 ? 'passed' : 'failed',
    `${moved.length} of ${servers.size} were sent to another real server`,
  );
}
