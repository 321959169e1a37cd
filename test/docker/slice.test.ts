import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLab } from '../../src/lab/read.ts';
import { promisesOf } from '../../src/scenario/run.ts';
import { fnatFile, lab, labOk, startLab, writeLab } from '../lab.ts';
import { containersOf, docker, leavesNothing } from './state.ts';

const NAMES = ['slice', 'left', 'right'];
const folder = leavesNothing('slice', (lab) => NAMES.includes(lab));
afterAll(async () => {
  await lab(['down', ...NAMES]);
});

/** How many checks a lab's test tells of, as its file has it. */
function checksOf(file: string): number {
  const read = readLab(file);
  if (!read.ok) throw new Error(`${file} is wrong`);
  return read.value.scenario.flatMap((step) => promisesOf(read.value, step)).length;
}

interface Report {
  results: { id: string; verdict: string; evidence: string[]; figures?: Record<string, number> }[];
  counts: Record<string, number>;
  nodes: { name: string; kernel: string; kernelVersion: string }[];
  interrupted: boolean;
}

function readReport(path: string): Report {
  return JSON.parse(readFileSync(join(path, 'results.json'), 'utf8')) as Report;
}

describe('lab test fnat-keepalived', () => {
  it('proves the contract, the health check and the failover, and keeps the evidence', async () => {
    const report = join(folder, 'report');
    const { stdout } = await labOk(['test', 'fnat-keepalived', '--name', 'slice', '--again', '2', '--report', report]);
    const all = checksOf('labs/fnat-keepalived/lab.yaml');
    expect(stdout).toContain(`slice: ${all} passed, 0 failed`);
    expect(await containersOf('slice')).toEqual([]);
    const results = readReport(report);
    expect(results.counts).toEqual({ passed: all, failed: 0, inconclusive: 0, skipped: 0 });
    expect(results.nodes.find((n) => n.name === 'lb1')?.kernelVersion).toMatch(/^\d+\.\d+/);
    expect(results.results.find((r) => r.id === 'failover.outage')?.figures?.['outage']).toBeGreaterThan(2000);
    for (const name of new Set(results.results.flatMap((r) => r.evidence).map((e) => e.split(' ')[0] as string)))
      expect([name, existsSync(join(report, name))]).toEqual([name, true]);
    for (const name of [
      'junit.xml',
      'report.html',
      'lab.json',
      'events.ndjson',
      'lan.pcap',
      'log-lb1.txt',
      'log-rs1.txt',
      'table-lb1.json',
    ])
      expect(statSync(join(report, name)).size).toBeGreaterThan(100);
    expect(readFileSync(join(report, 'log-lb2.txt'), 'utf8')).toContain('Entering MASTER STATE');
    const events = readFileSync(join(report, 'events.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as { type: string });
    expect(events.filter((e) => e.type === 'check')).toHaveLength(all);
  });

  it('two copies at once pass at once', async () => {
    const outcomes = await Promise.all(
      ['left', 'right'].map((name) =>
        lab(['test', 'fnat-keepalived', '--name', name, '--again', '2', '--report', join(folder, name)]),
      ),
    );
    expect(outcomes.map((o) => [o.code, o.code === 0 ? '' : o.stdout])).toEqual([
      [0, ''],
      [0, ''],
    ]);
  });

  it('interrupted ends with 130, leaves a report that says so, and no lab', async () => {
    const report = join(folder, 'interrupted');
    const { child, done } = startLab(['test', 'fnat-keepalived', '--name', 'slice', '--report', report]);
    await new Promise<void>((resolve) =>
      child.stdout?.on('data', (chunk: Buffer) => chunk.toString().includes('vrrp.master') && resolve()),
    );
    child.kill('SIGINT');
    expect((await done).code).toBe(130);
    expect(readReport(report).interrupted).toBe(true);
    expect(readFileSync(join(report, 'junit.xml'), 'utf8')).toContain('interrupted before the end of the scenario');
    expect(await containersOf('slice')).toEqual([]);
  });
});

describe('a running lab', () => {
  const elsewhere = { cwd: '/' };
  beforeAll(async () => {
    const path = writeLab(folder, { ...fnatFile(), lab: 'slice', scenario: [{ contract: 'web' }] });
    await labOk(['up', path]);
    // From here on the lab runs without its file, and commands run from another folder.
    rmSync(dirname(path), { recursive: true });
  });

  it('answers in the tutorial’s form', async () => {
    const { stdout } = await labOk(
      ['exec', 'slice', 'client', '--', 'curl', '-s', 'http://192.168.100.254'],
      elsewhere,
    );
    expect(stdout).toMatch(
      /^Your ip:port : 192\.168\.100\.20[01]:\d+\nI am rs[12], asked at 192\.168\.100\.[23]:80\n$/,
    );
  });

  it('runs commands in the director’s own kernel', async () => {
    const { stdout } = await labOk(['exec', 'slice', 'lb1', '--', 'ipvsadm', '-Ln'], elsewhere);
    expect(stdout).toMatch(/TCP {2}192\.168\.100\.254:80 rr\n\s+-> 192\.168\.100\.2:80\s+Masq\s+100/);
  });

  it.each(['lb1', 'rs1'])('gives exit codes, streams and signals of %s as they are', async (node) => {
    const run = (command: string, input?: Buffer) =>
      lab(['exec', 'slice', node, '--', 'sh', '-c', command], input ? { input, ...elsewhere } : elsewhere);
    expect(await run('echo out; echo err >&2; exit 7')).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n' });
    expect(await run('kill -9 $$')).toMatchObject({ code: 137 });
    expect(await run('kill -TERM $$')).toMatchObject({ code: 143 });
    expect(await lab(['exec', 'slice', node, '--', 'nonesuch'])).toMatchObject({
      code: 127,
      stderr: 'nonesuch: command not found\n',
    });
    expect(await lab(['exec', 'slice', node, '--', '/etc'])).toMatchObject({ code: 126 });
    const words = Array.from({ length: 5000 }, () => 'a');
    expect(await lab(['exec', 'slice', node, '--', 'sh', '-c', 'echo $#', 'sh', ...words])).toMatchObject({
      stdout: '5000\n',
    });
    const blob = randomBytes(3_000_000).toString('hex');
    expect((await run('cat', Buffer.from(blob))).stdout === blob).toBe(true);
    const { child, done } = startLab([
      'exec',
      'slice',
      node,
      '--',
      'sh',
      '-c',
      'trap "echo caught; exit 42" INT; echo ready; while :; do sleep 0.05; done',
    ]);
    await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    child.kill('SIGINT');
    expect(await done).toMatchObject({ code: 42, stdout: 'ready\ncaught\n' });
  });

  it('is shown by inspect, ls and logs', async () => {
    const view = JSON.parse((await labOk(['inspect', 'slice', '--json'], elsewhere)).stdout) as {
      nodes: { name: string; masterOf: string[]; programs: string[] }[];
    };
    expect(view.nodes.filter((n) => n.masterOf.includes('web'))).toHaveLength(1);
    expect(view.nodes.find((n) => n.name === 'rs1')?.programs).toEqual([expect.stringMatching(/^nginx running/)]);
    const { stdout } = await labOk(['inspect', 'slice'], elsewhere);
    expect(stdout).toContain('is master of web');
    expect(stdout).toMatch(/^VI_1 \(id 123 on lan\): lb[12] sends adverts, priority (100|80)$/m);
    expect(JSON.parse((await labOk(['ls', '--json'])).stdout)).toContainEqual(
      expect.objectContaining({ name: 'slice', state: 'running' }),
    );
    expect((await labOk(['logs', 'slice', 'lb1'])).stdout).toContain('keepalived: ');
    expect((await labOk(['logs', 'slice', '--tail', '5'])).stdout).toMatch(/^rs1 {4}\| /m);
  });

  it('shows its packets by capture, as text and as pcap, on the wire and in the guest', async () => {
    const ask = () => lab(['exec', 'slice', 'client', '--', 'curl', '-s', 'http://192.168.100.254']);
    const watch = async (args: readonly string[]) => {
      const { child, done } = startLab(['capture', ...args]);
      await new Promise<void>((resolve) =>
        child.stderr?.on('data', (chunk: Buffer) => chunk.toString().includes('listening on') && resolve()),
      );
      await ask();
      return done;
    };
    for (const where of ['lan', 'client:eth0', 'lb1:any'])
      expect(await watch(['-c', '1', 'slice', where, 'tcp', 'port', '80'])).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/IP 192\.168\.100\.\d+\.\d+ > 192\.168\.100\.\d+\.80|\.80 > /),
      });
    const file = join(folder, 'client.pcap');
    expect((await watch(['-c', '3', '-w', file, 'slice', 'client:lan', 'tcp'])).code).toBe(0);
    expect(readFileSync(file).readUInt32LE(0)).toBe(0xa1b2c3d4);
    expect(await lab(['capture', 'slice', 'lb1:eth7'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/node "lb1" has no device "eth7"; did you mean "eth0"\?/),
    });
  });

  it('names the nearest node and lab', async () => {
    expect(await lab(['exec', 'slice', 'lb3', '--', 'true'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/has no node "lb3"; did you mean "lb1"\?/),
    });
    expect(await lab(['inspect', 'slize'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/lab "slize" is not running; did you mean "slice"\?/),
    });
  });

  it('is tested as it runs, without its file', async () => {
    const { stdout } = await labOk(['test', 'slice', '--again', '2', '--report', join(folder, 'again')], elsewhere);
    expect(stdout).toMatch(/slice: \d+ passed, 0 failed/);
    expect(await containersOf('slice')).toHaveLength(6);
  });

  it('brought up again changes nothing; a changed file is told and not applied; a node that ended comes back', async () => {
    const same = writeLab(folder, { ...fnatFile(), lab: 'slice', scenario: [{ contract: 'web' }] });
    expect((await labOk(['up', same])).stderr).toContain('slice unchanged: 5 nodes running');
    expect((await labOk(['up', same, '--dry-run'])).stdout).toBe('nothing to do\n');
    const file = fnatFile();
    const changed = writeLab(folder, {
      ...file,
      lab: 'slice',
      scenario: [{ contract: 'web' }],
      services: { web: { ...file.services['web'], scheduler: 'wrr' } },
    });
    expect(await lab(['up', changed])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('service web has changed'),
    });
    const again = writeLab(folder, { ...fnatFile(), lab: 'slice', scenario: [{ contract: 'web' }] });
    await docker.getContainer('lvslab.slice.rs1').kill();
    expect((await labOk(['up', again])).stderr).toContain('rs1 ready');
    expect((await labOk(['exec', 'slice', 'client', '--', 'ping', '-c1', '-W2', '192.168.100.2'])).code).toBe(0);
  });

  it('goes down without a trace, and going down again is no error', async () => {
    await labOk(['down', 'slice'], elsewhere);
    expect(await containersOf('slice')).toEqual([]);
    expect((await labOk(['down', 'slice'])).stderr).toContain('slice is not running');
  });
});

