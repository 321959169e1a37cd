import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takenName } from '../../src/kernels/device-names.ts';
import { kernels, PLAIN } from '../../src/kernels/index.ts';
import type { Kernel } from '../../src/kernels/kernel.ts';
import { nodeFiles } from '../../src/layout/files.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { KERNELS, type KernelName } from '../../src/model/words.ts';
import { needOf } from '../../src/plan/pool.ts';
import { fnatLab, mistakesOf } from './lab.ts';

/** Another kernel than those that there are: a file and a line of the registry. */
const stranger: Kernel = {
  ...kernels.host,
  name: 'stranger' as KernelName,
  own: true,
  takesMb: 1000,
  programs: ['/usr/bin/stranger'],
  devices: /^virt\d+$/,
  load: (modules) => modules.map((m) => `stranger-load ${m.name}`),
  files: () => ({ '/lab/stranger.sh': 'boots' }),
};
const registry = kernels as Record<string, Kernel>;

describe('kernels', () => {
  it('are in the registry by their own names', () =>
    expect(Object.entries(kernels).map(([name, kernel]) => [name, kernel.name])).toEqual(
      Object.keys(kernels).map((k) => [k, k]),
    ));
  it('are as many as there are words', () => expect(Object.keys(kernels).sort()).toEqual([...KERNELS].sort()));
  it('have one that nodes share', () => expect(kernels[PLAIN].own).toBe(false));
});

describe('a kernel that is new', () => {
  beforeEach(() => {
    registry['stranger'] = stranger;
  });
  afterEach(() => {
    delete registry['stranger'];
  });

  it('keeps the names of its devices for itself', () => {
    expect(takenName('virt3')).toBe('reserved for lab’s own devices');
    delete registry['stranger'];
    expect(takenName('virt3')).toBeUndefined();
  });
  it('keeps its programs for itself', () => {
    const text = `lab: x
segments: { lan: 10.0.0.0/24 }
nodes: { c: { kind: client, lan: 10.0.0.9, files: { /usr/bin/stranger: ./x } } }
`;
    const told = () => mistakesOf(text).filter((m) => m.includes('invalid path "/usr/bin/stranger"'));
    expect(told()).toHaveLength(1);
    delete registry['stranger'];
    expect(told()).toEqual([]);
  });
  it('counts with what it takes of the machine, also where any may be chosen', () => {
    const lab = fnatLab();
    const nodes = lab.nodes.map((n) => ({ ...n, kernel: stranger.name }));
    expect(needOf({ ...lab, nodes })).toBe(lab.nodes.length * 1000 + kernels[PLAIN].takesMb);
    const asked = needOf(lab);
    delete registry['stranger'];
    expect(asked).toBeGreaterThan(needOf(lab));
  });
  it('lays out its own files, and loads modules in its own way', () => {
    const lab = fnatLab();
    const files = nodeFiles(lab, nodeOf(lab, 'lb1'), stranger);
    expect(files['/lab/stranger.sh']).toBe('boots');
    expect(files['/lab/modules']).toBe('stranger-load ip_vs\n');
  });
});
