import { fromMany } from '../checks/many.ts';
import { eventually } from '../eventually.ts';
import { faults } from '../faults/index.ts';
import type { Run } from './fault-run.ts';

/** How long the master may keep connections before it tells the others of them (lvs_sync_daemon: two seconds), with time to spare. */
const SYNC_MS = 4000;

/** Clients by their addresses, and the real servers that they were sent to. */
type Clients = ReadonlyMap<string, readonly string[]>;

/** Sends many clients to the service and tells at which real servers they are, once every director that may take over can know. */
export async function clientsKnown({ context, service, moves }: Run): Promise<Clients> {
  const { bed } = context;
  const known = await fromMany(bed, service, 1);
  const heirs = [...new Set(moves.map((m) => m.to.name))];
  const all = async () => {
    const lists = await Promise.all(heirs.map((heir) => bed.run(heir, ['ipvsadm', '-Lnc'])));
    return lists.every((list) => [...known.keys()].every((client) => list.includes(` ${client}:`))) ? true : undefined;
  };
  // Who never learns of it is for the check to tell.
  await eventually(all, { within: SYNC_MS, every: 100, signal: bed.signal });
  return known;
}

/** Every second one, and then the others: of clients that took turns half have another turn now, whoever is first. */
function halves<T>(all: readonly T[]): readonly T[] {
  return [...all.filter((_, i) => i % 2 === 0), ...all.filter((_, i) => i % 2 === 1)];
}

/** That each client is still sent to its real server. */
export async function judgeSticking(run: Run, before: Clients): Promise<void> {
  const { context, step, service } = run;
  const [made] = faults[step.fault.kind].words(step.fault);
  // In another order: a scheduler that begins anew would give servers that take turns to the same clients again.
  const after = await fromMany(context.bed, service, 1, halves);
  const moved = [...before].filter(([client, [server]]) => after.get(client)?.[0] !== server);
  context.tell(
    'fault.sticks',
    service.name,
    moved.length === 0 ? 'passed' : 'failed',
    `each of ${before.size} clients is sent to the real server that it had before ${made}`,
    `${moved.length} of ${before.size} were sent to another one`,
  );
}
