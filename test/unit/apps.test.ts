import { describe, expect, it } from 'vitest';
import { servers } from '../../src/apps/index.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import { serversOf } from '../../src/layout/servers.ts';
import type { Lab } from '../../src/model/lab.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { mistakesOf, NO_FILES } from './lab.ts';

/** A lab with these services of one real server. */
const withServices = (services: readonly string[]) => `lab: x
segments: { lan: 10.0.0.0/24 }
nodes:
  c: { kind: client, lan: 10.0.0.9 }
  lb: { kind: director, lan: 10.0.0.1, lips: [10.0.0.200] }
  rs: { kind: realserver, lan: 10.0.0.2 }
services:
${services.map((s, i) => `  s${i}: { vip: 10.0.0.${100 + i}, mode: fnat, reals: { rs: 1 }, ${s} }\n`).join('')}`;

/** The apps of its services. */
function appsWith(...services: readonly string[]) {
  return labWith(services).services.map((s) => s.app);
}

/** The programs of its real server. */
function programsWith(...services: readonly string[]) {
  const lab = labWith(services);
  return serversOf(lab, nodeOf(lab, 'rs')).programs;
}

/** The lab, with more for its real server. */
function labWith(services: readonly string[], serve = ''): Lab {
  const text = withServices(services).replace('lan: 10.0.0.2 }', `lan: 10.0.0.2${serve} }`);
  const source = readSource('lab.yaml', Buffer.from(text));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error(mistakesOf(text).join('\n'));
  return lab.value;
}

describe('an app', () => {
  it('that reads TOA, or UOA, has a server of its own, by transport', () => {
    expect(programsWith('port: 80, app: toa', 'port: 81, app: toa', 'port: 80, protocol: udp, app: toa')).toEqual({
      toa: { command: ['toa', 'rs', '80', '81'], ready: ['tcp:80', 'tcp:81'], after: [] },
      uoa: { command: ['answer', '-u', 'rs', '80'], ready: ['udp:80'], after: [] },
    });
  });
  it('over SCTP listens on each address at which it is asked, and on any if the node lists its port', () => {
    const command = (lab: Lab) => serversOf(lab, nodeOf(lab, 'rs')).programs['sctp']?.command;
    const ports = ['port: 80', 'port: 81', 'port: 80'].map((port) => `protocol: sctp, ${port}`);
    const translated = labWith(ports);
    expect(command(translated)).toEqual(['toa', '-s', 'rs', '80@10.0.0.2', '81@10.0.0.2']);
    const routed: Lab = { ...translated, services: translated.services.map((s) => ({ ...s, mode: 'dr' })) };
    expect(command(routed)).toEqual(['toa', '-s', 'rs', '80@10.0.0.100', '80@10.0.0.102', '81@10.0.0.101']);
    expect(command(labWith(ports, ', serve: [80/sctp]'))).toEqual(['toa', '-s', 'rs', '80', '81@10.0.0.2']);
  });
  it('stands beside those that do not', () =>
    expect(
      Object.keys(
        programsWith('port: 80', 'port: 81, app: toa', 'port: 80, protocol: udp', 'port: 81, protocol: udp, app: toa'),
      ).sort(),
    ).toEqual(['answer', 'nginx', 'toa', 'uoa']));
  it('that reads TOA cannot share a port with one that does not', () =>
    expect(mistakesOf(withServices(['port: 80', 'port: 80, app: toa'])).join('\n')).toMatch(
      /toa and tcp both need port 80 of "rs"/,
    ));
  it('that reads TOA has a limit of ports', () => {
    const many = (n: number) => withServices(Array.from({ length: n }, (_, i) => `port: ${1000 + i}, app: toa`));
    expect(mistakesOf(many(64))).toEqual([]);
    expect(mistakesOf(many(65)).join('\n')).toMatch(/serves 65 TOA ports; at most 64/);
  });
  it('is that of the port which its real servers serve', () => {
    const of = (service: string, serve: string) => labWith([service], `, serve: [${serve}]`).services[0]?.app;
    expect(of('port: 443', '443/tls')).toBe('https');
    expect(of('port: 443', '444/tls')).toBe('http');
    expect(of('port: 53', '53/dns')).toBe('dns');
    expect(of('port: 53, protocol: udp', '53/dns')).toBe('dns');
    expect(of('port: 443, protocol: udp', '443/tls')).toBe('http');
    expect(of('port: 80', '80/tcp')).toBe('http');
  });
  it('is that to which the health check speaks, if it checks the same port', () => {
    const dns = 'dns: { name: www.lab }';
    expect(appsWith('port: 443, health: { ssl: /, every: 1s }')).toEqual(['https']);
    expect(appsWith('port: 443, health: { ssl: /, port: 8443, every: 1s }')).toEqual(['http']);
    expect(appsWith('port: 443, health: { http: /, every: 1s }', 'port: 443')).toEqual(['http', 'http']);
    expect(appsWith(`port: 53, protocol: udp, health: { ${dns}, every: 1s }`)).toEqual(['dns']);
    expect(appsWith(`port: 53, health: { ${dns}, every: 1s }`)).toEqual(['dns']);
  });
  it('shares a server with another one, and no port', () => {
    expect(
      Object.keys(programsWith('port: 80', 'port: 443, app: https', 'port: 53, app: dns, protocol: udp')).sort(),
    ).toEqual(['dnsmasq', 'nginx']);
    expect(programsWith('port: 53, app: dns', 'port: 53, app: dns, protocol: udp')['dnsmasq']?.ready).toEqual([
      'udp:53',
    ]);
    expect(mistakesOf(withServices(['port: 443', 'port: 443, app: https'])).join('\n')).toMatch(
      /tls and tcp both need port 443 of "rs"/,
    );
    expect(mistakesOf(withServices(['port: 53, app: dns', 'port: 54, app: dns'])).join('\n')).toMatch(
      /"rs" runs only one name server/,
    );
  });
  it.each([
    ['app: http, health: { ssl: /, every: 1s }', /ssl speaks TLS, and .* answer http on that port; use app: https/],
    ['app: https, health: { http: /, every: 1s }', /http speaks plain HTTP, and .* answer https .* use app: http\b/],
    ['app: https, protocol: udp', /https needs TCP/],
  ])('that the health check can never find healthy is a mistake: %s', (service, what) =>
    expect(mistakesOf(withServices([`port: 443, ${service}`])).join('\n')).toMatch(what),
  );
  it('has a program by a name that no other has', () => {
    const names = servers.flatMap((s) => s.program ?? []);
    expect(new Set(names).size).toBe(names.length);
  });
});
