/** What the evidence of a contract says in words: keepalived's own, and those of health checks on the wire. */
import { describe, expect, it } from 'vitest';
import type { Bed } from '../../src/checks/bed.ts';
import { questionIn, sentBy } from '../../src/checks/health-packets.ts';
import { tableChecks } from '../../src/checks/table.ts';
import { startWords } from '../../src/drivers/keepalived-words.ts';
import type { ServiceTable } from '../../src/drivers/service-table.ts';
import { readLab } from '../../src/lab/read.ts';
import type { HealthCheck, HealthProbe } from '../../src/model/health.ts';
import { found } from '../../src/model/lookup.ts';
import type { Packet } from '../../src/net/packet.ts';

/** A log as keepalived 2.3.3 writes it, beside other programs of its node. */
const log = (...lines: readonly string[]) =>
  lines.map((line) => `keepalived: Sun Nov 29 17:53:36 2026: ${line}\r\n`).join('nginx: started\r\n');

describe('what keepalived said when it started', () => {
  it('is nothing, if it took all as it is', () =>
    expect(
      startWords(
        log(
          'Starting Keepalived v2.3.3 (03/30,2025)',
          'WARNING - keepalived was built for newer Linux 6.12.21, running on Linux 5.10.0',
          'SECURITY VIOLATION - scripts are being executed but script_security not enabled.',
          "WARNING - default user 'keepalived_script' for script execution does not exist - please create.",
          'NOTICE: setting config option max_auto_priority should result in better keepalived performance',
          'Activating healthchecker for service [10.20.0.2]:tcp:80 for VS [10.20.0.100]:tcp:80',
          'Startup complete',
        ),
      ),
    ).toEqual({ complaints: [], started: true }));
  it.each([
    "(./keepalived.conf: Line 14) Unknown keyword 'real_sever'",
    "(Line 41) Config files missing '/etc/keepalived/none/*.conf'.",
    "WARNING - script '/usr/local/bin/nox' is not executable for uid:gid 0:0 - disabling.",
    "Unsafe permissions found for script '/usr/local/bin/world' - disabling.",
    'Script /usr/local/bin/missing cannot be accessed - No such file or directory',
    'Disabling track script chk2 since not found/accessible',
    "Virtual server [10.20.0.100]:tcp:80: no scheduler set, setting default 'wlc'",
    'VS [10.20.0.100]:tcp:80: real server [10.20.0.2]:tcp:80 is duplicated - removing second rs',
    '(VI) Strict mode does not support authentication. Ignoring.',
    '(VI2) nopreempt is incompatible with priority 255. resetting nopreempt',
  ])('is told: %s', (complaint) =>
    expect(startWords(log('Starting Keepalived v2.3.3', complaint, complaint, 'Startup complete'))).toEqual({
      complaints: [complaint],
      started: true,
    }),
  );
  it('is that of its last start, and not what it says later', () => {
    const [old, late] = ["(Line 1) Unknown keyword 'old'", 'received advert - ignoring'];
    expect(
      startWords(
        log(
          'Starting Keepalived v2.3.3',
          old,
          'Startup complete',
          'Starting Keepalived v2.3.3',
          'Startup complete',
          late,
        ),
      ),
    ).toEqual({ complaints: [], started: true });
    expect(
      startWords(log('Starting Keepalived v2.3.3', 'Startup complete', 'Starting Keepalived v2.3.3', old)),
    ).toEqual({
      complaints: [old],
      started: false,
    });
  });
});

describe('a table that has more than the lab', () => {
  it('is told by what it has more, and what it lacks', async () => {
    const made = readLab('labs/dr-one-arm/lab.yaml');
    if (!made.ok) throw new Error('the lab file is wrong');
    const reals = [2, 4].map((n) => ({
      ...{ address: `192.168.100.${n}`, port: 80, forward: 'Route', weight: 1, activeConnections: 0 },
      inactiveConnections: 0,
    }));
    const entry = { protocol: 'tcp', address: '192.168.100.254', port: 80, scheduler: 'rr', flags: [], reals };
    const table: ServiceTable = { services: [entry, { ...entry, port: 81, persistence: 300, reals: [] }] };
    const bed = { table: async () => table, evidence: { write: () => '' } } as unknown as Bed;
    const looks = tableChecks(made.value, found(made.value.services[0], 'service'), 0);
    const seen = async (id: string) => looks.find((c) => c.id === id)?.look(bed);
    expect(await seen('table.services')).toMatchObject({
      ok: false,
      seen: expect.stringMatching(/; lb has tcp 192\.168\.100\.254:81, which the lab does not have$/),
    });
    expect(await seen('table.servers')).toMatchObject({
      ok: false,
      seen: expect.stringMatching(
        /; lb has 192\.168\.100\.4:80, which the lab does not have; lb lacks 192\.168\.100\.3:80$/,
      ),
    });
    expect(await seen('table.persistence')).toMatchObject({ ok: true, seen: 'none on lb' });
  });
  it('is not one in which a firewall mark takes the service, but one with a second mark is', async () => {
    const made = readLab('labs/dr-one-arm/lab.yaml');
    if (!made.ok) throw new Error('the lab file is wrong');
    const reals = [2, 3].map((n) => ({
      ...{ address: `192.168.100.${n}`, port: 0, forward: 'Route', weight: 1, activeConnections: 0 },
      inactiveConnections: 0,
    }));
    const marked = { protocol: 'fwm', address: '7', port: 0, scheduler: 'rr', flags: [], reals };
    const seen = async (services: ServiceTable['services']) => {
      const bed = { table: async () => ({ services }), evidence: { write: () => '' } } as unknown as Bed;
      const looks = tableChecks(made.value, found(made.value.services[0], 'service'), 0);
      return looks.find((c) => c.id === 'table.services')?.look(bed);
    };
    expect(await seen([marked])).toMatchObject({
      ok: true,
      seen: 'tcp 192.168.100.254:80 on lb; fwm 7 of lb takes tcp 192.168.100.254:80',
    });
    expect(await seen([marked, { ...marked, address: '9' }])).toMatchObject({
      ok: false,
      seen: expect.stringMatching(
        /; lb has fwm 9, which the lab does not have; fwm 7 of lb takes tcp 192\.168\.100\.254:80$/,
      ),
    });
  });
});

