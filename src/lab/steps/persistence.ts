import { carriers } from '../../drivers/index.ts';
import type { Step } from '../../model/step.ts';
import { modesThat } from '../../modes/index.ts';
import { formatMs } from '../../net/duration.ts';
import { ms, type Resolver } from '../resolver.ts';
import type { Path } from '../source.ts';
import { type Known, serviceName, serviceNamed } from './step-word.ts';

export const shape = serviceName(
  'Checks that a client stays with its real server for the persistence time, and moves afterwards',
);

export function resolve(r: Resolver, known: Known, name: string, path: Path): Step | undefined {
  const service = serviceNamed(r, known, name, path);
  if (service && !service.persistence) r.wrong(path, `service "${name}" has no persistence`);
  const turns = service && ['rr', 'wrr'].includes(service.scheduler);
  if (service && (!turns || new Set(service.reals.map((s) => s.weight)).size > 1))
    r.wrong(
      path,
      `a client is sure to move only with scheduler rr, or wrr with equal weights; service "${name}" has ${service.scheduler}`,
    );
  if (service?.persistence)
    for (const driver of carriers(known.nodes)) {
      const { timeouts: raw } = r.raw;
      const seconds = (text: string) => ms(text) / 1000;
      const lingers = driver.lingers(
        service,
        raw ? { tcp: seconds(raw.tcp), fin: seconds(raw.fin), udp: seconds(raw.udp) } : driver.timeouts,
      );
      const lasting = driver.lingers(service, { tcp: 0, fin: 0, udp: 0 }) > service.persistence.time;
      const others = lasting ? ` and ${modesThat((m) => m.wire.reply === 'others', 'or')}` : '';
      if (lingers > service.persistence.time)
        r.wrong(
          path,
          `driver ${driver.name} keeps ended connections of ${service.mode} for ${formatMs(lingers)}, and the client's template with them, longer than the persistence of ${formatMs(service.persistence.time)}; this step needs shorter timeouts:${others}`,
        );
    }
  if (service && service.reals.length < 2)
    r.wrong(path, `service "${name}" has only one real server, so a client cannot move`);
  return service && { kind: 'persistence', service: name };
}
