import { eventually } from '../eventually.ts';
import type { Service } from '../lab/model.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Bed } from './bed.ts';
import { askCommand, parseRequests, type Request } from './traffic.ts';

/** Milliseconds for all connections to be open. */
const OPEN_MS = 15_000;

/** Connections that stay open until they are released. */
export interface Holding {
  readonly requests: readonly Request[];
  release(): void;
}

/** Opens connections to a service one after the other, and keeps them. Throws CannotObserve when they do not open. */
export async function hold(bed: Bed, service: Service, n: number): Promise<Holding> {
  const run = await bed.spawn(bed.client.name, askCommand(service, { count: n, hold: true }));
  let output = '';
  let ended = false;
  run.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  run.stderr.resume();
  void run.exit.then(() => {
    ended = true;
  });
  const open = await eventually(() => (output.includes('{"held":true}') || ended ? true : undefined), {
    within: OPEN_MS,
    every: 5,
    signal: bed.signal,
  });
  const requests = parseRequests(output);
  if (!open || requests.length < n) {
    run.stdin.end();
    throw new CannotObserve(`only ${requests.length} of ${n} connections were opened`);
  }
  return { requests, release: () => run.stdin.end() };
}
