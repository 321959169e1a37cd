import { describe, expect, it } from 'vitest';
import type { Container } from '../../src/engine/engine.ts';
import { containerName, LABEL } from '../../src/engine/labels.ts';
import { brokenOf } from '../../src/plan/broken.ts';
import type { Running } from '../../src/plan/observe.ts';
import { fnatLab } from './lab.ts';

const lab = fnatLab();

function container(node: string | undefined, state: Container['state'] = 'running'): Container {
  const labels = { [LABEL.lab]: lab.name, [LABEL.node]: node ?? '' };
  return {
    id: node ?? 'fabric',
    name: containerName(lab.name, node),
    state,
    running: state === 'running',
    created: 0,
    labels,
  };
}

/** The lab whole, but for what is said. */
function running(change: Partial<Running> = {}): Running {
  const nodes = new Map(lab.nodes.map((n) => [n.name, container(n.name)]));
  const fabric = container(undefined);
  return {
    name: lab.name,
    lab,
    fabric,
    by: 'process 1 on here',
    nodes,
    containers: [fabric, ...nodes.values()],
    ...change,
  };
}

/** Without properties, which absent ones of a running lab are. */
function without<K extends keyof Running>(...names: readonly K[]): Running {
  return Object.fromEntries(Object.entries(running()).filter(([k]) => !names.includes(k as K))) as unknown as Running;
}

describe('what is broken of a lab', () => {
  it('is nothing when it is whole', () => expect(brokenOf(running())).toEqual([]));

  it.each([
    ['its fabric is gone', without('fabric', 'lab')],
    ['it was created by another version of lvslab', without('lab')],
    ['its fabric has ended', running({ fabric: container(undefined, 'ended') })],
  ] as const)('%s, and what mends it', (what, broken) =>
    expect(brokenOf(broken)).toEqual([
      { what: expect.stringContaining(what), mend: expect.stringMatching(/`lab up .* starts the lab over.*`lab down/) },
    ]),
  );

  it('is told where somebody left it unfinished', () => {
    expect(brokenOf(running(), 'all')[0]?.what).toBe(
      'it was never finished: process 1 on here started it, and has ended',
    );
    expect(brokenOf(running(), ['rs1']).map((b) => b.what)).toEqual(['the start of node rs1 was interrupted']);
  });

  it('is told of each node', () => {
    const nodes = new Map(running().nodes);
    nodes.delete('rs2');
    nodes.set('rs1', container('rs1', 'ended'));
    expect(brokenOf(running({ nodes, name: 'second' }))).toEqual([
      { what: 'node rs1 is not running', mend: expect.stringContaining('`lab logs second rs1` shows its last output') },
      {
        what: 'node rs2 is gone: its container was removed',
        mend: '`lab up fnat-keepalived --name second` recreates it',
      },
    ]);
  });
});
