import { describe, expect, it } from 'vitest';
import type { Bed } from '../../src/checks/bed.ts';
import type { CheckSpec } from '../../src/checks/check.ts';
import { modeChecks } from '../../src/checks/mode.ts';
import type { Request, Traffic } from '../../src/checks/traffic.ts';
import type { ClientOption } from '../../src/drivers/driver.ts';
import { drivers } from '../../src/drivers/index.ts';
import { readLab } from '../../src/lab/read.ts';
import type { Lab } from '../../src/model/lab.ts';
import { addressesOf, clientOf, nameOfMac, nodeOf } from '../../src/model/lookup.ts';
import type { Service } from '../../src/model/service.ts';
import { endpoint } from '../../src/net/cidr.ts';
import type { ClientAddress, Packet } from '../../src/net/packet.ts';

function labNamed(name: string): Lab {
  const read = readLab(`labs/${name}/lab.yaml`);
  if (!read.ok) throw new Error(`labs/${name} is wrong`);
  return read.value;
}
const V4 = labNamed('fnat-two-arm');
const V6 = labNamed('fnat-ipv6');

/** The checks of a lab whose directors tell clients in this option. */
function checksWith(lab: Lab, service: Service, option: ClientOption | undefined, traffic?: Traffic) {
  const before = drivers.ipvs.clientOption;
  Object.assign(drivers.ipvs, { clientOption: () => option });
  try {
    return modeChecks(lab, service, () => (traffic ? Promise.resolve(traffic) : Promise.reject(new Error())));
  } finally {
    Object.assign(drivers.ipvs, { clientOption: before });
  }
}

/** How one connection goes: what is on its packets, and what its answer says. */
interface Going {
  /** The client in the options of its SYN, the ACK of its handshake, its first data, its later data. */
  readonly on?: Partial<Record<'syn' | 'ack' | 'data' | 'later', ClientAddress>>;
  /** The client that its real server reads, if it reads options. */
  readonly reads?: string;
  /** Whether the answer names client and server (the default). */
  readonly tells?: boolean;
}

/** Traffic of connections that go in these ways, to rs1 and rs2 in turn; `client` is the address of the client. */
function traffic(lab: Lab, protocol: 'tcp' | 'udp', goings: readonly Going[], client: string): Traffic {
  const [service] = lab.services as [Service];
  const lb = nodeOf(lab, 'lb');
  const lip = lb.lips[0]?.address ?? '';
  const packets: Packet[] = [];
  const requests = goings.map((going, i): Request => {
    const real = service.reals[i % service.reals.length] as Service['reals'][number];
    const card = nodeOf(lab, real.node).interfaces[0];
    const common = {
      segment: card?.segment ?? '',
      srcMac: lb.interfaces.find((l) => l.segment === card?.segment)?.mac ?? '',
      dstMac: card?.mac ?? '',
      ...{ src: lip, dst: real.address, srcPort: 1025 + i, dstPort: real.port, ttl: 63, length: 40 },
    };
    // The first numbers of connections, of which the last one is the greatest there is.
    const first = i === goings.length - 1 ? 2 ** 32 - 1 : 1000 * i;
    const flags = { rst: false, fin: false, ack: true, syn: false };
    const at = 1_000_000 * i;
    const { syn, ack, data, later } = going.on ?? {};
    const tcp = (ms: number, seq: number, more: object, size = 0, toa?: ClientAddress) =>
      packets.push({
        ...common,
        ...flags,
        ...{ kind: 'tcp', at: at + ms, seq: seq % 2 ** 32, payload: Buffer.alloc(size), ...(toa ? { toa } : {}) },
        ...more,
      } as Packet);
    if (protocol === 'tcp') {
      tcp(1, first, { syn: true, ack: false }, 0, syn);
      tcp(3, first + 1, {}, 0, ack);
      tcp(4, first + 1, {}, 74, data);
      tcp(6, first + 75, { fin: true }, 0, later);
    } else
      packets.push({ ...common, kind: 'udp', at, payload: Buffer.alloc(3), ...(data ? { uoa: data } : {}) } as Packet);
    const told =
      going.tells === false ? ['', '', ''] : [real.node, endpoint(lip, 1025 + i), endpoint(real.address, real.port)];
    return {
      ...{ status: 200, port: 40_000 + i, source: client, ms: 1, bytes: 80, unsent: 0 },
      ...{ server: told[0] ?? '', seenClient: told[1] ?? '', asked: told[2] ?? '', toldClient: going.reads ?? '' },
    };
  });
  return {
    requests,
    stretches: [{ words: 'directly', requests }],
    // Captures of several wires are one after the other.
    packets: packets.reverse(),
    directors: [lb],
    client: clientOf(lab),
    sources: [client],
    evidence: [],
  };
}

