/**
 * Real servers that read TOA, behind a director that writes it. Kernel LVS does not, so traffic control does so on lb: it
 * writes the option over TCP's timestamps, on every segment of a client but its SYN, with one port for all of them.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type LabFile, lab, labOk, writeLab } from '../lab.ts';
import { leavesNothing } from './state.ts';

const NAME = 'toa';
const folder = leavesNothing(NAME, (name) => name === NAME);
const CLIENT = '10.0.0.48:40000';

/** Kind 254, length 8, port 40000, 10.0.0.48; and four fillers, as the timestamps with theirs have twelve bytes. */
const TOA = ['0xfe089c40', '0x0a000030', '0x01010101'];
const WRITES = TOA.map((word, i) => `munge offset ${40 + 4 * i} u32 set ${word}`).join(' ');
const SETUP = `tc qdisc add dev eth0 clsact
tc filter add dev eth0 ingress protocol ip flower ip_proto tcp dst_ip 10.0.0.100 dst_port 80 tcp_flags 0x10/0x12 action pedit ${WRITES} pipe action csum ip4h and tcp
`;

const file = parse(readFileSync('labs/fnat-two-arm/lab.yaml', 'utf8')) as LabFile;
file.scenario = [{ contract: 'web' }]; // its other steps need files of the lab
const web = { ...file.services['web'], app: 'toa' };
const path = writeLab(folder, {
  ...file,
  lab: NAME,
  services: { web, dns: { ...web, port: 53, protocol: 'udp' } },
});

const asked = async () => (await labOk(['exec', NAME, 'client', '--', 'curl', '-s', 'http://10.0.0.100/'])).stdout;
/** The client that TOA told each real server, as the servers tell it to checks. */
const told = async () =>
  (await labOk(['exec', NAME, 'client', '--', 'ask', '-n', '4', '10.0.0.100', '80'])).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse((JSON.parse(line) as { answer: string }).answer) as { server: string; toa: string })
    .map(({ server, toa }) => `${server} ${toa}`)
    .sort();

describe('real servers that read TOA', () => {
  beforeAll(() => labOk(['up', path]).then(() => undefined));
  afterAll(() => labOk(['down', NAME]).then(() => undefined));

  it('keep the contract behind a director that writes none, and say so', async () => {
    expect(await lab(['test', path])).toMatchObject({ code: 0 });
    expect(await asked()).toMatch(
      /^Your ip:port : (192\.168\.100\.200:\d+)\nremote_addr : \1\ntoa_remote_addr : none\nI am rs[12], asked at 192\.168\.100\.[23]:80\n$/,
    );
    expect(await told()).toEqual(['rs1 none', 'rs1 none', 'rs2 none', 'rs2 none']);
  });

  it('tell the client’s own address where it writes it', async () => {
    await labOk(['exec', NAME, 'lb', '--', 'sh', '-ec', SETUP]);
    expect(await asked()).toMatch(
      new RegExp(`^Your ip:port : ${CLIENT}\nremote_addr : 192.168.100.200:\\d+\ntoa_remote_addr : ${CLIENT}\nI am rs`),
    );
    expect(await told()).toEqual(['rs1', 'rs1', 'rs2', 'rs2'].map((server) => `${server} ${CLIENT}`));
  });
});
