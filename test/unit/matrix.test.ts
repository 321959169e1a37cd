import { describe, expect, it } from 'vitest';
import { cellsOf, parseAxis } from '../../src/commands/matrix.ts';
import { matrixText } from '../../src/output/lines.ts';
import type { Report } from '../../src/report/report.ts';

const axes = (...written: string[]) =>
  written.map((w) => {
    const axis = parseAxis(w);
    if (typeof axis === 'string') throw new Error(axis);
    return axis;
  });

describe('a matrix', () => {
  it('is every combination, the last axis changing fastest; versions for QEMU mean that nodes run it', () => {
    const cells = cellsOf(axes('qemu=5.10,6.1', 'keepalived=image,./mine'), {});
    expect(cells.map((c) => c.words)).toEqual([
      'qemu=5.10 keepalived=image',
      'qemu=5.10 keepalived=./mine',
      'qemu=6.1 keepalived=image',
      'qemu=6.1 keepalived=./mine',
    ]);
    expect(cells[2]).toMatchObject({ number: 3, options: { kernel: 'qemu', qemu: '6.1', keepalived: '' } });
  });

  it('has the kernel that is said, as an axis or for all', () => {
    expect(cellsOf(axes('kernel=uml,qemu', 'qemu=6.1'), {}).map((c) => c.options.kernel)).toEqual(['uml', 'qemu']);
    expect(cellsOf(axes('qemu=6.1'), { kernel: 'auto' })[0]?.options.kernel).toBeUndefined();
  });

  it.each([
    ['colour=red', /^expected AXIS=VALUE,VALUE with one of kernel, driver, qemu, keepalived, frr/],
    ['kernel', /^each value of kernel is one of host, uml, qemu/],
    ['kernel=linux', /^each value of kernel is one of host, uml, qemu/],
    ['keepalived=image,', /^each value of keepalived is `image` for the image’s own, or a program/],
  ])('refuses %s, and says what is expected', (written, expected) => expect(parseAxis(written)).toMatch(expected));

  it('ends with a line for each combination: verdict, counts, and the outages of faults', () => {
    const report = (cell: string, outage: number, failed: number) =>
      ({
        ...{ lab: `pair-${cell.length}`, cell, ms: 1000, interrupted: false },
        counts: { passed: 3, failed, inconclusive: 0, skipped: 0 },
        results: [{ id: 'fault.outage', figures: { outage } }],
      }) as unknown as Report;
    const text = matrixText(
      [report('qemu=6.1', 3000, 0), report('qemu=5.10', 3500, 1)],
      { passed: 6, failed: 1, inconclusive: 0, skipped: 0 },
      2000,
    );
    expect(text.split('\n')).toEqual([
      'pass  qemu=6.1   pair-8  3 passed, 0 failed  outage 3.00 s',
      'FAIL  qemu=5.10  pair-9  3 passed, 1 failed  outage 3.50 s',
      '1 of 2 runs passed: 6 passed, 1 failed in 2.00 s',
    ]);
  });
});
