/**
 * The parsers of the node's own programs (images/node/src) take whatever bytes come: each is fed altered examples
 * under gcc's sanitizers for addresses and undefined behaviour (test/fuzz), where those programs are compiled.
 * FUZZ_SEED and FUZZ_INPUTS choose others than the usual ones; a failure names its seed and the very input.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerEngine } from '../../src/engine/docker.ts';
import { docker } from './state.ts';

const SOURCES = 'images/node/src';
const SEED = process.env['FUZZ_SEED'] ?? '1';
const INPUTS = process.env['FUZZ_INPUTS'] ?? '200000';
/** The stage of the image's Dockerfile that has the compiler; whoever built the image has it. */
const STAGE = 'compiler';
const TAG = `lvslab-test/${STAGE}`;

/** Each harness of test/fuzz, and what it needs of the programs' own sources. */
const HARNESSES = {
  frames: ['frames.c', 'buf.c', 'die.c'],
  services: ['services.c', 'ready.c', 'numbers.c', 'buf.c', 'die.c'],
  answers: ['answers.c', 'numbers.c'],
  segment: ['segment.c'],
  option: ['option.c'],
  request: ['request.c', 'answers.c', 'numbers.c'],
  arguments: ['address.c', 'numbers.c'],
  job: ['job.c', 'numbers.c'],
} as const;

const engine = dockerEngine();
let container: string;

function fuzz(harness: string, seed: string, inputs: string, sources: readonly string[]) {
  const own = sources.map((file) => join('/', SOURCES, file));
  return engine.exec(container, ['sh', '/test/fuzz/run.sh', harness, seed, inputs, ...own]);
}

beforeAll(async () => {
  const built = await docker.buildImage(
    { context: 'images/node', src: ['Dockerfile'] },
    { target: STAGE, t: TAG, networkmode: 'host', rm: true, forcerm: true },
  );
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(built, (error) => (error ? reject(error) : resolve())),
  );
  const made = await docker.createContainer({
    Image: TAG,
    Cmd: ['sleep', 'infinity'],
    HostConfig: { NetworkMode: 'none', Init: true, Sysctls: { 'net.ipv6.conf.lo.disable_ipv6': '0' } },
  });
  container = made.id;
  const tar = pack();
  for (const folder of [SOURCES, 'test/fuzz'])
    for (const file of readdirSync(folder)) tar.entry({ name: join(folder, file) }, readFileSync(join(folder, file)));
  tar.finalize();
  await made.putArchive(tar as unknown as NodeJS.ReadableStream, { path: '/' });
  await made.start();
}, 300_000);

afterAll(async () => {
  await docker.getContainer(container).remove({ force: true });
  engine.close();
});

/** Runs a line of shell in the container, with the programs built under sanitizers found first. Memory that a program has when it ends is no leak. */
function sanitized(line: string) {
  return engine.exec(container, [
    'sh',
    '-c',
    `export ASAN_OPTIONS=detect_leaks=0 PATH=/tmp/sanitized/bin:$PATH; ${line}`,
  ]);
}

describe('parsers of the node’s own programs', () => {
  it.each(Object.entries(HARNESSES))('%s takes any bytes', { timeout: 300_000 }, async (harness, sources) => {
    expect(await fuzz(harness, SEED, INPUTS, sources)).toMatchObject({
      code: 0,
      stdout: `${INPUTS} inputs from seed ${SEED}\n`,
      stderr: '',
    });
  });

  it('a reader that trusts its input is found, by the same input each time', async () => {
    const [one, two] = [await fuzz('planted', '1', '100000', []), await fuzz('planted', '1', '100000', [])];
    expect(one.code).not.toBe(0);
    expect(one.stderr).toContain('heap-buffer-overflow');
    const input = /seed 1, input \d+, \d+ bytes: [0-9a-f]+/.exec(one.stderr)?.[0];
    expect(input).toBeDefined();
    expect(two.stderr).toContain(input);
  });

  it('gcc’s analyzer has no doubts', { timeout: 300_000 }, async () => {
    // Descriptors that live as long as their program are not leaks.
    const flags = ['-fanalyzer', '-Wno-analyzer-fd-leak', '-Wno-analyzer-fd-use-without-check'];
    const { code, stdout, stderr } = await engine.exec(container, ['sh', `/${SOURCES}/build.sh`, '/tmp/out', ...flags]);
    expect([code, stdout, stderr]).toEqual([0, '', '']);
  });
});

