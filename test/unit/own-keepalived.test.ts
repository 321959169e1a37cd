import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { imageTag, NODE } from '../../src/engine/images.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-own-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  delete process.env['LAB_KEEPALIVED'];
});
const { ipvs } = drivers;

describe('a keepalived of the user', () => {
  it('is in the image of directors, by its content, and otherwise the image is the one of every node', () => {
    expect(ipvs.image()).toBe(NODE);
    const tags = ['one', 'other'].map((content) => {
      const file = join(folder, content);
      writeFileSync(file, content);
      process.env['LAB_KEEPALIVED'] = file;
      expect(ipvs.missing()).toBeUndefined();
      expect(ipvs.image()).toEqual({ name: 'keepalived', on: NODE, brings: file });
      return imageTag(ipvs.image());
    });
    expect(new Set([...tags, imageTag(NODE)]).size).toBe(3);
  });
  it.each(['nothing-there', '.'])('that is %s is a reason why its labs cannot run', (name) => {
    process.env['LAB_KEEPALIVED'] = join(folder, name);
    expect(ipvs.missing()).toMatch(/LAB_KEEPALIVED or --keepalived names \S+, which is no file; name the program/);
  });
});