const CLIENT = addressesOf(clientOf(V4))[0] ?? '';
const CLIENT6 = addressesOf(clientOf(V6))[0] ?? '';
const own = (i: number, address = CLIENT): ClientAddress => ({ address, port: 40_000 + i });

/** Four connections that all go in a way... */
const all = (going: (i: number) => Going) => [0, 1, 2, 3].map(going);
/** ...but one of them in another. */
const but = (at: number, other: Going, going: (i: number) => Going) => all((i) => (i === at ? other : going(i)));
const onAck = (i: number): Going => ({ on: { ack: own(i) } });
const onBoth = (i: number): Going => ({ on: { ack: own(i), data: own(i) } });

async function judge(
  goings: readonly Going[],
  { lab = V4, client = CLIENT, protocol = 'tcp' as 'tcp' | 'udp' } = {},
): Promise<{ id: string; promise: string; ok: boolean; seen: string }> {
  const service: Service = { ...(lab.services[0] as Service), protocol };
  const option = protocol === 'tcp' ? 'toa' : 'uoa';
  const checks = checksWith(lab, service, option, traffic(lab, protocol, goings, client));
  const check = checks.find((c) => c.id.endsWith(`.${option}`)) as CheckSpec;
  const bed = { lab, nameOfMac: (mac: string) => nameOfMac(lab, mac) } as unknown as Bed;
  const { ok, seen } = await check.look(bed);
  return { id: check.id, promise: check.promise, ok, seen };
}

describe('the client in an option', () => {
  const ids = (option: ClientOption | undefined, lab = V4) =>
    checksWith(lab, lab.services[0] as Service, option).map((c) => c.id);

  it('is checked where the driver of every director tells it, and only there', () => {
    expect(ids(undefined)).not.toContain('fnat.toa');
    expect(ids('toa').filter((id) => !ids(undefined).includes(id))).toEqual(['fnat.toa']);
    expect(ids('uoa').filter((id) => !ids(undefined).includes(id))).toEqual(['fnat.uoa']);
    expect(ids('toa', { ...V4, nodes: V4.nodes.filter((n) => n.kind !== 'director') })).not.toContain('fnat.toa');
  });
  it('is not told by kernel LVS', () => {
    for (const service of [...V4.services, ...V6.services]) expect(drivers.ipvs.clientOption(service)).toBeUndefined();
  });
});

