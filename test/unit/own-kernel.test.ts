import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { imageTag, NODE } from '../../src/engine/images.ts';
import { kernels } from '../../src/kernels/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-kernel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  delete process.env['LAB_QEMU'];
});
const { qemu } = kernels;
const STOCK = { name: 'qemu', on: NODE };

describe('the kernel of nodes under QEMU', () => {
  it('is of Debian’s version that is named', () => {
    expect(qemu.image?.(NODE)).toEqual(STOCK);
    process.env['LAB_QEMU'] = '6.1';
    expect(qemu.missing?.()).toBeUndefined();
    expect(qemu.image?.(NODE)).toEqual({ ...STOCK, arguments: { KERNEL: '6.1' } });
  });

  it('is the user’s own, by its content; links that lead nowhere are left out', () => {
    mkdirSync(join(folder, 'lib/modules/7.0-mine'), { recursive: true });
    writeFileSync(join(folder, 'bzImage'), 'kernel');
    process.env['LAB_QEMU'] = folder;
    expect(qemu.missing?.()).toBeUndefined();
    const tag = () => imageTag(qemu.image?.(NODE) ?? NODE);
    const before = tag();
    symlinkSync('/nowhere', join(folder, 'lib/modules/7.0-mine/build'));
    expect(tag()).toBe(before);
    writeFileSync(join(folder, 'bzImage'), 'another kernel');
    expect(tag()).not.toBe(before);
  });

  it.each(['nothing-there', '.'])('that is %s is a reason why it is not usable, and no image is asked for', (name) => {
    process.env['LAB_QEMU'] = join(mkdtempSync(join(folder, 'empty-')), name);
    expect(qemu.missing?.()).toMatch(
      /^LAB_QEMU or --qemu names \S+, which has not both bzImage and lib\/modules; name /,
    );
    expect(qemu.image?.(NODE)).toEqual(STOCK);
  });
});
