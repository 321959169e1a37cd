import { describe, expect, it } from 'vitest';
import { differenceOf, printedLines, renamed } from '../../src/checks/printed.ts';

/** Section 1.2 of "DPVS fullnat mode management", and what DPVS 1.10.2 prints for the same. */
const DOCUMENT = `IP Virtual Server version 0.0.0 (size=0)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.0.96.204:80 rr
  -> 192.168.229.1:80              FullNat 1      0          0
  -> 192.168.229.2:80              FullNat 1      0          0
`;
const HERE = `IP Virtual Server version 1.10.2 (size=0)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.0.96.204:80 rr
  -> 192.168.229.2:80             FullNat 1      0          1         
  -> 192.168.229.1:80             FullNat 1      2          17        
`;
const differ = (document: string, here: string) => differenceOf(printedLines(document), printedLines(here));

describe('what a document shows', () => {
  it('is what the lab prints, in another order, with other spacing, counters and version', () =>
    expect(differ(DOCUMENT, HERE)).toMatchObject({ same: true, words: '6 lines, all as in the document' }));

  it.each([
    [
      'a real server is missing',
      / {2}-> 192.168.229.2.*\n/,
      '',
      'missing: "TCP 10.0.96.204:80 rr | -> 192.168.229.2:80 FullNat 1"',
    ],
    [
      'another weight',
      /FullNat 1 {6}2/,
      'FullNat 5      2',
      'missing: "TCP 10.0.96.204:80 rr | -> 192.168.229.1:80 FullNat 1"; not in the document: "TCP 10.0.96.204:80 rr | -> 192.168.229.1:80 FullNat 5"',
    ],
    ['another forwarding method', /FullNat 1 {6}2/, 'Masq    1      2', / \| -> 192.168.229.1:80 Masq 1"$/],
    [
      'a flag of the service',
      /:80 rr/,
      ':80 rr synproxy',
      /^missing: "TCP 10\.0\.96\.204:80 rr"; not in the document: "TCP 10\.0\.96\.204:80 rr synproxy"$/,
    ],
    [
      'a real server twice',
      / {2}-> 192.168.229.2.*\n/,
      '$&$&',
      'not in the document: "TCP 10.0.96.204:80 rr | -> 192.168.229.2:80 FullNat 1"',
    ],
    [
      'a real server of another service',
      /TCP .*\n/,
      '$&TCP  10.0.96.204:81 rr\n',
      /^missing: .*80 rr \| -> 192.168.229.1.*; not in the document: "TCP 10\.0\.96\.204:81 rr"$/,
    ],
  ] as const)('is not what the lab prints: %s', (_what, where, instead, told) => {
    const here = HERE.replace(where, instead);
    expect(here).not.toBe(HERE);
    const { same, words } = differ(DOCUMENT, here);
    expect(same).toBe(false);
    if (typeof told === 'string') expect(words).toBe(told);
    else expect(words).toMatch(told);
  });

  it('is told in a few words', () =>
    expect(differ('a\nb\nc\nd\ne\n', 'a\n').words).toBe('missing: "b", "c", "d" and 1 line more'));

  it('is told as a list of all lines, with those that differ', () =>
    expect(differ('a\nb\n  c 1\n', 'b\na\nd\n').diff).toBe('  a\n  b\n- b | c 1\n+ d\n'));

  it('has LIPs without their connections, and their number', () => {
    const document =
      'VIP:VPORT   TOTAL    SNAT_IP  CONFLICTS  CONNS\n10.0.0.100:80   1\n        192.168.100.200      0          0\n';
    const here = document.replace('0          0', '3          17  ');
    expect(printedLines(here)).toEqual([
      'VIP:VPORT TOTAL SNAT_IP CONFLICTS CONNS',
      '10.0.0.100:80 1',
      '10.0.0.100:80 1 | 192.168.100.200',
    ]);
    expect(differ(document, here.replace(':80   1', ':80   2')).same).toBe(false);
  });

  it('has addresses without the ports of a LIP and without link-local addresses', () =>
    expect(
      printedLines(`inet6 fe80::a037:6eff:fe29:ab1a/64 scope link dpdk0
     valid_lft forever preferred_lft forever
inet 192.168.100.200/32 scope global dpdk0
     valid_lft forever preferred_lft forever sa_used 4 sa_free 1032172 sa_miss 0
inet6 2407::201/128 scope global dpdk0\r
     sa_used 0 sa_free 1032176 sa_miss 0
inet6 fe80::/64 src fe80::a037:6eff:fe29:ab1a dev dpdk0 mtu 1500 scope link
`),
    ).toEqual([
      'inet 192.168.100.200/32 scope global dpdk0',
      'inet 192.168.100.200/32 scope global dpdk0 | valid_lft forever preferred_lft forever',
      'inet6 2407::201/128 scope global dpdk0',
    ]));

  it('keeps numbers that are no counters', () =>
    expect(printedLines('10 20 30\nRX packets 5 6\nfd 1 2')).toEqual(['10 20 30', 'RX packets 5 6', 'fd 1 2']));

  it('may be indented as a whole, and by tabs', () =>
    expect(printedLines('\n\n    a\n    \tb\n    c\n')).toEqual(['a', 'a | b', 'c']));

  it('is read in a time that grows with its length', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `${' '.repeat(i % 50)}line ${i}`).join('\n');
    expect(differ(many, many).same).toBe(true);
  });
});

describe('names', () => {
  it('are exchanged at once', () =>
    expect(renamed('dev dpdk0 via dpdk1', { dpdk0: 'dpdk1', dpdk1: 'dpdk0' })).toBe('dev dpdk1 via dpdk0'));
  it('are whole', () =>
    expect(renamed('dpdk1.kni xdpdk1 dpdk1: dpdk10 dpdk1', { dpdk1: 'eth0' })).toBe(
      'dpdk1.kni xdpdk1 eth0: dpdk10 eth0',
    ));
  it('are texts, not expressions', () => expect(renamed('1.2.3.4 1x2.3.4', { '1.2.3.4': 'a' })).toBe('a 1x2.3.4'));
  it('may be inherited ones of an object', () => expect(renamed('constructor', { dpdk0: 'x' })).toBe('constructor'));
});
