import { describe, expect, it } from 'vitest';
import { CannotObserve } from '../../src/cannot-observe.ts';
import { missedPorts, parseAddresses, parseConnections, parseRoutes } from '../../src/drivers/dpvs/tables.ts';
import { joinTable, parseReals, parseTable, readCounters, readLimits } from '../../src/drivers/ipvsadm.ts';

// Outputs are recorded from DPVS 1.10.2; a test that needs another word puts it in. Two lines are not recorded: an IPv6
// connection has the endpoints of the table, and the IPv6 default route is that of `DPVS fullnat mode management`.

const HEAD = `IP Virtual Server version 1.10.2 (size=0)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`;
const TABLE = `${HEAD}TCP  10.0.0.100:80 rr
  -> 192.168.100.2:80             FullNat 1      0          2         
  -> 192.168.100.3:80             FullNat 1      0          2         
`;
const SNAT = `${HEAD}MATCH icmp,from=192.168.100.1-192.168.100.254:0-0,to=0.0.0.0-255.255.255.255:0-0,iif=dpdk0,oif=dpdk1 wlc
  -> 123.1.2.3:0                  SNAT    4      0          2         
MATCH tcp,from=192.168.100.0-192.168.100.254:0-0,oif=dpdk1 rr
MATCH udp,from=192.168.100.0-192.168.100.254:0-0,oif=dpdk1 wrr
  -> 123.1.2.3:0                  SNAT    4      0          2         
`;
const STATS = `IP Virtual Server version 1.10.2 (size=0)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  10.0.0.100:80                       4       24       16     1336     1568
  -> 192.168.100.2:80                    2       12        8      668      784
  -> 192.168.100.3:80                    2       12        8      668      784
`;
const THRESHOLDS = `IP Virtual Server version 1.10.2 (size=0)
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn 
  -> RemoteAddress:Port
TCP  10.0.0.100:80 rr
  -> 192.168.100.2:80             0          0          0          2         
  -> 192.168.100.3:80             0          0          0          2         
`;

const servicesOf = (output: string) => parseTable(output).services;

describe('ipvsadm -ln of DPVS', () => {
  it('shows services with their real servers', () => {
    const real = { port: 80, forward: 'FullNat', weight: 1, activeConnections: 0, inactiveConnections: 2 };
    expect(servicesOf(TABLE)).toEqual([
      {
        protocol: 'tcp',
        address: '10.0.0.100',
        port: 80,
        scheduler: 'rr',
        flags: [],
        reals: [
          { address: '192.168.100.2', ...real },
          { address: '192.168.100.3', ...real },
        ],
      },
    ]);
  });

  it('shows services of both families, with real servers of another (NAT64)', () =>
    expect(
      servicesOf(`${HEAD}TCP  10.0.96.202:443 rr
  -> 192.168.229.1:443            FullNat 100    0          0         
TCP  [2001::201]:80 rr
  -> 192.168.229.1:80             FullNat 100    0          0         
  -> 192.168.229.2:80             FullNat 100    0          0         
`),
    ).toMatchObject([
      { address: '10.0.96.202', port: 443, reals: [{}] },
      { address: '2001::201', port: 80, reals: [{ address: '192.168.229.1', weight: 100 }, {}] },
    ]));

  it('shows SNAT by its description, also while it has no server', () =>
    expect(servicesOf(SNAT)).toEqual([
      expect.objectContaining({
        protocol: 'match',
        address: 'icmp,from=192.168.100.1-192.168.100.254:0-0,to=0.0.0.0-255.255.255.255:0-0,iif=dpdk0,oif=dpdk1',
        port: 0,
        scheduler: 'wlc',
        flags: [],
        reals: [
          { address: '123.1.2.3', port: 0, forward: 'SNAT', weight: 4, activeConnections: 0, inactiveConnections: 2 },
        ],
      }),
      expect.objectContaining({
        address: 'tcp,from=192.168.100.0-192.168.100.254:0-0,oif=dpdk1',
        scheduler: 'rr',
        reals: [],
      }),
      expect.objectContaining({
        address: 'udp,from=192.168.100.0-192.168.100.254:0-0,oif=dpdk1',
        scheduler: 'wrr',
        reals: [expect.objectContaining({ forward: 'SNAT', weight: 4 })],
      }),
    ]));

  it('shows persistence, and what conhash hashes', () => {
    const [first] = servicesOf(TABLE.replace('80 rr', '80 rr persistent 5'));
    expect(first).toMatchObject({ scheduler: 'rr', persistence: 5, flags: [] });
    expect(first).not.toHaveProperty('mask');
    const [hashed] = servicesOf(TABLE.replace('80 rr', '80 conhash sip'));
    expect(hashed).toMatchObject({ scheduler: 'conhash', flags: ['sip'] });
    expect(hashed).not.toHaveProperty('persistence');
  });

  it('shows UDP as a protocol of its own', () =>
    expect(servicesOf(TABLE.replace('TCP  10.0.0.100:80', 'UDP  10.0.0.100:53'))).toMatchObject([
      { protocol: 'udp', port: 53, reals: [{}, {}] },
    ]));

  it.each([
    ['an address', TABLE.replace('10.0.0.100:80', 'nowhere'), /"nowhere" where ADDRESS:PORT/],
    ['a weight', TABLE.replace('FullNat 1 ', 'FullNat x '), /"x" where a whole number/],
    ['a number of connections', TABLE.replace(/FullNat 1 .*/, 'FullNat 1'), /"" where a whole number/],
    ['a time', TABLE.replace('80 rr', '80 rr persistent soon'), /"soon" where a whole number/],
  ])('cannot be observed without %s where one belongs', (_what, output, told) => {
    expect(() => parseTable(output)).toThrow(CannotObserve);
    expect(() => parseTable(output)).toThrow(told);
  });

  it('is empty when it shows nothing: the heading is no service', () => {
    expect(servicesOf(HEAD)).toEqual([]);
    expect(servicesOf('')).toEqual([]);
  });
});

