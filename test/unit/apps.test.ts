import { describe, expect, it } from 'vitest';
import { servers } from '../../src/apps/index.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import { serversOf } from '../../src/layout/servers.ts';
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

/** The programs of its real server. */
function programsWith(...services: readonly string[]) {
  const text = withServices(services);
  const source = readSource('lab.yaml', Buffer.from(text));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error(mistakesOf(text).join('\n'));
  return serversOf(lab.value, nodeOf(lab.value, 'rs')).programs;
}

describe('an app', () => {
  it('that reads TOA, or UOA, has a server of its own, by transport', () => {
    expect(programsWith('port: 80, app: toa', 'port: 81, app: toa', 'port: 80, protocol: udp, app: toa')).toEqual({
      toa: { command: ['toa', 'rs', '80', '81'], ready: ['tcp:80', 'tcp:81'], after: [] },
      uoa: { command: ['answer', '-u', 'rs', '80'], ready: ['udp:80'], after: [] },
    });
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
  it('has a program by a name that no other has', () => {
    const names = servers.flatMap((s) => s.program ?? []);
    expect(new Set(names).size).toBe(names.length);
  });
});
