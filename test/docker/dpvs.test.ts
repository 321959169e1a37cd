import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { fnatFile, lab, labOk, writeLab } from '../lab.ts';
import type { Result } from './broken.ts';
import { leavesNothing } from './state.ts';

/** Why labs with DPVS are not tested here: the user's own build is missing. */
const missing = drivers.dpvs.missing();

/** Labs of kernel LVS that run with DPVS, too; the catalogue's test runs those that are for DPVS alone. */
const LABS = [
  'fnat-two-arm',
  'fnat-simple',
  'fnat-ipv6',
  'dr-one-arm',
  'dr-two-arm',
  'tun-one-arm',
  'nat-one-arm',
  'snat',
  'snat-gre',
  'fnat-keepalived',
  'fnat-keepalived-two-arm',
  'fnat-ospf',
];

const folder = leavesNothing('dpvs', (name) => [...LABS, 'controls-dpvs', 'snat-dpvs', 'port-dpvs'].includes(name));

interface Report {
  readonly lab: string;
  readonly error?: string;
  readonly results: readonly Result[];
}

describe.skipIf(missing !== undefined)(`labs of kernel LVS, with DPVS (${missing ?? 'a build is here'})`, () => {
  let reports: readonly Report[] = [];
  let stderr = '';
  beforeAll(async () => {
    const tested = await lab([
      ...['test', ...LABS, '--driver', 'dpvs', '--again', '2', '--json'],
      ...['--report', join(folder, 'labs')],
    ]);
    stderr = tested.stderr;
    reports = JSON.parse(tested.stdout || '[]') as Report[];
  }, 900_000);

  it.each(LABS)('%s passes', (name) => {
    const report = reports.find((r) => r.lab === name);
    const wrong = report?.results.filter((r) => r.verdict !== 'passed').map((r) => `${r.id} ${r.subject}: ${r.seen}`);
    expect([report?.error, wrong], stderr).toEqual([undefined, []]);
    expect(report?.results.length).toBeGreaterThan(0);
  });
});

/** One way to break a director with DPVS that runs, how it is mended, and the check that must name it. */
interface Control {
  readonly broken: string;
  readonly by: string;
  readonly mended: string;
  readonly caughtBy: string;
  readonly seen: RegExp;
}

const SERVICE = '-t 10.0.0.100:80';
const CONTROLS: readonly Control[] = [
  {
    broken: 'the VIP is missing on the WAN port',
    by: 'dpip addr del 10.0.0.100/32 dev dpdk0',
    mended: 'dpip addr add 10.0.0.100/32 dev dpdk0',
    caughtBy: 'vip.arp',
    seen: /^no node answered/,
  },
  {
    broken: 'the VIP is on the LAN port',
    by: 'dpip addr del 10.0.0.100/32 dev dpdk0 && dpip addr add 10.0.0.100/32 dev dpdk1',
    mended: 'dpip addr del 10.0.0.100/32 dev dpdk1 && dpip addr add 10.0.0.100/32 dev dpdk0',
    caughtBy: 'nodes.stand',
    seen: /dpdk0 lacks 10\.0\.0\.100\/32/,
  },
  {
    broken: 'the service has no LIP',
    by: `ipvsadm --del-laddr -z 192.168.100.200 ${SERVICE} -F dpdk1`,
    mended: `ipvsadm --add-laddr -z 192.168.100.200 ${SERVICE} -F dpdk1`,
    caughtBy: 'fnat.lip',
    seen: /192\.168\.100\.200: no answer/,
  },
  {
    broken: 'the LIP is on the wrong port',
    by: `ipvsadm --del-laddr -z 192.168.100.200 ${SERVICE} -F dpdk1 && ipvsadm --add-laddr -z 192.168.100.200 ${SERVICE} -F dpdk0`,
    mended: `ipvsadm --del-laddr -z 192.168.100.200 ${SERVICE} -F dpdk0 && ipvsadm --add-laddr -z 192.168.100.200 ${SERVICE} -F dpdk1`,
    caughtBy: 'fnat.lip',
    seen: /192\.168\.100\.200: no answer/,
  },
  {
    broken: 'DPVS has no route to the real servers',
    by: 'dpip route del 192.168.100.0/24 dev dpdk1',
    mended: 'dpip route add 192.168.100.0/24 dev dpdk1',
    caughtBy: 'service.answers',
    seen: /0 answered/,
  },
  {
    broken: 'a real server is added without its port',
    by: `ipvsadm -d ${SERVICE} -r 192.168.100.2:80 && ipvsadm -a ${SERVICE} -r 192.168.100.2 -b -w 1`,
    mended: `ipvsadm -d ${SERVICE} -r 192.168.100.2:0 && ipvsadm -a ${SERVICE} -r 192.168.100.2:80 -b -w 1`,
    caughtBy: 'table.servers',
    seen: /192\.168\.100\.2:0/,
  },
  {
    broken: 'a real server is missing',
    by: `ipvsadm -d ${SERVICE} -r 192.168.100.2:80`,
    mended: `ipvsadm -a ${SERVICE} -r 192.168.100.2:80 -b -w 1`,
    caughtBy: 'table.servers',
    seen: /^192\.168\.100\.3:80 on lb/,
  },
  {
    broken: 'a real server has another weight',
    by: `ipvsadm -e ${SERVICE} -r 192.168.100.2:80 -b -w 5`,
    mended: `ipvsadm -e ${SERVICE} -r 192.168.100.2:80 -b -w 1`,
    caughtBy: 'table.weight',
    seen: /192\.168\.100\.2:80 5/,
  },
  {
    broken: 'a real server is forwarded to by NAT',
    by: `ipvsadm -d ${SERVICE} -r 192.168.100.2:80 && ipvsadm -a ${SERVICE} -r 192.168.100.2:80 -m -w 1`,
    mended: `ipvsadm -d ${SERVICE} -r 192.168.100.2:80 && ipvsadm -a ${SERVICE} -r 192.168.100.2:80 -b -w 1`,
    caughtBy: 'table.forward',
    seen: /192\.168\.100\.2:80 Masq/,
  },
  {
    broken: 'the scheduler is another one',
    by: `ipvsadm -E ${SERVICE} -s wlc`,
    mended: `ipvsadm -E ${SERVICE} -s rr`,
    caughtBy: 'table.scheduler',
    seen: /^wlc on lb/,
  },
  {
    broken: 'the service is persistent',
    by: `ipvsadm -E ${SERVICE} -s rr -p 30`,
    mended: `ipvsadm -D ${SERVICE} && ipvsadm -A ${SERVICE} -s rr && ipvsadm -a ${SERVICE} -r 192.168.100.2:80 -b -w 1 && ipvsadm -a ${SERVICE} -r 192.168.100.3:80 -b -w 1 && ipvsadm --add-laddr -z 192.168.100.200 ${SERVICE} -F dpdk1`,
    caughtBy: 'table.persistence',
    seen: /30/,
  },
  {
    broken: 'the director has a service more',
    by: 'ipvsadm -A -t 10.0.0.100:81 -s rr',
    mended: 'ipvsadm -D -t 10.0.0.100:81',
    caughtBy: 'table.services',
    seen: /10\.0\.0\.100:81/,
  },
  {
    broken: 'a list denies the client',
    by: `ipvsadm -U ${SERVICE} -k 10.0.0.48`,
    mended: `ipvsadm -V ${SERVICE} -k 10.0.0.48`,
    caughtBy: 'service.answers',
    seen: /0 answered/,
  },
  {
    broken: 'DPVS holds the address of a real server, too',
    by: 'dpip addr add 192.168.100.2/32 dev dpdk1',
    mended: 'dpip addr del 192.168.100.2/32 dev dpdk1',
    caughtBy: 'nodes.stand',
    seen: /dpdk1 has 192\.168\.100\.2\/32, which is not its own/,
  },
  {
    broken: 'the kernel answers for the VIP, too',
    by: 'ip addr add 10.0.0.100/16 dev eth0 && ip link set eth0 arp on',
    mended: 'ip link set eth0 arp off && ip addr del 10.0.0.100/16 dev eth0',
    caughtBy: 'wire.errors',
    seen: /reset from lb/,
  },
];

