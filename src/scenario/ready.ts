import type { Bed } from '../checks/bed.ts';
import type { Service } from '../lab/model.ts';

/** Seconds for the programs of a lab that has just come up to listen. */
const LISTEN_S = 5;

/**
 * Waits until the programs of a service's real servers listen: a node is ready when they are started,
 * and the first connection may come before they are. What never listens is for the checks to tell.
 */
export async function serversListen(bed: Bed, service: Service): Promise<void> {
  if (service.app !== 'http') return;
  const which = service.protocol === 'tcp' ? '-t' : '-u';
  // A real server that is not there is for the checks to tell, too.
  await Promise.allSettled(
    service.reals.map((r) =>
      bed.tryRun(r.node, [
        'timeout',
        String(LISTEN_S),
        'sh',
        '-c',
        `until ss -Hln ${which} "sport = :${r.port}" | grep -q .; do sleep 0.02; done`,
      ]),
    ),
  );
}