describe('TOA', () => {
  it.each([
    ['on the ACK of the handshake', all(onAck)],
    ['on the first data', all((i) => ({ on: { data: own(i) } }))],
    ['on both', all(onBoth)],
    ['where no answer names its client', all((i) => ({ ...onBoth(i), tells: false }))],
  ])('of every connection is right %s', async (_where, goings) =>
    expect(await judge(goings)).toMatchObject({ id: 'fnat.toa', ok: true, seen: '4 of 4 name their client' }),
  );
  it('of every connection is right, and real servers read it', async () =>
    expect(await judge(all((i) => ({ ...onBoth(i), reads: endpoint(CLIENT, 40_000 + i) })))).toMatchObject({
      ok: true,
      seen: '4 of 4 name their client; read by real servers in 4 of 4 answers',
    }));
  it('promises what it checks', async () =>
    expect((await judge(all(onAck))).promise).toBe(
      'every connection that arrives at a real server carries the client’s own address and port in TOA, on the ACK of its handshake or on its first data',
    ));

  const lacks = '3 of 4 name their client; without the option: 192.168.100.200:1026 at rs2';
  const other = (named: string) =>
    `3 of 4 name their client; with another client: 192.168.100.200:1026 at rs2 (${named})`;
  it.each<[string, readonly Going[], string]>([
    ['of one connection is missing', but(1, {}, onBoth), lacks],
    ['of one connection is on its SYN only', but(1, { on: { syn: own(1) } }, onBoth), lacks],
    ['of one connection comes late', but(1, { on: { later: own(1) } }, onBoth), lacks],
    [
      'names the LIP',
      but(1, { on: { ack: { address: '192.168.100.200', port: 1026 } } }, onBoth),
      other('192.168.100.200:1026'),
    ],
    ['names another port', but(1, { on: { ack: { address: CLIENT, port: 1026 } } }, onBoth), other('10.0.0.48:1026')],
    [
      'names another client on the data than on the ACK',
      but(1, { on: { ack: own(1), data: own(9) } }, onBoth),
      other('10.0.0.48:40001, 10.0.0.48:40009'),
    ],
    [
      'of one connection is read as none',
      but(1, { ...onBoth(1), reads: 'none' }, (i) => ({ ...onBoth(i), reads: endpoint(CLIENT, 40_000 + i) })),
      '4 of 4 name their client; read by real servers in 3 of 4 answers; misread: 10.0.0.48:40001 by rs2 (none)',
    ],
  ])('fails if it %s', async (_what, goings, seen) => {
    const judged = await judge(goings);
    expect(judged.ok).toBe(false);
    expect(judged.seen).toContain(seen);
  });
  it('fails if two connections have each other’s', async () => {
    const swapped = all((i) => ({ on: { ack: own(i < 2 ? 1 - i : i) } }));
    expect(await judge(swapped)).toMatchObject({
      ok: false,
      seen: expect.stringContaining('2 of 4 name their client'),
    });
  });
  it('fails if all have the same, although no answer names its client', async () =>
    expect(await judge(all(() => ({ on: { ack: own(0) }, tells: false })))).toMatchObject({
      ok: false,
      seen: expect.stringContaining(
        '0 of 4 name their client; with another client: 192.168.100.200:1025 at rs1 (10.0.0.48:40000)',
      ),
    }));
  it('fails if none has it, and if nothing arrived', async () => {
    expect(await judge(all(() => ({})))).toMatchObject({
      ok: false,
      seen: `0 of 4 name their client; without the option: ${[1025, 1026, 1027, 1028].map((p, i) => `192.168.100.200:${p} at rs${1 + (i % 2)}`).join(', ')}`,
    });
    expect(await judge([])).toMatchObject({ ok: false, seen: '0 of 0 name their client' });
  });
});

describe('TOA over IPv6', () => {
  const six = { lab: V6, client: CLIENT6 };
  const going = (i: number): Going => ({ on: { ack: own(i, CLIENT6), data: own(i, CLIENT6) } });
  it('is right', async () =>
    expect(await judge(all(going), six)).toMatchObject({ id: 'fnat.toa', ok: true, seen: '4 of 4 name their client' }));
  it('fails if one connection lacks it, or has another client', async () => {
    expect(await judge(but(3, {}, going), six)).toMatchObject({
      ok: false,
      seen: '3 of 4 name their client; without the option: [2407::201]:1028 at rs2',
    });
    const other = { on: { ack: { address: '2408::2', port: 40_003 } } };
    expect(await judge(but(3, other, going), six)).toMatchObject({
      ok: false,
      seen: '3 of 4 name their client; with another client: [2407::201]:1028 at rs2 ([2408::2]:40003)',
    });
  });
  it('is right of an IPv6 client before IPv4 servers', async () =>
    expect(await judge(all(going), { client: CLIENT6 })).toMatchObject({ ok: true, seen: '4 of 4 name their client' }));
});

describe('UOA', () => {
  const going = (i: number): Going => ({ on: { data: own(i) }, reads: endpoint(CLIENT, 40_000 + i) });
  const udp = { protocol: 'udp' as const };
  it('of every datagram is right', async () =>
    expect(await judge(all(going), udp)).toMatchObject({
      id: 'fnat.uoa',
      ok: true,
      seen: '4 of 4 name their client; read by real servers in 4 of 4 answers',
      promise:
        'every exchange of datagrams that arrives at a real server carries the client’s own address and port in UOA, on its first datagram',
    }));
  it('fails if one lacks it, or has another client', async () => {
    expect(await judge(but(0, { reads: 'none' }, going), udp)).toMatchObject({
      ok: false,
      seen: '3 of 4 name their client; without the option: 192.168.100.200:1025 at rs1; read by real servers in 3 of 4 answers; misread: 10.0.0.48:40000 by rs1 (none)',
    });
    expect(await judge(but(0, { on: { data: own(9) } }, going), udp)).toMatchObject({
      ok: false,
      seen: expect.stringContaining('with another client: 192.168.100.200:1025 at rs1 (10.0.0.48:40009)'),
    });
  });
});
