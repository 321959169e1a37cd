import { appOf } from '../apps/index.ts';
import type { Engine } from '../engine/engine.ts';
import type { Emit } from '../events.ts';
import { domainOf, found, vrrpOf } from '../model/lookup.ts';
import { formatMs } from '../net/duration.ts';
import type { RunningLab } from '../plan/observe.ts';
import { shell } from '../shell.ts';
import { masterDownInterval, SCHEDULING_MARGIN_MS } from './adverts.ts';
import { joining } from './routes.ts';
import { askCommand, url } from './traffic.ts';

/** Longest time that a service may take to answer after a director holds its VIP, in milliseconds. */
const ANSWER_MS = 2000;

/**
 * Waits until every service of a lab that has just started answers its client, and reports each answer: a VIP is held
 * only after its election. A service that does not answer is reported, not thrown: the lab runs, and the user can
 * examine it.
 */
export async function firstAnswers(
  engine: Engine,
  running: RunningLab,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const { lab } = running;
  if (lab.services.length === 0) return;
  const client = found(running.nodes.get(lab.nodes.find((n) => n.kind === 'client')?.name ?? ''), 'client');
  const began = performance.now();
  await Promise.all(
    lab.services.map(async (service) => {
      const app = appOf(service);
      const vrrp = vrrpOf(lab, service.name);
      const election = vrrp ? Math.max(...vrrp.members.map((m) => masterDownInterval(vrrp, m.priority))) : 0;
      const domain = domainOf(lab, service.name);
      const announced = domain ? joining(domain).ms : 0;
      const budget = Math.ceil((election + announced + SCHEDULING_MARGIN_MS + (app.startMs ?? ANSWER_MS)) / 1000);
      emit({ type: 'wait', lab: lab.name, text: `service ${service.name} to answer at ${url(service)}` });
      // `timeout` also limits the loop inside the node, even if this process ends.
      const loop =
        app.show?.(service) ??
        shell(
          `until "$@" | grep '"status":200'; do sleep 0.05; done`,
          ...askCommand(service, { count: 1, timeout: 1000 }),
        );
      const result = await engine.exec(
        client.id,
        ['nodectl', 'exec', '--tether', '--', 'timeout', String(budget), ...loop],
        { signal },
      );
      const text =
        result.code === 0
          ? `${service.name} answers at ${url(service)} after ${formatMs(performance.now() - began)}: ${result.stdout.trim().replaceAll('\n', ' / ')}`
          : `${service.name} does not answer at ${url(service)} within ${budget} s; \`lab inspect ${lab.name}\` and \`lab logs ${lab.name}\` show more`;
      emit({ type: 'note', text });
    }),
  );
}
