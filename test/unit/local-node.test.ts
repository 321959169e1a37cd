import { describe, expect, it } from 'vitest';
import type { Bed } from '../../src/checks/bed.ts';
import { healthTrafficChecks } from '../../src/checks/health.ts';
import { localChecks } from '../../src/checks/local.ts';
import { isReached, kept, reachedBy, replies } from '../../src/checks/served.ts';
import type { Traffic } from '../../src/checks/traffic.ts';
import { replyCheck } from '../../src/checks/way-back.ts';
import { balanceScript } from '../../src/drivers/ipvs/local-node.ts';
import { movesOf } from '../../src/faults/moves.ts';
import { parseFault } from '../../src/faults/parse.ts';
import { readLab } from '../../src/lab/read.ts';
import { partOf } from '../../src/layout/part-of.ts';
import { clientOf, found, macsOf, nameOfMac, nodeOf, serviceOf } from '../../src/model/lookup.ts';
import type { Packet } from '../../src/net/packet.ts';
import { outageBudget } from '../../src/scenario/budget.ts';
import { mistakesOf } from './lab.ts';

const made = readLab('labs/dr-localnode/lab.yaml');
if (!made.ok) throw new Error('the lab file is wrong');
const lab = made.value;
const web = serviceOf(lab, 'web');
const [client, lb1, lb2] = [clientOf(lab), nodeOf(lab, 'lb1'), nodeOf(lab, 'lb2')];
const ADDRESS = '10.20.0.48';

/** A packet of the connection from a client's port: an opening one, or with `back` a reply. */
function packet(from: typeof lb1, to: typeof lb1, port: number, back = false): Packet {
  const ends = { srcMac: macsOf(from)[0], dstMac: macsOf(to)[0], segment: 'lan', at: port };
  const asked = { src: ADDRESS, srcPort: port, dst: web.vip, dstPort: 80 };
  const told = { src: web.vip, srcPort: 80, dst: ADDRESS, dstPort: port };
  return { kind: 'tcp', family: 4, syn: true, ack: back, ...ends, ...(back ? told : asked) } as never;
}

function trafficOf(packets: readonly Packet[], served: readonly (readonly [port: number, by: string])[] = []): Traffic {
  const requests = served.map(([port, server]) => ({ status: 200, port, source: ADDRESS, server }));
  const rest = { stretches: [{ words: '', requests }], client, sources: [ADDRESS], evidence: [] };
  return { packets, requests, directors: [lb1], ...rest } as never;
}

/** Connection 1 stays on lb1; connection 2 goes to lb2. */
const right = [
  packet(client, lb1, 1),
  packet(lb1, client, 1, true),
  packet(client, lb1, 2),
  packet(lb1, lb2, 2),
  packet(lb2, client, 2, true),
];
/** lb2 sends connection 3 back. */
const pingPong = [packet(client, lb1, 3), packet(lb1, lb2, 3), packet(lb2, lb1, 3), packet(lb1, lb2, 3)];

const bed = { lab, nameOfMac: (mac: string) => nameOfMac(lab, mac) } as unknown as Bed;

describe('a director that is a real server', () => {
  it('has what it did not send on', () => {
    const t = trafficOf(right);
    expect(kept(lab, web, t).map((k) => [k.node, k.opening.srcPort])).toEqual([['lb1', 1]]);
    expect([...reachedBy(lab, web, t)]).toEqual([
      [`${ADDRESS}:1`, 'lb1'],
      [`${ADDRESS}:2`, 'lb2'],
    ]);
    expect(replies(lab, web, t)).toHaveLength(2);
  });
  it('is not reached by what it forwards', () => {
    const t = trafficOf([packet(client, lb1, 2), packet(lb1, lb2, 2), packet(lb2, client, 2, true)]);
    expect(web.reals.map((r) => isReached(lab, web, t, r))).toEqual([false, true]);
  });
  it('may reply to the client itself, and not for another', async () => {
    const judge = (packets: readonly Packet[]) =>
      replyCheck(lab, web, async () => trafficOf(packets), 'others').look(bed);
    expect(await judge(right)).toMatchObject({ ok: true });
    const through = [packet(client, lb1, 2), packet(lb1, lb2, 2), packet(lb1, client, 2, true)];
    expect(await judge(through)).toMatchObject({ ok: false });
  });
});