describe('a node whose setup script fails', () => {
  it('fails the lab with the script’s own words, and leaves nothing', async () => {
    const file = fnatFile();
    Object.assign(file.nodes['rs1'] ?? {}, { setup: './setup.sh' });
    const path = writeLab(
      folder,
      { ...file, lab: 'slice' },
      { 'setup.sh': 'echo before\nip addr add 1.2.3.4/33 dev eth0\necho never\n' },
    );
    const { code, stderr } = await lab(['up', path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/these nodes did not come up: rs1: its init script ended with/);
    expect(stderr).toMatch(/rs1\| .*setup\.sh:2: "ip addr add 1\.2\.3\.4\/33 dev eth0" ended with 1/);
    expect(await containersOf('slice')).toEqual([]);
  });
});

describe('client and real server with kernels of their own, and several LIPs', () => {
  it('keep the contract as any other', async () => {
    const file = fnatFile();
    Object.assign(file.nodes['client'] ?? {}, { kernel: 'uml' });
    Object.assign(file.nodes['rs2'] ?? {}, { kernel: 'uml' });
    Object.assign(file.nodes['lb1'] ?? {}, { lips: ['192.168.100.200', '192.168.100.202', '192.168.100.210'] });
    const path = writeLab(folder, { ...file, lab: 'slice', scenario: [{ contract: 'web' }] });
    const report = join(folder, 'kernels');
    expect((await labOk(['test', path, '--again', '2', '--report', report])).stdout).toContain(
      `slice: ${checksOf(path)} passed, 0 failed`,
    );
    expect(readReport(report).nodes.map((n) => n.kernel)).toEqual(['uml', 'uml', 'uml', 'host', 'uml']);
  });
});
