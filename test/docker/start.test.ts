import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DIALECT } from '../../src/drivers/ipvs/dialect.ts';
import { keepalivedConf } from '../../src/drivers/keepalived-conf.ts';
import { readLab } from '../../src/lab/read.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { type LabFile, lab, labOk, withoutFiles, writeLab } from '../lab.ts';
import { containersOf, leavesNothing } from './state.ts';

const folder = leavesNothing('start', (name) => name === 'start');
afterAll(async () => {
  await lab(['down', 'start']);
});

/** A lab of the catalogue under the test's name, with more for one of its nodes. */
function but(name: string, node: string, more: Record<string, unknown>, beside: Record<string, string>): string {
  const file = withoutFiles(parse(readFileSync(`labs/${name}/lab.yaml`, 'utf8')) as LabFile);
  Object.assign(file.nodes[node] as object, more);
  return writeLab(folder, { ...file, lab: 'start' }, beside);
}

/** The configuration that lab makes for lb1 of fnat-keepalived. */
function right(): string {
  const made = readLab('labs/fnat-keepalived/lab.yaml');
  if (!made.ok) throw new Error('the lab file is wrong');
  return keepalivedConf(made.value, nodeOf(made.value, 'lb1'), DIALECT);
}

const keepalived = (from: string, to: string) =>
  but('fnat-keepalived', 'lb1', { keepalived: './lb1.conf' }, { 'lb1.conf': right().replace(from, to) });
const file = (name: string, node: string, place: string, content: string) =>
  but(name, node, { files: { [place]: './mine.conf' } }, { 'mine.conf': content });
const setup = (node: string, script: string) =>
  but('fnat-keepalived', node, { setup: './setup.sh' }, { 'setup.sh': script });

describe('lab up', () => {
  it.each([
    [
      'an unknown keyword of keepalived',
      () => keepalived('lb_algo', 'lb_algorithm'),
      /lb1\| .*\.\/lb1\.conf: Line \d+\) Unknown keyword 'lb_algorithm'[\s\S]*keepalived refuses \.\/lb1\.conf/,
    ],
    [
      'a mistyped word, which leaves a service without real servers',
      () => keepalived('real_server', 'real_sever'),
      /lb1\| .*\.\/lb1\.conf: Line \d+\) Unknown keyword 'real_sever'/,
    ],
    [
      'a brace too few for keepalived',
      () => keepalived('virtual_ipaddress {', 'virtual_ipaddress'),
      /lb1\| .*(missing '\{'|Extra '\}')[\s\S]*keepalived refuses \.\/lb1\.conf/,
    ],
    [
      'keepalived on a card that is not there',
      () => keepalived('interface eth0', 'interface ens192'),
      /\.\/lb1\.conf: Line \d+\) .*ens192 .*doesn't exist/,
    ],
    [
      'an unknown directive of nginx',
      () => file('fnat-keepalived', 'rs1', '/etc/nginx/nginx.conf', 'events {}\nhttp {\n  servr {}\n}\n'),
      /rs1\| .*unknown directive "servr" in \.\/mine\.conf:3[\s\S]*nginx refuses \.\/mine\.conf/,
    ],
    [
      'an unknown line of FRR',
      () => file('fnat-ospf', 'lb1', '/etc/frr/ospfd.conf', 'router ospf\n netwrk 10.0.0.0/8 area 0\n'),
      /lb1\| .*line 2: % Unknown command\[\d+\]: +netwrk[\s\S]*ospfd refuses \.\/mine\.conf/,
    ],
  ])('with %s fails by the program’s own words', async (_what, write, words) => {
    const { code, stderr } = await lab(['up', write()]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/these nodes did not come up: \w+: its init script ended with 1/),
    ]);
    expect(stderr).toMatch(words);
    expect(await containersOf('start')).toEqual([]);
  });

  it.each([
    ['in a kernel of its own', 'lb1', 'keepalived', '/usr/sbin/keepalived'],
    ['in the engine’s kernel', 'rs1', 'nginx', '/usr/sbin/nginx'],
  ])('with a program that ends, %s, fails at once by its last words', async (_what, node, name, program) => {
    const script = `cat > ${program} << 'END'\n#!/bin/sh\ncase "$*" in *-t*) exit 0;; esac\necho my last words\nexit 7\nEND\n`;
    const { code, stderr } = await lab(['up', setup(node, script)]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`these nodes did not come up: ${node}: ${name} ended with 7`),
    ]);
    expect(stderr).toMatch(new RegExp(`${node}\\| ${name}: my last words`));
    expect(await containersOf('start')).toEqual([]);
  });

  it('is ready when its programs listen', async () => {
    await labOk(['up', setup('rs1', 'true\n')]);
    const { stdout } = await labOk(['exec', 'start', 'rs1', '--', 'ss', '-Hltn', 'sport = :80']);
    expect(stdout.trim().split('\n').length).toBeGreaterThan(1);
    await labOk(['down', 'start']);
  });
});
