import { describe, expect, it } from 'vitest';
import { LABEL } from '../../src/engine/labels.ts';
import { spanOf } from '../../src/faults/standing.ts';
import { wires } from '../../src/faults/wires.ts';
import { readLab } from '../../src/lab/read.ts';
import type { Hand } from '../../src/plan/hand.ts';

const made = readLab('labs/dr-keepalived/lab.yaml');
if (!made.ok) throw new Error('labs/dr-keepalived is wrong');
const lab = made.value;

/** A hand whose commands in the fabric begin at one second, and whose plugs of one node move at these seconds. */
function handOf(kernel: 'uml' | 'host', flags: string, plugs: Readonly<Record<string, number>>): Hand {
  const nodes = new Map(lab.nodes.map((n) => [n.name, { running: true, labels: { [LABEL.kernel]: kernel } }]));
  return {
    lab,
    running: { nodes },
    timedInFabric: async () => ({ at: 1e6 }),
    timed: async (_node: string, command: readonly string[]) => ({ at: (plugs[command[3] ?? ''] ?? 0) * 1e6 }),
    run: async () => '',
    runInFabric: async () => `${flags}\n${flags}\n`,
    now: async () => 9e6,
  } as unknown as Hand;
}

describe('wires that are reconnected', () => {
  it('carry frames when the first plug is in, not when the fabric’s port is up', async () => {
    const hand = handOf('uml', '0x1003', { plug1: 4, plug2: 3 });
    expect(await wires(hand, 'c2', ['lan'], 'mended')).toBe(3e6);
  });
  it('carry frames when the port is up, if there is no plug', async () => {
    expect(await wires(handOf('host', '0x1003', {}), 'c2', ['lan'], 'mended')).toBe(1e6);
  });
  it('carry none any more when the port is down', async () => {
    expect(await wires(handOf('uml', '0x1002', {}), 'c2', ['lan'], 'cut')).toBe(1e6);
  });
});

describe('a change', () => {
  it('has taken effect by the time at which its command has ended', async () => {
    expect(await spanOf(handOf('host', '', {}), Promise.resolve(2e6))).toEqual({ at: 2e6, done: 9e6 });
  });
});
