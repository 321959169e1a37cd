import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { fnatFile, lab, labOk, writeLab } from '../lab.ts';
import type { Result } from './broken.ts';
import { execIn, leavesNothing } from './state.ts';

/** Why directors with DPVS are not tested here: the user's own build is missing. */
const missing = drivers.dpvs.missing();

const NAME = 'controls-dpvs';
const folder = leavesNothing(NAME, (name) => name === NAME);

interface Report {
  readonly results: readonly Result[];
}

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
    broken: 'the service has the LIP of another one, too',
    by: `ipvsadm --add-laddr -z 192.168.100.201 ${SERVICE} -F dpdk1`,
    mended: `ipvsadm --del-laddr -z 192.168.100.201 ${SERVICE} -F dpdk1`,
    caughtBy: 'fnat.source',
    seen: /192\.168\.100\.201 to 192\.168\.100/,
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
    const file = { ...fnatFile(), ...twoArm(), lab: NAME };
    await labOk(['up', writeLab(folder, file)]);
  });
  afterAll(async () => {
    await labOk(['down', NAME]);
  });

  it.each(CONTROLS)('$broken: $caughtBy', async ({ by, mended, caughtBy, seen }) => {
    await labOk(['exec', NAME, 'lb', '--', 'sh', '-ec', by]);
    const { stdout } = await lab(['test', NAME, '--json', '--report', mkdtempSync(join(folder, 'c-'))]);
    await labOk(['exec', NAME, 'lb', '--', 'sh', '-ec', mended]);
    const { results } = JSON.parse(stdout) as Report;
    const found = results.find((r) => r.id === caughtBy && r.verdict === 'failed');
    expect(found?.seen, stdout).toMatch(seen);
  });

  it('offloads are on at rs1 and on the wire to the director: long answers stall', async () => {
    const offloads = async (state: 'on' | 'off') => {
      const words = ['tx', state, 'tso', state, 'gso', state];
      for (const [node, card] of [
        [`lvslab.${NAME}`, 'lb.1'],
        [`lvslab.${NAME}.rs1`, 'eth0'],
        [`lvslab.${NAME}.rs2`, 'eth0'],
      ] as const)
        expect((await execIn(node, ['ethtool', '-K', card, ...words])).code).toBe(0);
    };
    await offloads('on');
    const { stdout } = await lab(['test', NAME, '--json', '--report', mkdtempSync(join(folder, 'c-'))]);
    await offloads('off');
    const { results } = JSON.parse(stdout) as Report;
    // Answers of a hundred bytes are whole segments: the contract of small requests holds.
    expect(results.find((r) => r.id === 'service.answers')?.verdict, stdout).toBe('passed');
    expect(results.find((r) => r.id === 'run')?.seen, stdout).toMatch(/^exit code 124/);
  });

  it('the LIP has no free port: fnat.ports', async () => {
    // Every port of two addresses, more than the 64,511 of the LIP's pool, within the 300 s of a UDP connection.
    await labOk(['exec', NAME, 'client', '--', 'ip', 'addr', 'add', '10.0.0.49/16', 'dev', 'eth0']);
    await labOk(['exec', NAME, 'client', '--', 'perl', '-MSocket', '-e', FLOOD]);
    const { stdout } = await lab(['test', NAME, '--json', '--report', mkdtempSync(join(folder, 'c-'))]);
    const { results } = JSON.parse(stdout) as Report;
    expect(results.find((r) => r.id === 'fnat.ports' && r.verdict === 'failed')?.seen, stdout).toMatch(
      /lb: [1-9]\d* connections found no free port/,
    );
    // Its connections last 300 s: DPVS is started again.
    for (const command of ['stop', 'start']) await labOk(['exec', NAME, 'lb', '--', 'svc', command, 'dpvs']);
    await labOk(['exec', NAME, 'client', '--', 'ip', 'addr', 'del', '10.0.0.49/16', 'dev', 'eth0']);
  });

  it('passes again when it is mended', async () => {
    await labOk(['test', NAME, '--again', '2', '--report', mkdtempSync(join(folder, 'c-'))]);
  });
});

/** Takes a second on a busy machine; thirteen and more where frames are lost, and TCP waits for each retransmission. */
const DOWNLOADS = `timeout 6 curl -s ${'-o /dev/null http://10.0.0.100/big '.repeat(5).trim()}`;

/** Sends datagrams from every port of two addresses, a round at a time, as fast as DPVS's queue takes them. */
const FLOOD = `$to = sockaddr_in(80, inet_aton("10.0.0.100"));
for $from ("10.0.0.48", "10.0.0.49") { for $port (1024 .. 65535) {
  socket($s, AF_INET, SOCK_DGRAM, 0) && bind($s, sockaddr_in($port, inet_aton($from))) && send($s, "x", 0, $to);
  close $s; select(undef, undef, undef, 0.001) unless $port % 10;
} }`;

/** The lab of DPVS's tutorial in short: WAN on eth0, which is dpdk0, and LAN on eth1. */
function twoArm() {
  return {
    driver: 'dpvs',
    segments: { wan: '10.0.0.0/16', lan: '192.168.100.0/24' },
    nodes: {
      client: { kind: 'client', wan: '10.0.0.48' },
      lb: { kind: 'director', wan: '10.0.0.1', lan: '192.168.100.1', lips: ['192.168.100.200', '192.168.100.201'] },
      rs1: { kind: 'realserver', lan: '192.168.100.2' },
      rs2: { kind: 'realserver', lan: '192.168.100.3' },
    },
    services: {
      web: {
        ...{ vip: '10.0.0.100', port: 80, mode: 'fnat', scheduler: 'rr', reals: { rs1: 1, rs2: 1 } },
        lips: ['192.168.100.200'],
      },
      other: { vip: '10.0.0.100', port: 8080, mode: 'fnat', reals: { rs1: 1 }, lips: ['192.168.100.201'] },
      dgram: {
        ...{ vip: '10.0.0.100', port: 80, protocol: 'udp', mode: 'fnat', reals: { rs1: 1 } },
        lips: ['192.168.100.200'],
      },
    },
    vrrp: {},
    scenario: [{ contract: 'web' }, { run: { on: 'client', do: DOWNLOADS, title: 'five times 60,000 bytes arrive' } }],
  };
}
