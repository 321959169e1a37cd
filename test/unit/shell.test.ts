import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { kernels } from '../../src/kernels/index.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import { nodeFiles } from '../../src/layout/files.ts';
import type { Lab } from '../../src/model/lab.ts';
import { ok } from '../../src/result.ts';
import { shell } from '../../src/shell.ts';

/** A file of which every word is the user's. */
const FILE = `lab: NAME
segments: { NAMEseg: [10.0.0.0/24, "fd00::/64"], NAMEwire: none }
nodes:
  NAMEc: { kind: client, NAMEseg: [10.0.0.9, "fd00::9"], setup: PATH, serve: [80/tcp, 53/udp], routes: { 10.9.0.0/16: 10.0.0.1 } }
  NAMElb:
    kind: director
    NAMEseg: [10.0.0.1, "fd00::1"]
    NAMEwire: none
    lips: [10.0.0.11]
    devices: { NAMEdev: { bond: 1, over: NAMEwire, address: 10.8.0.1/24 } }
    sysctls: { net.ipv4.NAME: VALUE }
    setup: PATH
    files: { PLACE: PATH }
  NAMErs: { kind: realserver, NAMEseg: 10.0.0.2, setup: PATH }
services:
  NAMEweb:
    { vip: 10.0.0.100, port: 80, mode: fnat, reals: { NAMErs: 1 }, quorum: { weight: 1, up: COMMAND, down: COMMAND },
      health: { misc: COMMAND, every: 1s } }
vrrp:
  NAMEV: { on: NAMEseg, id: 1, priorities: { NAMElb: 100 }, addresses: [NAMEweb], track: [{ script: COMMAND }] }
`;

type Words = Readonly<Record<'NAME' | 'PATH' | 'PLACE' | 'COMMAND' | 'VALUE', string>>;

function labOf(words: Words): Lab {
  const put = (v: unknown): unknown => {
    if (typeof v === 'string')
      return Object.entries(words).reduce((text, [word, by]) => text.replaceAll(word, () => by), v);
    if (Array.isArray(v)) return v.map(put);
    if (v === null || typeof v !== 'object') return v;
    return Object.fromEntries(Object.entries(v).map(([key, value]) => [put(key), put(value)]));
  };
  const source = readSource('lab.yaml', Buffer.from(stringify(put(parse(FILE)))));
  const made = source.ok ? checkLab(source.value, () => ok({ bytes: Buffer.from('x'), mode: 0o644 })) : source;
  if (!made.ok) throw new Error(made.error.map((d) => d.message).join('\n'));
  return made.value;
}

/** Files of which the image's scripts take words to be commands and their arguments (images/node/lib). */
const WORDS = ['/lab/modules', '/lab/offload', '/lab/checks', '/lab/guest'];

/** What of a lab a shell reads as words of ours: its own command lines lie in a folder below, each a file. */
function words(made: Lab): readonly (readonly [string, string])[] {
  return made.nodes.flatMap((node) =>
    Object.values(kernels).flatMap((kernel) =>
      Object.entries(nodeFiles(made, node, kernel))
        .filter(([path]) => WORDS.includes(path) || (path.endsWith('.sh') && dirname(path) === '/lab'))
        .map(([path, file]) => [path, typeof file === 'string' ? file : file.base64] as const),
    ),
  );
}

describe('a shell program', () => {
  const tame = { NAME: 'a', PATH: './a.sh', PLACE: '/a', COMMAND: 'true', VALUE: '1' };

  it.each([
    "it's.sh",
    'p(1).sh',
    '$(touch /tmp/x).sh',
    '`reboot`.sh',
    '; exit 1 #.sh',
    'a"b\\.sh',
    '&& two words.sh',
    '-n',
    'new\nline.sh',
  ])('is the same whatever a lab calls its things: %s', (name) => {
    const line = name.replaceAll('\n', ' ');
    const wild = { NAME: 'b', PATH: name, PLACE: `/${line}`, COMMAND: name, VALUE: line };
    const [before, after] = [words(labOf(tame)), words(labOf(wild))];
    expect(new Set(before.map(([path]) => path))).toEqual(new Set([...WORDS, '/lab/setup.sh']));
    expect(after).toEqual(before);
  });

  it('has arguments, and nothing pasted into it: the compiler refuses it', () => {
    const name = String(Math.random());
    const seconds = 5;
    expect(shell(`ping -w ${seconds} "$1"`, name)).toEqual(['sh', '-ec', 'ping -w 5 "$1"', 'sh', name]);
    // @ts-expect-error a name is no part of a program
    shell(`ping ${name}`);
    // @ts-expect-error nor is what was put together elsewhere
    shell(name);
  });

  it('that is a script of the image is there, and is called', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
    const called = sources.flatMap((f) =>
      [...readFileSync(join('src', f), 'utf8').matchAll(/\bscript\(\s*'([^']+)'/g)].map(([, name]) => name ?? ''),
    );
    // boot.sh becomes the kernel that /lab/kernel names
    const booted = Object.values(kernels)
      .filter((k) => k.own)
      .map((k) => k.name);
    // The node's first process runs two, and scripts run others.
    const scripts = ['images/node/lib', 'images/dpvs-runtime/lib', 'images/qemu/lib', 'images/frr/lib'].flatMap(
      (folder) => readdirSync(folder).map((f) => `${folder}/${f}`),
    );
    const inside = ['images/node/src/nodectl.h', ...scripts].flatMap((f) =>
      [...readFileSync(f, 'utf8').matchAll(/(?:\$lib|\/lib\/lab)\/([\w-]+)\.sh/g)].map(([, name]) => name ?? ''),
    );
    const there = scripts.map((f) => basename(f, '.sh'));
    expect([...new Set([...called, ...booted, ...inside])].sort()).toEqual(there.sort());
  });

  it('is made in one place', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
    const makers = sources.filter((f) => /'(ba|da)?sh',\s*'-\w*c'/.test(readFileSync(join('src', f), 'utf8')));
    expect(makers.sort()).toEqual(['shell.ts']);
  });
});