describe('the other lists of ipvsadm', () => {
  const counters = { connections: 2, inPackets: 12, outPackets: 8, inBytes: 668, outBytes: 784 };
  const stats = parseReals(STATS, (words) => ({ stats: readCounters(words) }));
  const limits = parseReals(THRESHOLDS, readLimits);

  it('count for each real server, and not for the service', () =>
    expect(stats).toEqual([[{ stats: counters }, { stats: counters }]]));
  it('limit each real server', () =>
    expect(limits).toEqual([
      [
        { upper: 0, lower: 0 },
        { upper: 0, lower: 0 },
      ],
    ]));
  it('belong to the table', () =>
    expect(joinTable(parseTable(TABLE), [stats, limits]).services).toMatchObject([
      {
        address: '10.0.0.100',
        reals: [
          { address: '192.168.100.2', weight: 1, stats: counters, upper: 0, lower: 0 },
          { address: '192.168.100.3', weight: 1, stats: counters, upper: 0, lower: 0 },
        ],
      },
    ]));
  it('belong to SNAT services, too, one of which has no server', () => {
    const list = parseReals(
      `Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
MATCH icmp,from=192.168.100.1-192.168.100.254:0-0,to=0.0.0.0-255.255.255.255:0-0,iif=dpdk0,oif=dpdk1        2        4        4      336      336
  -> 123.1.2.3:0                         2        4        4      336      336
MATCH tcp,from=192.168.100.0-192.168.100.254:0-0,oif=dpdk1        0        0        0        0        0
MATCH udp,from=192.168.100.0-192.168.100.254:0-0,oif=dpdk1        2        2        2      118       62
  -> 123.1.2.3:0                         2        2        2      118       62
`,
      (words) => ({ stats: readCounters(words) }),
    );
    const joined = joinTable(parseTable(SNAT), [list]).services;
    expect(joined.map((s) => s.reals.map((r) => r.stats?.inBytes))).toEqual([[336], [], [118]]);
  });
  it('are left out where the table has changed in between', () => {
    const [service] = joinTable(parseTable(TABLE.replace(/ {2}-> 192\.168\.100\.3.*\n/, '')), [stats, limits]).services;
    expect(service?.reals).toHaveLength(1);
    expect(service?.reals[0]).not.toHaveProperty('stats');
    expect(service?.reals[0]).not.toHaveProperty('upper');
  });
  it('with another word than a number cannot be observed', () =>
    expect(() => parseReals(STATS.replace('668', '668K'), readCounters)).toThrow(CannotObserve));
});

describe('ipvsadm -lnc of DPVS', () => {
  it('shows connections with their client and the VIP, of every core and protocol', () =>
    expect(
      parseConnections(`[1]tcp 7s     TIME_WAIT   10.0.0.48:38094    10.0.0.100:80      192.168.100.200:1026 192.168.100.3:80
[12]udp 300s   NORMAL      [2001::48]:40001   [2001::201]:53     [2407::201]:1025   [2407::1]:53
[1]icmp 300s   ICMP_NORMAL 203.0.113.80:8     123.1.2.3:777      203.0.113.80:8     10.1.1.2:777
`),
    ).toEqual([
      { client: '10.0.0.48', clientPort: 38_094, address: '10.0.0.100', port: 80 },
      { client: '2001::48', clientPort: 40_001, address: '2001::201', port: 53 },
      { client: '203.0.113.80', clientPort: 8, address: '123.1.2.3', port: 777 },
    ]));
  it('has no connections in headings and empty lines', () =>
    expect(parseConnections('\nIPVS connection entries\npro expire state source virtual destination\n')).toEqual([]));
  it('with something else than an endpoint cannot be observed', () =>
    expect(() => parseConnections('[1]tcp 7s TIME_WAIT here there')).toThrow(CannotObserve));
});