describe('once', () => {
  const look = async (t: Traffic) => found(localChecks(lab, web, async () => t)[0], 'check').look(bed);
  it('holds for what is kept, or forwarded once', async () =>
    expect(
      await look(
        trafficOf(right, [
          [1, 'lb1'],
          [2, 'lb2'],
        ]),
      ),
    ).toMatchObject({
      ok: true,
      seen: '1 forwarded once; 1 kept by lb1',
    }));
  it('takes no health check for a client', async () => {
    const check = { ...packet(lb2, lb1, 9), src: '10.20.0.12', dst: '10.20.0.11' } as Packet;
    expect(await look(trafficOf([...right, check]))).toMatchObject({ ok: true });
  });
  it('shows a ping-pong', async () =>
    expect(await look(trafficOf([...right, ...pingPong]))).toMatchObject({
      ok: false,
      seen: expect.stringMatching(/1 forwarded again: 10\.20\.0\.48:3 lb1 to lb2, then lb2 to lb1, then lb1 to lb2/),
    }));
  it('fails if a director answers what it has sent on', async () =>
    expect(await look(trafficOf(right, [[2, 'lb1']]))).toMatchObject({ ok: false }));
  it('is not asked where no director is a real server', () => {
    const other = readLab('labs/dr-one-arm/lab.yaml');
    if (!other.ok) throw new Error();
    expect(localChecks(other.value, serviceOf(other.value, 'web'), async () => trafficOf([]))).toEqual([]);
  });
});

describe('a lab with such directors', () => {
  it('runs the program on them, hides the VIP, and tells keepalived when to balance', () => {
    const part = partOf(lab, lb1);
    expect(Object.keys(part.programs).sort()).toEqual(['keepalived', 'nginx']);
    expect(part.ip).toContain('addr replace 10.20.0.100/32 dev lo');
    expect(part.sysctls['net.ipv4.conf.all.arp_ignore']).toBe('1');
    expect(String(part.files['/etc/keepalived/keepalived.conf'])).toMatch(/notify "\/lab\/scripts\/balance\.sh"/);
    expect(String(part.files['/etc/keepalived/keepalived.conf'])).toMatch(/lvs_sync_daemon eth0 id 1/);
    expect(balanceScript(lab, lb1)?.command).toMatch(/backup_only$/);
  });
  it('does not ask a director to check itself on a wire', () => {
    const [check] = healthTrafficChecks(lab, web);
    expect(check).toBeDefined();
  });
  it('has budgets of both: a takeover, and a server that is gone', () => {
    const budget = (text: string) => {
      const fault = parseFault(text, lab);
      if (!fault.ok) throw new Error(fault.error);
      return outageBudget(lab, web, fault.value, movesOf(lab, fault.value))?.words;
    };
    expect(budget('kill:lb1')).toMatch(/timeouts/);
    expect(budget('kill:lb2')).toMatch(/timeouts/);
    expect(budget('kill:lb1/keepalived')).toMatch(/^3 × 1\.00 s/);
    expect(budget('stop:lb1/nginx')).toMatch(/^every 1\.00 s \+ 1 retries/);
  });
  it('is a mistake in Full-NAT, and with DPVS', () => {
    const text = (mode: string, driver: string) => `lab: l
driver: ${driver}
segments: { lan: 10.20.0.0/24 }
nodes:
  client: { kind: client, lan: 10.20.0.48 }
  lb: { kind: director, lan: 10.20.0.11${mode === 'fnat' ? ', lips: [10.20.0.21]' : ''} }
  rs: { kind: realserver, lan: 10.20.0.2 }
services: { web: { vip: 10.20.0.100, port: 80, mode: ${mode}, reals: { lb: 1, rs: 1 } } }
`;
    for (const mode of ['dr', 'nat', 'tun']) expect([mode, mistakesOf(text(mode, 'ipvs'))]).toEqual([mode, []]);
    expect(mistakesOf(text('fnat', 'ipvs')).join()).toMatch(
      /cannot translate their source to a LIP; use nat, dr or tun/,
    );
    expect(mistakesOf(text('dr', 'dpvs')).join()).toMatch(/gives no packet to a program/);
    expect(mistakesOf(text('dr', 'ipvs').replace('lb: 1,', 'client: 1,')).join()).toMatch(
      /is a client; expected a realserver/,
    );
  });
});
