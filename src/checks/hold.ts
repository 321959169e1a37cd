import { eventually } from '../eventually.ts';
import type { Service } from '../model/service.ts';
import { CannotObserve } from '../plan/hand.ts';
import type { Bed } from './bed.ts';
import { type Asking, askCommand, parseRequests, type Request } from './traffic.ts';

/** Milliseconds in which all connections must be open. */
const OPEN_MS = 15_000;

/**
 * Opens connections to a service one after the other, keeps each open until all are, and returns the answer of each;
 * fewer than requested if three of them failed. `meanwhile` runs while they are open. Throws CannotObserve if this does not end.
 */
export async function hold(
  bed: Bed,
  service: Service,
  asking: Asking,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<readonly Request[]> {
  const run = await bed.spawn(bed.client.name, askCommand(service, { ...asking, hold: true }));
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
  try {
    await meanwhile();
  } finally {
    run.stdin.end();
  }
  if (!open) throw new CannotObserve(`connections to ${service.name} are not open after ${OPEN_MS / 1000} s`);
  return parseRequests(output);
}
