import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lab, labOk, type Outcome, writeLab } from '../lab.ts';
import { leavesNothing } from './state.ts';

/** Milliseconds that any command on a lab of hostile nodes may take, on a machine that others use too. */
const DEADLINE_MS = 100_000;

const folder = leavesNothing('hostile', (lab) => lab === 'hostile');
/** A folder of this machine: what a node may want to write into. */
const outside = join(folder, 'outside');

/**
 * Nodes, by what their script does to the places that are written or read of them. A script has all that a node ever
 * has: root in its container, with the rights that containers with scripts are given.
 */
const SCRIPTS: Readonly<Record<string, string>> = {
  // Files of this node are under /lab2, which leads to the machine's own if a link can.
  link: `for root in /proc/[0-9]*/root; do [ ! -e "$root${outside}" ] || ln -sfn "$root${outside}" /lab2; done
[ -L /lab2 ] || ln -sfn /proc/1/root${outside} /lab2`,
  // Its own folder is elsewhere, and what we read of it is a FIFO.
  moved: `cp -a /lab /lab.real; rm -rf /lab 2>/dev/null || mv /lab /lab.old; ln -sfn /lab.real /lab
rm -f /lab/state; mkfifo /lab/state; rm -f /lab/ip.batch; mkfifo /lab/ip.batch`,
  // Folders where files belong.
  folders: `rm -f /lab/services; mkdir -p /lab/services/x /etc/hosts.d; rm -f /x; mkdir -p /x/y`,
  // A state that is huge, and a log that is, with words for the terminal in it.
  huge: `truncate -s 3G /lab/state.big; mv /lab/state.big /lab/state; yes "$(printf '\\033]0;owned\\007\\033[2J')" | head -c 3000000`,
  // Programs of ours that never end, or never stop talking.
  programs: `for p in svc pulse; do rm -f /usr/local/bin/$p; printf '#!/bin/sh\\nexec yes %s\\n' "$p" > /usr/local/bin/$p; chmod 755 /usr/local/bin/$p; done
ip=$(command -v ip); rm -f $ip; printf '#!/bin/sh\\necho {\\n' > $ip; chmod 755 $ip`,
  // More connections than anybody takes, none of which says who it is; and everything else that the socket could be made to do.
  babbler: `cat > /babble.pl <<'END'
use Socket;
my @all;
for (1 .. 3000) {
  socket(my $s, AF_UNIX, SOCK_STREAM, 0) or last;
  fcntl($s, 4, 2048);
  connect($s, sockaddr_un('/wire/sock')) or next;
  syswrite($s, $_ % 2 ? 'x' x 32 : '') if $_ % 3;
  push @all, $s;
}
sleep 1000;
END
setsid perl /babble.pl > /dev/null 2>&1 &
if { : > /wire/x; } 2> /dev/null; then echo "CAN write beside the socket"; fi
rm -f /wire/sock 2> /dev/null || true; [ -S /wire/sock ] || echo "CAN remove the socket"
true`,
  // A guest, whose word comes to its container by a file: where it is read there is something that never ends.
  guest: `rm -f /lab/state; mkfifo /lab/state; ln -sfn /proc/1/root${outside} /lab2`,
  // The known ways to root on the machine.
  mounts: `try() { if "$@" 2> /dev/null; then echo "CAN $*"; fi; }
mkdir -p /m
try mount -t cgroup -o memory none /m
try mount -t cgroup2 none /m
try mount -t proc none /m
try mount -t tmpfs none /m
try mount -o remount,rw /wire
try mount -o remount,rw /sys
try umount /wire
try unshare -m true
try unshare -p -f true
try mknod /dev/disk b 8 0
try mknod /dev/kmsg2 c 1 11
try sh -c 'echo 1 > /proc/sys/kernel/core_pattern'
try sh -c 'echo b > /proc/sysrq-trigger'
try chroot / true
try nsenter -t 1 -p true
true`,
};

/** What a server's node does only once it is up: the folder of the configuration that it needs to come up is elsewhere. */
const LATER = `rm -rf /etc/nginx; ln -sfn /proc/1/root${outside} /etc/nginx; for p in /proc/[0-9]*; do [ ! -e "$p/root${outside}" ] || ln -sfn "$p/root${outside}" /etc/nginx; done`;

beforeAll(async () => {
  mkdirSync(outside);
  const nodes = Object.fromEntries(
    Object.keys(SCRIPTS).map((name, i) => [
      name,
      {
        kind: 'host',
        lan: `10.0.0.${i + 1}`,
        ...(name === 'guest' ? { kernel: 'uml' } : {}),
        setup: `./${name}.sh`,
        files: name === 'link' ? { '/lab2/x': './x' } : { '/x': './x' },
      },
    ]),
  );
  const path = writeLab(
    folder,
    {
      lab: 'hostile',
      segments: { lan: '10.0.0.0/24' },
      nodes: { ...nodes, etc: { kind: 'host', lan: '10.0.0.100', serve: ['80/tcp'] } },
      scenario: [{ run: { on: 'link', do: 'true', title: 'it runs' } }],
    } as never,
    { ...Object.fromEntries(Object.entries(SCRIPTS).map(([name, text]) => [`${name}.sh`, `${text}\n`])), x: 'ours\n' },
  );
  await labOk(['up', path]);
}, DEADLINE_MS);
afterAll(async () => {
  await labOk(['down', 'hostile']);
});

/** Runs a command; an answer that comes late is none. */
async function soon(args: readonly string[]): Promise<Outcome> {
  const began = performance.now();
  const outcome = await lab(args);
  expect(performance.now() - began, `${args.join(' ')}\n${outcome.stderr}`).toBeLessThan(DEADLINE_MS);
  expect(outcome.stderr).not.toContain('should not have');
  return outcome;
}

describe('a node that means ill', () => {
  it.each([...Object.keys(SCRIPTS), 'etc'])(
    '(%s) is killed, and its files are laid anew: nothing is written outside',
    async (node) => {
      if (node === 'etc') await labOk(['exec', 'hostile', node, '--', 'sh', '-c', LATER]);
      await labOk(['fault', 'hostile', `kill:${node}`]);
      const { code, stderr } = await soon(['heal', 'hostile', `kill:${node}`]);
      // Either it is back, or it is told which node is not, and why.
      if (code !== 0) expect([node, stderr]).toEqual([node, expect.stringMatching(new RegExp(`\\b${node}:`))]);
      expect(readdirSync(outside)).toEqual([]);
    },
    DEADLINE_MS,
  );

  it('has none of the known ways to the machine', async () => {
    const logs = await Promise.all(['mounts', 'babbler'].map((node) => labOk(['logs', 'hostile', node])));
    for (const { stdout } of logs) expect(stdout.match(/CAN .*/g)).toBeNull();
  });

  it(
    'is told by name where its programs say what nobody can read, and the others are shown',
    async () => {
      const { stdout } = await soon(['inspect', 'hostile']);
      expect(stdout).toMatch(/^programs: `svc status` printed more than 32 MB$/m);
      expect(stdout).toMatch(/^guest +host +uml +running/m);
    },
    DEADLINE_MS,
  );

  it.each([
    ['inspect', ['inspect', 'hostile']],
    ['ls', ['ls']],
    ['test', ['test', 'hostile']],
    ['graph', ['graph', 'hostile']],
  ])(
    'does not make `lab %s` hang, fail without words, or send its own to the terminal',
    async (_verb, args) => {
      const { stdout, stderr } = await soon(args);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      expect((stdout + stderr).match(/[\x00-\x08\x0b-\x1f\x7f]/g)).toBeNull();
    },
    DEADLINE_MS,
  );
});
