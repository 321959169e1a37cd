import type { Promised } from '../checks/check.ts';
import { fromMany, SOURCES } from '../checks/many.ts';
import { eventually } from '../eventually.ts';
import { faults } from '../faults/index.ts';
import { heirsOf } from '../faults/moves.ts';
import { formatMs } from '../net/duration.ts';
import { Outpaced } from '../plan/hand.ts';
import type { Case, Run } from './fault-run.ts';

/**
 * How long the master may keep connections before it sends them to the others (lvs_sync_daemon: two seconds), with a
 * reserve.
 */
const SYNC_MS = 4000;

/** Clients by address, with the real servers that they reached, and the time (of performance.now()). */
interface Clients {
  readonly servers: ReadonlyMap<string, readonly string[]>;
  readonly since: number;
}

/** Returns the promise about clients that must stay with their servers. */
export function sticksPromise({ step, service }: Case): Promised {
  const [made] = faults[step.fault.kind].words(step.fault);
  return {
    id: 'fault.sticks',
    subject: service.name,
    promised: `each of ${SOURCES} clients keeps its real server after ${made}`,
  };
}

/**
 * Sends requests from many clients to the service and returns their real servers, after every director that may take
 * over has had time to learn of them.
 */
export async function clientsKnown({ context, service, moves }: Run): Promise<Clients> {
  const { bed } = context;
  const since = performance.now();
  const known = await fromMany(bed, service, SOURCES, 1);
  const heirs = [...new Set(moves.flatMap((m) => heirsOf(m).map((n) => n.name)))];
  const all = async () => {
    const lists = await Promise.all(heirs.map((heir) => bed.control(heir).connections()));
    const told = lists.map((list) => new Set(list.map((c) => c.client)));
    return told.every((clients) => [...known.keys()].every((client) => clients.has(client))) ? true : undefined;
  };
  // The check reports a director that never learns of them.
  await eventually(all, { within: SYNC_MS, every: 100, signal: bed.signal });
  return { servers: known, since };
}

/**
 * Returns every second client, then the others: if servers take turns, half of the clients get another server in this
 * order, whichever server is first.
 */
function halves<T>(all: readonly T[]): readonly T[] {
  return [...all.filter((_, i) => i % 2 === 0), ...all.filter((_, i) => i % 2 === 1)];
}

/**
 * Checks that each client still reaches its real server. Throws CannotObserve if so much time has passed that it need
 * not.
 */
export async function judgeSticking(run: Run, { servers, since }: Clients): Promise<void> {
  const { context, service } = run;
  // In a different order: a scheduler that starts anew and takes turns would assign the same servers in the same order.
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