describe('a health check on the wire', () => {
  const real = { node: 'rs', address: '10.0.0.2', port: 80, weight: 1 };
  const check = (probe: HealthProbe, port?: number): HealthCheck => ({
    ...{ probe, timeout: 1000, every: 1000, retry: 1, pause: 1000, inhibit: false },
    ...(port === undefined ? {} : { port }),
  });
  const ip = { at: 0, segment: 'lan', srcMac: '', dstMac: '', src: '10.0.0.1', dst: '10.0.0.2', ttl: 64, length: 0 };
  const tcp = (more: object): Packet => ({
    ...{ ...ip, kind: 'tcp', srcPort: 1, dstPort: 80, seq: 0, syn: false, ack: true, rst: false, fin: false },
    ...{ payload: Buffer.alloc(0), ...more },
  });
  const udp = (payload: Buffer, dstPort = 53): Packet => ({ ...ip, kind: 'udp', srcPort: 1, dstPort, payload });
  const echo = (type: number, family: 4 | 6 = 4): Packet => ({ ...ip, kind: 'icmp', family, type, code: 0 });
  const asks = (probe: HealthProbe, p: Packet, port?: number) => sentBy(check(probe, port))?.asks(p, real);
  const syn = tcp({ syn: true, ack: false });
  const request = (path: string, host: string) =>
    tcp({ payload: Buffer.from(`GET ${path} HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: ${host}\r\n\r\n`) });
  /** A query of www.lab, type AAAA, as keepalived sends it. */
  const query = Buffer.from('00010100000100000000000003777777036c616200001c0001', 'hex');

  it('of a script is not known', () =>
    expect(sentBy(check({ kind: 'misc', script: 'true', dynamic: false }))).toBeUndefined());
  it('by TCP or TLS opens a connection to its port', () => {
    for (const probe of [{ kind: 'tcp' }, { kind: 'ssl', path: '/' }] as const) {
      expect(asks(probe, syn)).toBe(true);
      expect(asks(probe, syn, 99)).toBe(false);
      expect(asks(probe, echo(8))).toBe(false);
    }
  });
  it('by HTTP asks for its path, and its host if it has one', () => {
    const probe = { kind: 'http', path: '/healthz', host: 'shop.example.com' } as const;
    expect(asks(probe, syn)).toBe(false);
    expect(asks(probe, request('/healthz', 'Shop.example.com'))).toBe(true);
    expect(asks(probe, request('/healthz', 'shop.example.com:80'))).toBe(true);
    expect(asks(probe, request('/', 'shop.example.com'))).toBe(false);
    expect(asks(probe, request('/healthz', '10.0.0.2'))).toBe(false);
    expect(asks({ kind: 'http', path: '/healthz' }, request('/healthz', '10.0.0.2'))).toBe(true);
  });
  it('by DNS asks its question', () => {
    const probe = { kind: 'dns', name: 'www.lab', type: 'AAAA' } as const;
    expect(asks(probe, udp(query), 53)).toBe(true);
    expect(asks({ ...probe, name: 'WWW.lab.' }, udp(query), 53)).toBe(true);
    expect(asks({ ...probe, type: 'A' }, udp(query), 53)).toBe(false);
    expect(asks({ ...probe, name: 'ftp.lab' }, udp(query), 53)).toBe(false);
    expect(asks(probe, udp(Buffer.from('ask')), 53)).toBe(false);
    expect(questionIn(udp(query.subarray(0, 16)))).toBeUndefined();
    expect(questionIn(udp(Buffer.from('000100000001000000000000000002000100', 'hex')))).toBe('. NS');
  });
  it('by UDP sends a datagram, and a ping an echo request', () => {
    expect(asks({ kind: 'udp' }, udp(Buffer.from('x'), 80))).toBe(true);
    expect(asks({ kind: 'udp' }, syn)).toBe(false);
    expect(asks({ kind: 'ping' }, echo(8))).toBe(true);
    expect(asks({ kind: 'ping' }, echo(128, 6))).toBe(true);
    expect(asks({ kind: 'ping' }, echo(0))).toBe(false);
    expect(asks({ kind: 'ping' }, syn)).toBe(false);
  });
});
