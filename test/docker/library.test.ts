import { describe, expect, it } from 'vitest';
import { type Event, Failure, Lab } from '../../src/library/index.ts';
import type { Packet } from '../../src/net/packet.ts';
import { parsePacket } from '../../src/net/parse-packet.ts';
import { PcapReader } from '../../src/net/pcap.ts';
import { fnatFile, writeLab } from '../lab.ts';
import { containersOf, leavesNothing } from './state.ts';

const folder = leavesNothing('library', (name) => name === 'library');
const path = () => writeLab(folder, { ...fnatFile(), lab: 'library', scenario: [{ contract: 'web' }] });
const VIP = 'http://192.168.100.254';

describe('the library', () => {
  it('brings a lab up, works with it, and removes it', async () => {
    const told: Event[] = [];
    const lab = await Lab.up(path(), { onEvent: (event) => told.push(event) });
    try {
      expect(lab.name).toBe('library');
      const heard = lab.events();
      expect(await lab.exec('client', 'curl', '-s', '-m', '2', VIP)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/I am rs[12]/),
      });
      expect(await lab.exec('client', 'sh', '-c', 'echo no >&2; exit 7')).toMatchObject({ code: 7, stderr: 'no\n' });

      const capture = await lab.capture('lan', { filter: ['tcp', 'dst', 'port', '80'] });
      await lab.exec('client', 'curl', '-s', '-m', '2', VIP);
      await capture.stop();
      const reader = new PcapReader();
      const packets: Packet[] = [];
      for await (const chunk of capture.pcap)
        packets.push(...reader.push(chunk as Buffer).map((frame) => parsePacket(frame, 'lan')));
      expect(packets.some((p) => p.kind === 'tcp' && p.syn && p.dst === '192.168.100.254')).toBe(true);
      await capture[Symbol.asyncDispose]();
      await expect(lab.capture('lan', { filter: ['no', 'filter'] })).rejects.toMatchObject({
        reason: 'capture-refused',
      });

      const before = Date.now() - 60_000;
      expect((await lab.fault('stop:rs1/nginx')).getTime()).toBeGreaterThan(before);
      expect(await lab.heal('stop:rs1/nginx')).toEqual([expect.stringContaining('nginx on rs1 started again')]);
      expect(await lab.heal()).toEqual(['no active faults']);

      const { figures, budget, error, report } = await lab.outage({ fault: 'kill:lb1', runs: 2 });
      expect(figures['outage']?.runs).toBe(2);
      expect(budget).toBeGreaterThan(3000);
      expect(error).toBeGreaterThan(0);
      expect(report.results.map((r) => r.id)).toContain('failover.outage');

      const tested = await lab.test();
      expect(tested.counts.passed).toBeGreaterThan(10);
      const { value } = await heard.next();
      expect(value).toMatchObject({ type: 'step' });
      expect(told).toContainEqual(expect.objectContaining({ type: 'lab', state: 'up' }));
    } finally {
      await lab[Symbol.asyncDispose]();
    }
    expect(await containersOf('library')).toEqual([]);
  });

  it('leaves a lab that it has not started, and says why it cannot do something', async () => {
    const mine = await Lab.up(path());
    try {
      const other = await Lab.running('library');
      await expect(other.exec('nobody', 'true')).rejects.toThrow(/nobody/);
      await expect(other.fault('kil:lb1')).rejects.toMatchObject({ reason: 'invalid-fault' });
      await expect(other.outage({ fault: 'kill:lb1', runs: 0 })).rejects.toMatchObject({ reason: 'too-few-runs' });
      await other[Symbol.asyncDispose]();
      expect(await containersOf('library')).not.toEqual([]);
      await (await Lab.up(path()))[Symbol.asyncDispose]();
      expect(await containersOf('library')).not.toEqual([]);
      await mine.down();
      expect(await containersOf('library')).toEqual([]);
      await expect(Lab.running('library')).rejects.toBeInstanceOf(Failure);
    } finally {
      await mine[Symbol.asyncDispose]();
    }
  });

  it('takes back what it has begun when its signal says so', async () => {
    const controller = new AbortController();
    const up = Lab.up(path(), {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'node' && event.state === 'booting') controller.abort(new Error('enough'));
      },
    });
    await expect(up).rejects.toThrow();
    expect(await containersOf('library')).toEqual([]);
  });
});
