import { describe, expect, it } from 'vitest';
import { graphOf } from '../../src/graph/graph.ts';
import { graphMermaid } from '../../src/graph/mermaid.ts';
import { graphSvg } from '../../src/graph/svg.ts';
import { graphText } from '../../src/graph/text.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import {
  fromTemplate,
  refusal,
  TEMPLATE_ARMS,
  TEMPLATE_FAMILIES,
  TEMPLATE_HA,
  TEMPLATE_MODES,
  TEMPLATE_PROTOCOLS,
  type Template,
} from '../../src/lab/template.ts';
import type { Lab } from '../../src/model/lab.ts';
import { inParallel, needOf } from '../../src/plan/pool.ts';
import { NO_FILES } from './lab.ts';

function read(text: string): Lab {
  const source = readSource('lab.yaml', Buffer.from(text));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error(lab.error.map(formatDiagnostic).join('\n'));
  return lab.value;
}

const all: Template[] = TEMPLATE_MODES.flatMap((mode) =>
  TEMPLATE_ARMS.flatMap((arm) =>
    TEMPLATE_FAMILIES.flatMap((family) =>
      TEMPLATE_PROTOCOLS.flatMap((protocol) =>
        TEMPLATE_HA.map((ha) => ({ name: 'mine', mode, arm, family, protocol, ha })),
      ),
    ),
  ),
);

describe('lab init', () => {
  it('makes a lab that validates of every choice that it does not refuse', () => {
    const made = all.filter((t) => refusal(t) === undefined);
    expect(made.length).toBeGreaterThan(60);
    for (const t of made)
      expect(read(fromTemplate(t)).services.length + read(fromTemplate(t)).snat.length).toBeGreaterThan(0);
  });

  it('refuses what cannot be, with the reason', () => {
    expect(refusal({ name: 'x', mode: 'snat', arm: 'one', family: '4', protocol: 'tcp', ha: 'vrrp' })).toMatch(
      /no VIP/,
    );
    expect(refusal({ name: 'x', mode: 'nat', arm: 'two', family: '4', protocol: 'tcp', ha: 'vrrp' })).toMatch(
      /gateway/,
    );
  });
});

const two: Template = { name: 'pic', mode: 'dr', arm: 'two', family: '4', protocol: 'tcp', ha: 'none' };

describe('a lab’s picture', () => {
  const picture = graphOf(read(fromTemplate(two)));

  it('as text hangs the nodes on the segments', () => {
    expect(graphText(picture)).toBe(`pic: lab init (dr, two-arm, IPv4)

                  client        lb1                gw                  rs1               rs2
                  client        director           switch              realserver        realserver
                  │             │                  │                   │                 │
wan ──────────────●─────────────●──────────────────●───────────────────┼─────────────────┼─────────────────
10.0.0.0/24         10.0.0.48   │ 10.0.0.1         │ 10.0.0.254        │                 │
                                │ VIP 10.0.0.100   │                   │                 │
lan ────────────────────────────●──────────────────●───────────────────●─────────────────●─────────────────
192.168.100.0/24                  192.168.100.1      192.168.100.254     192.168.100.2     192.168.100.3

rs1: VIP 10.0.0.100 on lo
rs2: VIP 10.0.0.100 on lo

web  tcp 10.0.0.100:80  dr, rr
  request  client → lb1 → rs1, rs2, still to 10.0.0.100
  reply    rs1, rs2 → client, from 10.0.0.100`);
  });

  it('as Mermaid and SVG holds every node, segment and address', () => {
    for (const text of [graphMermaid(picture), graphSvg(picture)])
      for (const word of ['client', 'lb1', 'gw', 'rs2', 'wan', 'lan', '192.168.100.254', 'VIP 10.0.0.100'])
        expect(text).toContain(word);
  });
});

describe('labs side by side', () => {
  const signal = new AbortController().signal;
  const run = async (needs: readonly number[], labs: number, memoryMb: number) => {
    let now = 0;
    let most = 0;
    const done = await inParallel(
      needs,
      (n) => n,
      { labs, memoryMb, words: '' },
      async (n) => {
        now++;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return n;
      },
      signal,
    );
    return { done, most };
  };

  it('are as many as asked for, and their results in order', async () =>
    expect(await run([1, 2, 3, 4, 5], 2, 100)).toEqual({ done: [1, 2, 3, 4, 5], most: 2 }));
  it('are only as many as memory bears', async () => expect((await run([60, 60, 60], 3, 100)).most).toBe(1));
  it('too large for the memory run all the same, alone', async () =>
    expect(await run([600, 10], 2, 100)).toEqual({ done: [600, 10], most: 1 }));
  it('end with the first error, once the others have come to rest', async () => {
    const work = async (n: number) => {
      if (n === 1) throw new Error('one');
      return n;
    };
    await expect(inParallel([1, 2], () => 1, { labs: 2, memoryMb: 9, words: '' }, work, signal)).rejects.toThrow('one');
  });
  it('need more memory for nodes with kernels of their own', () =>
    expect(needOf(read(fromTemplate({ ...two, mode: 'tun' })))).toBeGreaterThan(needOf(read(fromTemplate(two)))));
});
