import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { imageTag, NODE } from '../../src/engine/images.ts';
import { readLab } from '../../src/lab/read.ts';
import { ownFrrChecks, whyNoFrr, withOwnFrr } from '../../src/nodes/own-frr.ts';
import { imageOfNode, imagesOf } from '../../src/plan/choose-kernels.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-own-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  delete process.env['LAB_FRR'];
});

const ELF = '\x7fELF and more';
/** Names a build with these files as the user's; returns its folder. */
function build(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name, file)), { recursive: true });
    writeFileSync(join(folder, name, file), content);
  }
  process.env['LAB_FRR'] = join(folder, name);
  return join(folder, name);
}
const WHOLE = { 'sbin/mgmtd': ELF, 'sbin/zebra': ELF, 'sbin/ospfd': ELF, 'lib/libfrr.so.0': ELF };

describe('an FRR of the user', () => {
  it('is in the image of nodes by its programs and libraries, wherever they are, and scripts of their names are not', () => {
    expect(withOwnFrr(NODE)).toBe(NODE);
    const at = build('tree', {
      'zebra/zebra': '#!/bin/sh\n',
      'zebra/.libs/zebra': ELF,
      'mgmtd/.libs/mgmtd': ELF,
      'lib/.libs/libfrr.so.0': ELF,
      'lib/.libs/libfrr.so.0.0.0': ELF,
      'lib/.libs/libfrr.a': ELF,
      'doc/zebra.rst': 'text',
    });
    expect(whyNoFrr()).toBeUndefined();
    expect(withOwnFrr(NODE)).toEqual({
      name: 'frr',
      on: NODE,
      brings: {
        'libfrr.so.0': join(at, 'lib/.libs/libfrr.so.0'),
        mgmtd: join(at, 'mgmtd/.libs/mgmtd'),
        zebra: join(at, 'zebra/.libs/zebra'),
      },
    });
    const tag = imageTag(withOwnFrr(NODE));
    writeFileSync(join(at, 'zebra/.libs/zebra'), `${ELF}, built again`);
    expect(imageTag(withOwnFrr(NODE))).not.toBe(tag);
  });

  it('is checked for its libraries, as far as it has the program', () => {
    expect(ownFrrChecks(['mgmtd', 'zebra', 'bgpd'])).toEqual([]);
    build('whole', WHOLE);
    expect(ownFrrChecks(['mgmtd', 'zebra', 'bgpd']).map((c) => c.file)).toEqual(['/opt/frr/mgmtd', '/opt/frr/zebra']);
  });

  it('is only in nodes that run FRR', () => {
    const read = readLab('labs/fnat-ospf/lab.yaml');
    if (!read.ok) throw new Error('the lab file is wrong');
    const lab = read.value;
    build('whole', WHOLE);
    const own = lab.nodes.filter((n) => imageOfNode(lab, n, 'host').name === 'frr').map((n) => n.kind);
    expect(new Set(own)).toEqual(new Set(['director', 'switch']));
    expect(imagesOf(lab).map((i) => i.name)).toContain('frr');
  });

  it.each([
    ['nothing-there', 'which is no folder'],
    ['whole/sbin/zebra', 'which is no folder'],
    ['whole/lib', 'in which there is no program mgmtd and no zebra'],
  ])('that is at %s is a reason why its labs cannot run', (name, why) => {
    build('whole', WHOLE);
    process.env['LAB_FRR'] = join(folder, name);
    expect(whyNoFrr()).toContain(`LAB_FRR or --frr names ${join(folder, name)}, ${why}`);
    const read = readLab('labs/fnat-ospf/lab.yaml');
    expect(() => read.ok && imagesOf(read.value)).toThrow(/FRR is not available/);
  });
});
