import { describe, expect, it } from 'vitest';
import { screenText } from '../../src/commands/watch.ts';
import { readAsked } from '../../src/live/asked.ts';
import { changesBetween } from '../../src/live/changes.ts';
import type { LiveState } from '../../src/live/data.ts';
import { Gaps } from '../../src/live/gaps.ts';
import { stripText } from '../../src/live/strip-text.ts';
import type { Timeline } from '../../src/page/data.ts';

const real = (node: string, weight: number) => ({
  ...{ node, address: `${node}:80`, forward: 'Masq', weight, active: 1, inactive: 2, rate: 3 },
});
const STATE: LiveState = {
  name: 'mine',
  up: 'running',
  nodes: [{ name: 'lb1', kind: 'director', state: 'running' }],
  masters: [{ instance: 'VI_1', nodes: ['lb1'] }],
  tables: [
    {
      node: 'lb1',
      services: [
        { name: 'web', entry: 'tcp 10.0.0.1:80', scheduler: 'rr', reals: [real('rs1', 100), real('rs2', 100)] },
      ],
    },
  ],
  active: [],
  probe: 'client asks every 50 ms',
};
const withReals = (...reals: ReturnType<typeof real>[]): LiveState => ({
  ...STATE,
  tables: STATE.tables.map((t) => ({ ...t, services: t.services.map((s) => ({ ...s, reals })) })),
});
const told = (before: LiveState | undefined, after: LiveState) => changesBetween(before, after).map((c) => c.text);

describe('what changes in a lab', () => {
  it('is nothing if nothing changes', () => expect(told(STATE, STATE)).toEqual([]));

  it('is told at first as what is', () =>
    expect(told(undefined, { ...STATE, active: ['cut:lb2'] })).toEqual([
      'the lab runs',
      'lb1 is master of VI_1',
      'cut:lb2 is active',
    ]));

  it('is a master that goes, and one that comes', () => {
    const none = { ...STATE, masters: [{ instance: 'VI_1', nodes: [] }] };
    expect(told(STATE, none)).toEqual(['VI_1 has no master']);
    expect(told(none, { ...STATE, masters: [{ instance: 'VI_1', nodes: ['lb1', 'lb2'] }] })).toEqual([
      'lb1 and lb2 are masters of VI_1',
    ]);
  });

  it('is a node that ends, and a fault', () =>
    expect(
      changesBetween(STATE, {
        ...STATE,
        nodes: [{ name: 'lb1', kind: 'director', state: 'ended' }],
        active: ['kill:lb1'],
      }),
    ).toEqual([
      { kind: 'node', text: 'lb1 is ended' },
      { kind: 'fault', text: 'kill:lb1 is active' },
    ]));

  it('is a fault that is healed, with what it broke', () => {
    const hurt: LiveState = { ...STATE, trouble: 'lb1 has ended', active: ['kill:lb1'] };
    expect(told(hurt, STATE)).toEqual(['the lab runs', 'kill:lb1 is healed']);
    expect(told(STATE, hurt)).toEqual(['lb1 has ended', 'kill:lb1 is active']);
  });

  it('is a real server that goes, comes or gets another weight, by its address', () => {
    expect(told(STATE, withReals(real('rs1', 100)))).toEqual(['lb1 takes rs2 out of web']);
    expect(told(withReals(real('rs1', 100)), STATE)).toEqual(['lb1 takes rs2 into web, weight 100']);
    expect(told(STATE, withReals(real('rs1', 0), real('rs2', 100)))).toEqual([
      'lb1 gives rs1 in web weight 0, before 100',
    ]);
  });

  it('is an engine that is lost, and found again', () => {
    const lost: LiveState = { ...STATE, up: 'unknown', trouble: 'no engine answers', masters: [], tables: [] };
    expect(told(STATE, lost)).toEqual(['no engine answers']);
    expect(told({ ...lost, active: ['kill:lb1'] }, STATE)).toEqual([
      'the lab runs',
      'lb1 is master of VI_1',
      'kill:lb1 is healed',
    ]);
    expect(told(STATE, { ...STATE, up: 'gone', nodes: [] })).toEqual(['the lab is gone']);
  });
});

describe('gaps', () => {
  const run = (text: string) => {
    const gaps = new Gaps('client');
    return [...text].flatMap((c, i) => gaps.next({ at: i * 50_000, ok: c === '.' })?.text ?? []);
  };

  it('are told when they begin and end', () =>
    expect(run('....xxxx....')).toEqual(['client gets no answer', 'client is answered again: 4 lost in 200 ms']));

  it('begin with a second loss, and end only when answers stay', () => {
    expect(run('..x.......')).toEqual([]);
    expect(run('..xx.x..xx...')).toEqual(['client gets no answer', 'client is answered again: 5 lost in 400 ms']);
  });

  it('are told apart', () => expect(run('.xx...xx...')).toHaveLength(4));
});

describe('requests of a page', () => {
  it('are of known kinds, with all that they need and nothing else', () => {
    expect(readAsked('{"type":"fault","id":1,"lab":"mine","fault":"kill:lb1"}')).toMatchObject({ ok: true });
    for (const text of [
      'x',
      '[]',
      '{}',
      '{"type":"exec","id":1,"lab":"mine","command":"id"}',
      '{"type":"fault","id":1,"lab":"mine"}',
      '{"type":"fault","id":1,"lab":"mine","fault":"kill:lb1","more":1}',
      '{"type":"weight","id":1,"lab":"mine","service":"web","real":"rs1","weight":-1}',
      `{"type":"watch","id":1,"lab":"${'x'.repeat(81)}"}`,
    ])
      expect([text, readAsked(text).ok]).toEqual([text, false]);
  });
});

const TIMELINE: Timeline = {
  title: '',
  from: -60_000,
  to: 0,
  probes: [
    {
      client: 'client',
      fresh: { at: [-600_000, 10_000, 10_000], took: [1, 1, 1], lost: [1] },
      held: { at: [], took: [], lost: [] },
    },
  ],
  marks: [],
  lanes: [
    {
      node: 'lb1',
      instance: 'VI_1',
      adverts: [],
      resigned: [],
      announced: [],
      reigns: [{ from: -60_000, to: -57_500 }],
    },
  ],
  outages: [],
};

describe('the terminal', () => {
  it('draws a strip of characters', () => {
    const [client = '', lb1 = ''] = stripText(TIMELINE);
    expect(client.slice(0, 17)).toBe('client       ▂×▂ ');
    expect(lb1.slice(0, 18)).toBe('lb1          ███··');
  });

  it('shows all of a lab', () => {
    const text = screenText({ ...STATE, active: ['cut:lb2'] }, TIMELINE, [{ at: 0, kind: 'told', text: 'hello' }]);
    for (const part of [
      'mine  running',
      'lb1 is master of VI_1',
      'active faults: cut:lb2',
      '-> rs1',
      'weight 100',
      'hello',
    ])
      expect(text).toContain(part);
  });
});