describe.skipIf(missing !== undefined)('a director with DPVS that is broken', () => {
  beforeAll(async () => {
    const file = { ...fnatFile(), ...twoArm(), lab: 'controls-dpvs' };
    await labOk(['up', writeLab(folder, file)]);
  });
  afterAll(async () => {
    await labOk(['down', 'controls-dpvs']);
  });

  it.each(CONTROLS)('$broken: $caughtBy', async ({ by, mended, caughtBy, seen }) => {
    await labOk(['exec', 'controls-dpvs', 'lb', '--', 'sh', '-ec', by]);
    const { stdout } = await lab(['test', 'controls-dpvs', '--json', '--report', mkdtempSync(join(folder, 'c-'))]);
    await labOk(['exec', 'controls-dpvs', 'lb', '--', 'sh', '-ec', mended]);
    const { results } = JSON.parse(stdout) as Report;
    const found = results.find((r) => r.id === caughtBy && r.verdict === 'failed');
    expect(found?.seen, stdout).toMatch(seen);
  });

  it('passes again when it is mended', async () => {
    await labOk(['test', 'controls-dpvs', '--again', '2', '--report', mkdtempSync(join(folder, 'c-'))]);
  });
});

/** The lab of DPVS's tutorial in short: WAN on eth0, which is dpdk0, and LAN on eth1. */
function twoArm() {
  return {
    driver: 'dpvs',
    segments: { wan: '10.0.0.0/16', lan: '192.168.100.0/24' },
    nodes: {
      client: { kind: 'client', wan: '10.0.0.48' },
      lb: { kind: 'director', wan: '10.0.0.1', lan: '192.168.100.1', lips: ['192.168.100.200'] },
      rs1: { kind: 'realserver', lan: '192.168.100.2' },
      rs2: { kind: 'realserver', lan: '192.168.100.3' },
    },
    services: {
      web: { vip: '10.0.0.100', port: 80, mode: 'fnat', scheduler: 'rr', reals: { rs1: 1, rs2: 1 } },
    },
    vrrp: {},
    scenario: [{ contract: 'web' }],
  };
}

describe('a lab with DPVS and without a build of it', () => {
  it('is skipped, with the reason and exit code 3', async () => {
    const nowhere = join(mkdtempSync(join(tmpdir(), 'lvslab-no-dpvs-')), 'bin');
    const { code, stdout, stderr } = await lab(['test', 'fnat-two-arm', '--driver', 'dpvs', '--json'], {
      env: { LAB_DPVS: nowhere },
    });
    rmSync(join(nowhere, '..'), { recursive: true });
    expect([code, `${stdout}${stderr}`]).toEqual([
      3,
      expect.stringContaining(`there is no build of DPVS: LAB_DPVS or --dpvs names ${nowhere}, which is no folder`),
    ]);
  });
});
