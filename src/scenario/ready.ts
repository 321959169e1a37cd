import { listening, type Server } from '../apps/app.ts';
import { appOf, serverOf } from '../apps/index.ts';
import { SCHEDULING_MARGIN_MS } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import { removalBudget, returnBudget } from '../checks/health.ts';
import { tableChecks, weightsOf } from '../checks/table.ts';
import { ask } from '../checks/traffic.ts';
import { HEARS_ADVERTS } from '../drivers/keepalived-conf.ts';
import { eventually } from '../eventually.ts';
import { nodeOf, servedPorts } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import type { SnatRule } from '../model/snat.ts';
import { CannotObserve } from '../plan/hand.ts';
import { shell } from '../shell.ts';

/** Seconds in which the programs of a lab that has just started must listen. */
const LISTEN_S = 5;
/** Milliseconds for one answer. */
const ANSWER_MS = 500;

/**
 * Waits until the programs of a service's real servers listen: a node is ready when they have been started, and the
 * first connection may arrive before they listen. The checks report a program that never listens.
 */
export async function serversListen(bed: Bed, service: Service): Promise<void> {
  const app = appOf(service);
  if (app.program === undefined) return;
  await Promise.all(
    service.reals.flatMap((r) => servedPorts(service, r).map((port) => listens(bed, r.node, app, port))),
  );
}

/** Does the same for the node outside of an SNAT rule. */
export async function outsideListens(bed: Bed, rule: SnatRule): Promise<void> {
  await Promise.all(
    nodeOf(bed.lab, rule.outside).serve.map(({ port, protocol }) =>
      listens(bed, rule.outside, serverOf[protocol], port),
    ),
  );
}

/**
 * Waits until every director has added a real server to its table, if this node is one: an earlier fault would have no
 * effect.
 */
export async function serverIsIn(bed: Bed, service: Service, node: string): Promise<void> {
  const real = service.reals.find((r) => r.node === node);
  if (!real || !service.health) return;
  const look = async () =>
    (await weightsOf(bed, service, node)).every((w) => w.weight === real.weight) ? true : undefined;
  const within = removalBudget(service.health) + returnBudget(service.health) + SCHEDULING_MARGIN_MS;
  await eventually(look, { within, every: 100, signal: bed.signal });
}

/** Waits until every director's table matches the lab's definition of a service. */
export async function tablesHold(bed: Bed, service: Service): Promise<void> {
  const checks = tableChecks(bed.lab, service, 0);
  const within = (service.health ? returnBudget(service.health) : 0) + SCHEDULING_MARGIN_MS;
  const look = async () => {
    const seen = await Promise.all(checks.map((check) => check.look(bed)));
    return seen.every((s) => s.ok) ? true : undefined;
  };
  await eventually(look, { within, every: 100, signal: bed.signal });
}

/** Waits until a node listens for adverts: from then on it works as a backup. */
export async function speaksVrrp(bed: Bed, node: string): Promise<void> {
  await waitsFor(bed, node, HEARS_ADVERTS, LISTEN_S);
}

/**
 * Waits until a service of a lab that has just started answers its client: by then, its director has added its servers
 * too.
 */
export async function serviceAnswers(bed: Bed, service: Service): Promise<void> {
  const look = async () => {
    const [request] = await ask(bed, service, { count: 1, timeout: ANSWER_MS }).catch((error: unknown) => {
      if (error instanceof CannotObserve) return [];
      throw error;
    });
    return request?.status === 200 ? true : undefined;
  };
  await eventually(look, { within: LISTEN_S * 1000, every: 100, signal: bed.signal });
}

async function listens(bed: Bed, node: string, server: Server, port: number): Promise<void> {
  const within = server.startMs === undefined ? LISTEN_S : server.startMs / 1000;
  await waitsFor(bed, node, ['nodectl', 'await', listening(server, port)], within);
}

/** Waits until a command succeeds on a node, for at most `within` seconds. */
async function waitsFor(bed: Bed, node: string, command: readonly string[], within: number): Promise<void> {
  const loop = shell('until "$@"; do sleep 0.02; done', ...command);
  // The checks also report a node that is missing.
  await bed.tryRun(node, ['timeout', String(within), ...loop]).catch(() => undefined);
}
