import { describe, expect, it } from 'vitest';
import type { Bed } from '../../src/checks/bed.ts';
import { modeChecks } from '../../src/checks/mode.ts';
import type { Segment, Traffic } from '../../src/checks/traffic.ts';
import { readLab } from '../../src/lab/read.ts';
import type { Lab } from '../../src/model/lab.ts';
import { clientOf, nameOfMac, nodeOf } from '../../src/model/lookup.ts';
import type { Service } from '../../src/model/service.ts';
import { mistakesOf } from './lab.ts';

function labNamed(name: string): Lab {
  const read = readLab(`labs/${name}/lab.yaml`);
  if (!read.ok) throw new Error(`labs/${name} is wrong`);
  return read.value;
}
const LAB = labNamed('nat-masquerade');
const [SERVICE] = LAB.services as [Service];

/** A connection of the client that reaches a real server from an address, and its reply to that address. */
function connection(n: number, seenFrom: string, options: { checked?: true } = {}): Segment[] {
  const real = SERVICE.reals[n % 2] as Service['reals'][number];
  const mac = (node: string, segment: string) =>
    nodeOf(LAB, node).interfaces.find((i) => i.segment === segment)?.mac ?? '';
  const segment = (s: string, from: string, to: string) => ({ segment: s, srcMac: mac(from, s), dstMac: mac(to, s) });
  const tcp = { kind: 'tcp', at: n, ttl: 63, length: 60, rst: false, fin: false, payload: Buffer.alloc(0) } as const;
  const opens = { ...tcp, seq: 1000 + n, syn: true, ack: false, srcPort: 40000 + n };
  return [
    ...(options.checked
      ? []
      : [{ ...opens, ...segment('wan', 'client', 'lb'), src: '10.21.0.48', dst: SERVICE.vip, dstPort: SERVICE.port }]),
    { ...opens, ...segment('lan', 'lb', real.node), src: seenFrom, dst: real.address, dstPort: real.port },
    {
      ...tcp,
      ...segment('lan', real.node, 'lb'),
      ...{ seq: 5, syn: true, ack: true, src: real.address, srcPort: real.port, dst: seenFrom, dstPort: 40000 + n },
    },
  ];
}

/** Returns which checks of the wire pass, and what they see. */
async function judge(packets: readonly Segment[]) {
  const traffic: Traffic = {
    requests: [],
    stretches: [{ words: '', from: 0, to: 1, requests: [], directors: ['lb'] }],
    packets,
    directors: [nodeOf(LAB, 'lb')],
    client: clientOf(LAB),
    sources: ['10.21.0.48'],
    evidence: [],
  } as unknown as Traffic;
  const bed = { lab: LAB, nameOfMac: (m: string) => nameOfMac(LAB, m) } as unknown as Bed;
  const checks = modeChecks(LAB, SERVICE, async () => traffic).filter((c) =>
    ['nat.source', 'nat.return'].includes(c.id),
  );
  const looks = await Promise.all(checks.map((c) => c.look(bed)));
  return Object.fromEntries(checks.map((c, i) => [c.id, looks[i]?.ok]));
}

describe('a service whose directors masquerade', () => {
  it('has an address of the director at its real servers, and replies to it', async () =>
    expect(await judge([...connection(0, '10.20.0.1'), ...connection(1, '10.20.0.1')])).toEqual({
      'nat.source': true,
      'nat.return': true,
    }));
  it('fails with the client’s own address at a real server', async () =>
    expect(await judge([...connection(0, '10.20.0.1'), ...connection(1, '10.21.0.48')])).toEqual({
      'nat.source': false,
      'nat.return': false,
    }));
  it('is not reached by what the director sends by itself', async () =>
    expect(
      await judge([...connection(0, '10.20.0.1'), ...connection(1, '10.20.0.1', { checked: true })]),
    ).toMatchObject({ 'nat.source': false }));
});

describe('the word masquerade', () => {
  const text = (service: string) => `lab: x
segments: { lan: 10.0.0.0/24 }
nodes:
  c: { kind: client, lan: 10.0.0.9 }
  lb: { kind: director, lan: 10.0.0.1, lips: [10.0.0.200] }
  rs: { kind: realserver, lan: 10.0.0.2 }
services:
  web: { vip: 10.0.0.99, port: 80, reals: { rs: 1 }, ${service} }
`;
  it.each([
    ['mode: dr, masquerade: true', /in dr replies pass no director/],
    ['mode: fnat, masquerade: true', /in fnat real servers see a LIP of the director already/],
    ['mode: nat, masquerade: maybe', /expected true or false/],
  ])('with %s is a mistake', (service, told) => expect(mistakesOf(text(service)).join('\n')).toMatch(told));
});
