import { describe, expect, it } from 'vitest';
import { masterDownInterval } from '../../src/checks/adverts.ts';
import { junit, type Report } from '../../src/report/report.ts';
import { measure, parseSample, type Sample } from '../../src/scenario/outage.ts';
import { fnatLab } from './lab.ts';

/** Attempts every 25 ms from 0; those in the spans (milliseconds) are lost. */
function samples(...lost: readonly [number, number][]): Sample[] {
  return Array.from({ length: 400 }, (_, i) => {
    const at = i * 25;
    const ok = !lost.some(([from, to]) => at >= from && at < to);
    return { kind: 'new', n: i + 1, at: at * 1000, end: (at + (ok ? 2 : 800)) * 1000, lag: i === 3 ? 4000 : 0, ok };
  });
}

describe('an outage', () => {
  it('lasts from the first connection lost to the first after the last lost one', () => {
    expect(measure(samples([1000, 4250]), 990_000)).toMatchObject({
      outage: 3250,
      lost: 130,
      firstLossAfter: 10,
      recoveryAfter: 3260,
      flaps: 0,
      over: true,
    });
  });
  it('is none when nothing was lost', () =>
    expect(measure(samples(), 0)).toMatchObject({ outage: 0, lost: 0, over: true, worstLag: 4 }));
  it('before the fault is not the fault’s', () =>
    expect(measure(samples([0, 500]), 600_000)).toMatchObject({ lost: 0 }));
  it('that comes again is a flap', () =>
    expect(measure(samples([1000, 2000], [3000, 3500]), 0)).toMatchObject({ flaps: 1, outage: 2500 }));
  it('that does not end is not over', () => expect(measure(samples([1000, 99_999]), 0)).toMatchObject({ over: false }));
  it('is not over with the last connections answered, unless they are ten in a row', () => {
    const every = samples().map((s) => ({ ...s, ok: s.at < 1_000_000 || s.n % 2 === 0 }));
    expect(measure(every, 0)).toMatchObject({ over: false, recoveredAt: 9_975_000 });
    expect(measure(samples([1000, 9750]), 0)).toMatchObject({ over: true, outage: 8750 });
    expect(measure(samples([1000, 9775]), 0)).toMatchObject({ over: false });
  });
  it('tells when the held connection broke', () => {
    const held: Sample = { kind: 'held', n: 0, at: 1_000_000, end: 4_000_000, lag: 0, ok: false, why: 'reset' };
    const { flows } = measure([...samples(), held], 990_000);
    expect(flows).toEqual({ open: 1, survived: 0, broken: 1, first: { after: 3010, why: 'reset' } });
    expect(measure(samples(), 0)).toMatchObject({ flows: { open: 0 }, stream: undefined });
    const answered = { ...held, ok: true, end: 5_000_000 };
    expect(measure([...samples([1000, 4250]), answered], 990_000).flows).toMatchObject({ open: 1, survived: 1 });
  });
  it('counts held connections that survive, that break, and that are silent to the end', () => {
    const held = (n: number, end: number, ok: boolean): Sample => ({ kind: 'held', n, at: end, end, lag: 0, ok });
    const flows = [
      ...[0, 1, 2, 3].map((n) => held(n, 900_000, true)),
      held(0, 5_000_000, true),
      held(1, 2_000_000, false),
      held(2, 2_000_000, true), // within the outage, and never again
      held(3, 950_000, false), // before the fault: not the fault's
    ];
    expect(measure([...samples([1000, 4250]), ...flows], 990_000).flows).toMatchObject({
      open: 3,
      survived: 1,
      broken: 1,
    });
  });
  it('counts the datagrams of a stream that were lost, and answered twice', () => {
    const stream = Array.from({ length: 40 }, (_, i): Sample => {
      const at = i * 25_000;
      return { kind: 'stream', n: i + 1, at, end: at + 500, lag: 0, ok: i < 10 || i >= 14 };
    });
    const again: Sample = { kind: 'again', n: 3, at: 50_000, end: 51_000, lag: 0, ok: true };
    expect(measure([...stream, again], 0).stream).toEqual({ sent: 40, lost: 4, again: 1, gap: 125 });
    // One that ends within the silence has it all the same.
    expect(measure(stream.slice(0, 14), 0).stream).toMatchObject({ sent: 14, lost: 4, gap: 100 });
  });
  it('is read from whole lines only', () => expect(parseSample('{"kind":"new","at":1')).toBeUndefined());
});

describe('the VRRP budget', () => {
  it('is three adverts and the skew', () => {
    const [vrrp] = fnatLab().vrrp;
    expect(masterDownInterval(vrrp as never, 80)).toBe(3687.5);
    expect(masterDownInterval(vrrp as never, 100)).toBe(3609.375);
  });
});

describe('a report', () => {
  const base = {
    subject: 'web',
    step: 'a <step>',
    promised: 'p',
    seen: 'x < y & "z"\u0001',
    evidence: ['lan.pcap'],
    ms: 12,
  };
  const report: Report = {
    lab: 'l',
    file: 'f',
    source: '',
    started: '2026-01-01T00:00:00Z',
    ms: 1500,
    interrupted: true,
    engine: { version: '1', apiVersion: '1.41', kernel: '6', address: 'unix' },
    nodes: [{ name: 'lb1', kind: 'director', kernel: 'uml', kernelVersion: '7.2.7' }],
    software: ['keepalived 2.3.3'],
    counts: { passed: 1, failed: 1, inconclusive: 1, skipped: 1 },
    earlier: [],
    left: [],
    results: (['passed', 'failed', 'inconclusive', 'skipped'] as const).map((verdict) => ({
      ...base,
      id: verdict,
      verdict,
    })),
  };
  it('as JUnit is escaped, counts each verdict, and says that it was interrupted', () => {
    const xml = junit([report]);
    expect(xml).toContain('tests="5" failures="1" errors="2" skipped="1"');
    expect(xml).toContain('message="x &lt; y &amp; &quot;z&quot;\ufffd"');
    expect(xml).toContain('interrupted before the end of the scenario');
    expect(xml).toContain('<property name="kernel of lb1" value="uml 7.2.7"/>');
    expect(xml).toContain('evidence: lan.pcap');
    expect(xml).not.toContain('\u0001');
  });
});