describe('the node’s own programs, under sanitizers', () => {
  beforeAll(async () => {
    const build = `LINK= sh /${SOURCES}/build.sh /tmp/sanitized -fsanitize=address,undefined -fno-sanitize-recover=all`;
    const { code, stderr } = await engine.exec(container, [
      'sh',
      '-c',
      `${build} && ln -s nodectl /tmp/sanitized/bin/svc`,
    ]);
    expect([code, stderr]).toEqual([0, '']);
  }, 300_000);

  it.each([
    ['ask -n 0 10.0.0.1 80', '-n: expected a whole number from 1 to'],
    ['ask 10.0.0.1 99999', 'PORT: expected a whole number from 1 to 65535, not "99999"'],
    ['ask 10.0.0 80', 'ADDRESS: expected an IPv4 or IPv6 address, not "10.0.0"'],
    ['ask -s nonsense 127.0.0.1 80', '-s: expected an IPv4 or IPv6 address, not "nonsense"'],
    ['probe http 10.0.0.1 80 0 800 1', 'EVERY_MS: expected a whole number from 1 to'],
    ['probe icmp 10.0.0.1 80 25 800 1', 'expected http, https, sctp, banner, udp, dns-udp or dns-tcp, not "icmp"'],
    ['probe http 10.0.0.1 80 25 800 257', 'HELD: expected a whole number from 0 to 256'],
    ['answer rs1 80x', 'PORT: expected a whole number from 1 to 65535, not "80x"'],
    [`answer ${'n'.repeat(600)} 53`, 'NAME: 255 characters at most'],
    ['answer -u rs1', 'usage: answer [-u] NAME PORT...'],
    ['toa rs1', 'usage: toa [-s] NAME PORT[@ADDRESS]...'],
    ['toa -s rs1 80@nowhere', 'PORT@ADDRESS: expected an IPv4 or IPv6 address, not "nowhere"'],
    ['toa rs1 0', 'PORT: expected a whole number from 1 to 65535, not "0"'],
    [`toa ${'n'.repeat(600)} 80`, 'NAME: 255 characters at most'],
    ['pulse 50 100 -1', 'BEAT_MS: expected a whole number from 1 to'],
    ['refuse 80 65536', 'PORT: expected a whole number from 1 to 65535, not "65536"'],
    ['nodectl signal id 65', 'NUMBER: expected a whole number from 1 to 64, not "65"'],
    ['nodectl mark 99999999999 lan', 'NUMBER: expected a whole number from 0 to 4294967295'],
    ['nodectl offload a-name-of-seventeen', 'no interface has so long a name'],
    ['svc restart nginx', 'usage: svc'],
  ])('%s is refused in words', async (command, words) => {
    const { code, stderr } = await sanitized(command);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('Sanitizer');
    expect(code).not.toBe(0);
  });

  it('ask sends a path of any length', async () => {
    const { code, stdout, stderr } = await sanitized(`ask -g /${'x'.repeat(5000)} 127.0.0.1 9`);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ status: 0, answer: '' });
  });

  it('servers read the client from TOA and UOA, over both families, and from the connection where there is none', async () => {
    const start = [
      `gcc -o /tmp/told /test/fuzz/told.c /${SOURCES}/address.c`,
      '(toa rs1 8080 8081 & answer -u rs1 8080 &) > /tmp/servers.log 2>&1',
      'timeout 60 nodectl await tcp:8080 tcp:8081 udp:8080',
    ].join(' && ');
    expect(await sanitized(start)).toMatchObject({ code: 0, stderr: '' });
    const ask = async (words: string) => (await sanitized(`/tmp/told ${words}`)).stdout.trim();
    for (const [to, at] of [
      ['127.0.0.1', '127.0.0.1:8080'],
      ['::1', '[::1]:8080'],
    ] as const)
      for (const [client, told] of [
        ['', 'none'],
        ['10.0.0.48 40000', '10.0.0.48:40000'],
        ['2408::1 40001', '[2408::1]:40001'],
      ] as const) {
        const answer = await ask(`tcp ${to} 8080 ${client}`);
        const remote = /^remote_addr : (.*)$/m.exec(answer)?.[1] ?? '';
        expect(remote).toContain(at.replace('8080', ''));
        expect(answer.split('\n')).toEqual([
          `Your ip:port : ${told === 'none' ? remote : told}`,
          `remote_addr : ${remote}`,
          `toa_remote_addr : ${told}`,
          `I am rs1, asked at ${at}`,
        ]);
      }
    const told = async (words: string) => JSON.parse(await ask(words)) as unknown;
    expect(await told('udp 127.0.0.1 8080')).toMatchObject({ server: 'rs1', uoa: 'none', n: 7 });
    expect(await told('udp ::1 8080')).toMatchObject({ asked: '[::1]:8080', uoa: 'none', n: 7 });
    expect(await told('udp 127.0.0.1 8080 10.0.0.48 40000')).toMatchObject({ uoa: '10.0.0.48:40000', n: 7 });
    expect(await told('udp 127.0.0.1 8080 2408::1 40001')).toMatchObject({ uoa: '[2408::1]:40001', n: 7 });
    expect((await sanitized('cat /tmp/servers.log')).stdout).toBe('');
  });

  it('the server that reads TOA answers many at once, behind one that is slow, and what is no request', async () => {
    // A client that never reads its 6 MB, and one that never ends its request, hold their connections meanwhile.
    const clients = String.raw`
exec 8<> /dev/tcp/127.0.0.1/8080 9<> /dev/tcp/127.0.0.1/8081
for i in $(seq 100); do printf 'GET /big HTTP/1.1\r\n\r\n' >&8; done
printf 'GET /' >&9
timeout 2 probe http 127.0.0.1 8080 10 800 64 > /tmp/probed
exec 7<> /dev/tcp/127.0.0.1/8080
printf 'no request\r\n\r\n' >&7
head -n 1 <&7
ask -n 3 -b 60000 127.0.0.1 8080
ask -g /big 127.0.0.1 8080
`;
    const { stdout } = await sanitized(`bash << 'END'\n${clients}\nEND\ncat /tmp/servers.log`);
    const [bad, ...answers] = stdout.trim().split('\n');
    expect(bad?.trim()).toBe('HTTP/1.1 400 Bad Request');
    expect(answers.map((line) => JSON.parse(line) as unknown)).toEqual([
      ...Array.from({ length: 3 }, () => expect.objectContaining({ status: 200, unsent: 0 }) as unknown),
      expect.objectContaining({ status: 200, bytes: 60_000 }) as unknown,
    ]);
    const probed = (await sanitized('cat /tmp/probed')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; n: number; ok: boolean; server: string });
    expect(probed.filter((s) => !s.ok || s.server !== 'rs1')).toEqual([]);
    expect(new Set(probed.filter((s) => s.kind === 'held').map((s) => s.n)).size).toBe(64);
    expect(probed.filter((s) => s.kind === 'new').length).toBeGreaterThan(10);
  });

  it('process 1 runs any number of programs, tells of all, and of one that is not there', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `${String(i).padStart(3, '0')}-${'n'.repeat(60)}`);
    const lines = names.map((name) => `${name}\t\t\tsleep\t1000\n`).join('');
    const setup = `mkdir -p /lab /run /usr/local/lib/lab && : > /usr/local/lib/lab/init.sh && printf '${lines}' > /lab/services`;
    const start =
      'nodectl init > /tmp/init.log 2>&1 & timeout 60 sh -c "until [ -e /lab/state ]; do sleep 0.05; done"; cat /lab/state';
    expect((await sanitized(`${setup}; ${start}; svc status`)).stdout.split('\n')).toEqual([
      'ready',
      ...names.map((name) => expect.stringMatching(new RegExp(`^${name} running \\d+$`)) as string),
      '',
    ]);
    expect(await sanitized(`svc stop ${names[299]}; svc status ${names[299]}`)).toMatchObject({
      stdout: `${names[299]} ended 143\n`,
      stderr: '',
    });
    expect((await sanitized('svc stop nonesuch')).stderr).toBe('svc: no such service\n');
    expect((await sanitized(`svc stop ${'x'.repeat(300)}`)).stderr).toMatch(/^usage: svc/);
    expect((await sanitized('cat /tmp/init.log')).stdout).not.toContain('Sanitizer');
  });

  it('process 1 starts a program when those that it is after are ready, at boot and by svc', async () => {
    // The first is ready when the test says so; the second ends with 9 when the first is not; the third when it is told to.
    const hold = 'until [ -e /tmp/go ]; do sleep 0.01; done; echo $$ > /run/one; exec sleep 1000';
    const then = '[ -e /run/one ] || exit 9; echo $$ > /run/two; exec sleep 1000';
    const third = '[ ! -e /tmp/end ] || exit 3; echo $$ > /run/three; exec sleep 1000';
    const lines = [
      `one\t\t/run/one\tsh\t-c\t${hold}`,
      `two\tone\t/run/two\tsh\t-c\t${then}`,
      `three\t\t/run/three\tsh\t-c\t${third}`,
    ];
    const until = (what: string) => `timeout 60 sh -c 'until ${what}; do sleep 0.01; done'`;
    const begin = [
      'rm -f /lab/state /tmp/go /tmp/end; mkdir -p /lab /run /usr/local/lib/lab; : > /usr/local/lib/lab/init.sh',
      `cat > /lab/services << 'END'\n${lines.join('\n')}\nEND`,
      // What an earlier run left is not taken for this one's.
      'for one in /run/one /run/two /run/three; do echo 1 > $one; done',
      'nodectl init > /tmp/ready.log 2>&1 &',
      until('svc status three 2> /dev/null | grep -q running'),
      'svc status; cat /lab/state 2> /dev/null; touch /tmp/go',
      until('[ -e /lab/state ]'),
      'cat /lab/state; svc status',
    ].join('\n');
    expect((await sanitized(begin)).stdout).toMatch(
      /^one starting \d+\ntwo waiting\nthree running \d+\nready\none running \d+\ntwo running \d+\nthree running \d+\n$/,
    );
    const again = [
      'svc stop two; svc stop one; rm /tmp/go',
      'svc start one &',
      until('svc status one | grep -q starting'),
      'svc start two & two=$!',
      until('svc status two | grep -q waiting'),
      'touch /tmp/go; wait $two; svc status two; svc start two; echo $?',
      'svc stop three; touch /tmp/end; svc start three; echo $?',
      // Who is not to start is not waited for.
      'svc stop two; svc stop one; svc start two; svc status',
    ].join('\n');
    const { stdout, stderr } = await sanitized(again);
    expect(stdout).toMatch(/^two running \d+\n0\n1\none ended 143\ntwo running \d+\nthree ended 3\n$/);
    expect(stderr).toBe('svc: it ended before it was ready\n');
    expect((await sanitized('cat /tmp/ready.log')).stdout).not.toContain('Sanitizer');
  });
});