describe('dpip -s addr show', () => {
  const shown = `inet 10.0.0.100/32 scope global dpdk1
     valid_lft forever preferred_lft forever
inet6 fe80::a037:6eff:fe29:ab1a/64 scope link dpdk0
     valid_lft forever preferred_lft forever
inet6 2001::201/128 scope global dpdk1
     valid_lft forever preferred_lft forever
inet 10.1.1.1/30 scope global gre1
     valid_lft forever preferred_lft forever
inet 192.168.100.200/32 scope global dpdk0
     valid_lft forever preferred_lft forever sa_used 4 sa_free 1032172 sa_miss 0
`;
  it('shows addresses with their ports, without link-local ones', () =>
    expect(parseAddresses(shown)).toEqual([
      { port: 'dpdk1', address: '10.0.0.100/32' },
      { port: 'dpdk1', address: '2001::201/128' },
      { port: 'gre1', address: '10.1.1.1/30' },
      { port: 'dpdk0', address: '192.168.100.200/32', missed: 0 },
    ]));
  it('counts the connections that found no port, over all LIPs', () => {
    const second =
      '192.168.100.201/32 scope global dpdk0\n     valid_lft forever preferred_lft forever sa_used 1 sa_free 0 sa_miss';
    expect(missedPorts(parseAddresses(shown))).toBe(0);
    expect(missedPorts(parseAddresses(`${shown.replace('sa_miss 0', 'sa_miss 3')}inet ${second} 4\n`))).toBe(7);
  });
  it('that counts for no address cannot be observed: nothing was seen is not none', () => {
    expect(() => missedPorts(parseAddresses(shown.replace(/ sa_used.*/, '')))).toThrow(CannotObserve);
    expect(() => missedPorts(parseAddresses(''))).toThrow(/no LIP/);
  });
  it('does not give the count of one address to another', () => {
    const link = 'inet6 fe80::1/64 scope link dpdk0\n     valid_lft forever preferred_lft forever sa_miss 9\n';
    const [address] = parseAddresses(`inet 10.0.0.100/32 scope global dpdk1\n     valid_lft forever\n${link}`);
    expect(address).toEqual({ port: 'dpdk1', address: '10.0.0.100/32' });
  });
  it('is skipped where it says something else', () =>
    expect(parseAddresses('dpip: not exist\ninet\ninet 10.0.0.1/32\n')).toEqual([]));
});

describe('dpip route show', () => {
  it('shows routes to networks, through gateways and tunnels, and the default', () =>
    expect(
      parseRoutes(`inet 10.1.1.1/32 via 0.0.0.0 src 0.0.0.0 dev gre1 mtu 1476 tos 0 scope host metric 0 proto auto 
inet 123.1.2.3/32 via 0.0.0.0 src 0.0.0.0 dev dpdk0 mtu 1500 tos 0 scope host metric 0 proto auto 
inet 10.1.1.0/30 via 0.0.0.0 src 10.1.1.1 dev gre1 mtu 1476 tos 0 scope link metric 0 proto auto 
inet 123.1.2.0/24 via 0.0.0.0 src 123.1.2.3 dev dpdk0 mtu 1500 tos 0 scope link metric 0 proto auto 
inet 2.2.2.0/24 via 1.1.1.254 src 1.1.1.1 dev dpdk1 mtu 1500 tos 0 scope global metric 0 proto auto 
inet 0.0.0.0/0 via 123.1.2.1 src 0.0.0.0 dev dpdk0 mtu 1500 tos 0 scope global metric 0 proto auto 
`),
    ).toEqual([
      { to: '10.1.1.0/30', dev: 'gre1' },
      { to: '123.1.2.0/24', dev: 'dpdk0' },
      { to: '2.2.2.0/24', dev: 'dpdk1', via: '1.1.1.254' },
      { to: 'default', dev: 'dpdk0', via: '123.1.2.1' },
    ]));
  it('shows those of IPv6, without the node’s own and link-local ones', () =>
    expect(
      parseRoutes(`inet6 2001::202/128 dev dpdk1 mtu 1500 scope host
inet6 fe80::2807:92ff:fe96:fdff/128 dev dpdk1 mtu 1500 scope host
inet6 2001::/64 dev dpdk1 mtu 1500 scope link
inet6 fe80::/64 src fe80::f889:82ff:fe93:9521 dev dpdk0 mtu 1500 scope link
inet6 default via 2001::1 dev dpdk1 mtu 1500 scope global
`),
    ).toEqual([
      { to: '2001::/64', dev: 'dpdk1' },
      { to: 'default', dev: 'dpdk1', via: '2001::1' },
    ]));
  it('is skipped where it says something else', () =>
    expect(
      parseRoutes(
        '[sockopt_msg_recv] errcode set in socket msg#47 header: not exist(-4)\ninet 1.1.1.0/24 via 2.2.2.2 dev\n',
      ),
    ).toEqual([]));
});
