import type { HealthCheck, HealthProbe, Quorum, Supervision } from '../model/health.ts';
import { ms, type Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawService = NonNullable<RawLab['services']>[string];
type RawRule = NonNullable<RawLab['snat']>[string];

/** Returns what keepalived checks of a service or an SNAT rule of the file. */
export function supervisionOf({ health, quorum, alpha, omega }: RawService | RawRule): Supervision {
  return {
    ...(health ? { health: healthOf(health) } : {}),
    ...(quorum ? { quorum: quorumOf(quorum) } : {}),
    ...(alpha ? { alpha } : {}),
    ...(omega ? { omega } : {}),
  };
}

/** What is checked, and the sum of its weights; undefined if the checks set the weights. */
interface Checked {
  readonly what: string;
  readonly whole: number | undefined;
}

/** Reports keys about health that have no effect without another one, and a quorum that is never reached. */
export function tellIdle(r: Resolver, raw: RawService | RawRule, path: Path, { what, whole }: Checked): void {
  if (raw.quorum && whole !== undefined && raw.quorum.weight > whole)
    r.wrong(
      [...path, 'quorum', 'weight'],
      `the weights of the ${what}s add up to ${whole}; this quorum can never be reached`,
    );
  if (raw.quorum && !raw.health)
    r.wrong(
      [...path, 'quorum'],
      `without a health check no ${what} is ever removed, so the quorum never changes; add health:`,
      'key',
    );
  if (raw.alpha && !raw.health)
    r.wrong([...path, 'alpha'], `without a health check no ${what} waits for its first one; add health:`, 'key');
  if (raw.omega && raw.quorum?.down === undefined)
    r.wrong(
      [...path, 'omega'],
      'omega makes keepalived run the command for a lost quorum when it stops, and there is none; add quorum: { weight: 1, down: COMMAND }',
      'key',
    );
}

/** Default time for an attempt. */
const CHECK_TIMEOUT = '3s';
/** Default pause before keepalived repeats an attempt. */
const CHECK_PAUSE = '1s';

function healthOf(raw: NonNullable<RawService['health']>): HealthCheck {
  return {
    probe: probeOf(raw),
    timeout: ms(raw.tcp ?? raw.udp ?? raw.ping ?? raw.timeout ?? CHECK_TIMEOUT),
    every: ms(raw.every),
    ...(raw.port === undefined ? {} : { port: raw.port }),
    retry: raw.retry ?? 1,
    pause: ms(raw.pause ?? CHECK_PAUSE),
    inhibit: raw.inhibit ?? false,
  };
}

function probeOf({ http, ssl, misc, dns, udp, ping }: NonNullable<RawService['health']>): HealthProbe {
  const web = http ?? ssl;
  if (web !== undefined) {
    const { path, host, status, digest } = typeof web === 'string' ? { path: web } : web;
    return {
      kind: http === undefined ? 'ssl' : 'http',
      path,
      ...(host === undefined ? {} : { host }),
      ...(digest === undefined ? { status: status ?? 200 } : { digest, ...(status === undefined ? {} : { status }) }),
    };
  }
  if (misc !== undefined)
    return { kind: 'misc', ...(typeof misc === 'string' ? { script: misc, dynamic: false } : misc) };
  if (dns !== undefined) return { kind: 'dns', name: dns.name, type: dns.type ?? 'A' };
  if (ping !== undefined) return { kind: 'ping' };
  return { kind: udp === undefined ? 'tcp' : 'udp' };
}

function quorumOf({ weight, up, down }: NonNullable<RawService['quorum']>): Quorum {
  return { weight, ...(up === undefined ? {} : { up }), ...(down === undefined ? {} : { down }) };
}
