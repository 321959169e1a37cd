import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lab, labOk, writeLab } from '../lab.ts';
import { leavesNothing } from './state.ts';

const NAME = 'intake';
const folder = leavesNothing(NAME, (name) => name === NAME);

/** Names that a shell would take for something else. */
const ODD = ["it's.sh", 'p(1).sh', '$(touch pwned).sh', '`touch pwned`.sh', '; touch "pwned" #.sh', '-e two  words.sh'];

const KERNELS = ['host', 'uml'] as const;

/** A lab in which each odd name is a setup script of a node, of either kernel, and a file of it. */
function write(more: Readonly<Record<string, string>> = {}): string {
  const nodes = KERNELS.flatMap((kernel, k) =>
    ODD.map((name, i) => [
      `${kernel}${i}`,
      {
        kind: 'host',
        kernel,
        lan: `10.0.${k}.${i + 1}`,
        setup: `./${name}`,
        files: { [`/root/${name}`]: `./${name}` },
      },
    ]),
  );
  const file = writeLab(folder, {
    lab: NAME,
    segments: { lan: '10.0.0.0/16' },
    nodes: Object.fromEntries(nodes),
    services: {},
    vrrp: {},
    scenario: [],
  });
  for (const name of ODD) writeFileSync(join(dirname(file), name), more[name] ?? 'echo ran > /ran\n');
  return file;
}

describe('names of a lab that mean something to a shell', () => {
  beforeAll(async () => void (await labOk(['up', write(), '--no-wait'])), 300_000);
  afterAll(() => labOk(['down', NAME]));

  it.each(KERNELS.flatMap((kernel) => ODD.map((name, i) => [name, `${kernel}${i}`] as const)))(
    '%s is only the name of a script that runs, and of a file: %s',
    async (name, node) => {
      const run = (...command: readonly string[]) => lab(['exec', NAME, node, '--', ...command]);
      expect(await run('cat', '/ran', `/root/${name}`)).toMatchObject({ code: 0, stdout: 'ran\necho ran > /ran\n' });
      expect(await run('ls', '/pwned')).toMatchObject({ code: 2 });
    },
  );
});

it('a script of such a name that fails is told by it', async () => {
  const { code, stdout, stderr } = await lab(['up', write({ [ODD[1] ?? '']: 'true\nfalse\n' }), '--no-wait']);
  expect([code, stdout + stderr]).toEqual([1, expect.stringMatching(/\.\/p\(1\)\.sh:2: "false" ended with 1/)]);
}, 300_000);
