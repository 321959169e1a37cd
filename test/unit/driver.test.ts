import { describe, expect, it } from 'vitest';
import { DIALECT } from '../../src/drivers/ipvs/dialect.ts';
import { fullNat } from '../../src/drivers/ipvs/full-nat.ts';
import {
  joinTable,
  parseConnections,
  parseReals,
  parseTable,
  parseTimeouts,
  readCounters,
  readLimits,
} from '../../src/drivers/ipvsadm.ts';
import { KEEPALIVED_CONF, keepalivedConf, keepalivedPids } from '../../src/drivers/keepalived-conf.ts';
import { readLab } from '../../src/lab/read.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { fnatLab } from './lab.ts';

const lab = fnatLab();

describe('ipvsadm', () => {
  const table = `IP Virtual Server version 1.2.1 (size=256)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.168.100.254:80 rr
  -> 192.168.100.2:80             Masq    100    1          4
  -> 192.168.100.3:80             Masq    0      0          0
TCP  [2001::201]:80 wrr persistent 10
  -> [2407::1]:80                 Tunnel  1      0          0
`;
  it('prints a table that is read back', () => {
    expect(parseTable(table).services).toMatchObject([
      {
        protocol: 'tcp',
        address: '192.168.100.254',
        port: 80,
        scheduler: 'rr',
        reals: [
          { address: '192.168.100.2', forward: 'Masq', weight: 100, activeConnections: 1, inactiveConnections: 4 },
          { weight: 0 },
        ],
      },
      { address: '2001::201', scheduler: 'wrr', persistence: 10, reals: [{ address: '2407::1', forward: 'Tunnel' }] },
    ]);
  });
  it('prints flags, firewall marks and netmasks', () => {
    const { services } = parseTable(`UDP  1.1.1.1:53 sh (sh-fallback,sh-port) persistent 3 mask 255.255.255.0 pe sip ops
  -> 2.2.2.2:53                   Route   1      0          0
FWM  2 IPv6 rr persistent 3 mask 64
  -> [2::2]:0                     Route   1      0          0
`);
    expect(services).toMatchObject([
      { scheduler: 'sh', persistence: 3, mask: 24, flags: ['(sh-fallback,sh-port)', 'pe', 'sip', 'ops'], reals: [{}] },
      { protocol: 'fwm', address: '2', port: 0, family: 6, scheduler: 'rr', mask: 64, flags: [], reals: [{ port: 0 }] },
    ]);
  });
  it('prints other lists that belong to the table', () => {
    const stats = parseReals(
      'TCP  192.168.100.254:80   9 8 7 6 5\n  -> 192.168.100.2:80   5 4 3 2 1\n  -> 192.168.100.3:80 0 0 0 0 0\nTCP  [2001::201]:80 0 0 0 0 0\n  -> [2407::1]:80 1 2 3 4 5\n',
      (words) => ({ stats: readCounters(words) }),
    );
    const limits = parseReals(
      'TCP  192.168.100.254:80 rr\n  -> 192.168.100.2:80   10 5 0 0\n  -> 192.168.100.3:80 0 0 0 0\n',
      readLimits,
    );
    const [first, second] = joinTable(parseTable(table), [stats, limits]).services;
    const counters = { connections: 5, inPackets: 4, outPackets: 3, inBytes: 2, outBytes: 1 };
    expect(first?.reals[0]).toMatchObject({ stats: counters, upper: 10, lower: 5 });
    expect(second?.reals[0]).not.toHaveProperty('upper');
    expect(joinTable(parseTable(table), [[]]).services[0]?.reals[0]).not.toHaveProperty('stats');
  });
  it('prints the connections that it knows, and templates of persistence', () => {
    const list = `IPVS connection entries
pro expire state       source             virtual            destination
TCP 14:57  ESTABLISHED 10.0.0.48:40000    192.168.100.254:80 192.168.100.2:80
IP  00:48  ERR!        10.0.0.0:0         192.168.100.254:80 192.168.100.2:80
UDP 04:59  UDP         [2001::48]:40001   [2001::201]:80     [2407::1]:80
`;
    const vip = { address: '192.168.100.254', port: 80 };
    expect(parseConnections(list)).toEqual([
      { client: '10.0.0.48', clientPort: 40_000, ...vip },
      { client: '10.0.0.0', clientPort: 0, ...vip },
      { client: '2001::48', clientPort: 40_001, address: '2001::201', port: 80 },
    ]);
    expect(parseConnections('')).toEqual([]);
    expect(() => parseConnections('TCP 14:57 ESTABLISHED here there')).toThrow(/ADDRESS:PORT/);
  });
  it('prints how long connections are kept', () => {
    expect(parseTimeouts('Timeout (tcp tcpfin udp): 900 1 300\n')).toEqual({ tcp: 900, fin: 1, udp: 300 });
    expect(parseTimeouts('')).toBeUndefined();
  });
});

describe('a director', () => {
  it('is ready when keepalived runs, with its processes only where nobody else writes their configuration', () => {
    const lb1 = nodeOf(lab, 'lb1');
    const file = { path: './start.sh', base64: '', mode: 0o755 };
    expect(keepalivedPids(lab, lb1)).toEqual(['/run/keepalived.pid', '/run/vrrp.pid', '/run/checkers.pid']);
    for (const own of [{ setup: file }, { keepalived: file }, { files: { [KEEPALIVED_CONF]: file } }])
      expect(keepalivedPids(lab, { ...lb1, ...own })).toEqual(['/run/keepalived.pid']);
  });
  it('gets the seed’s keepalived.conf', () => {
    expect(keepalivedConf(lab, nodeOf(lab, 'lb2'), DIALECT)).toBe(`global_defs {
    router_id lb2
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 123
    priority 80
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass lvslab
    }
    virtual_ipaddress {
        192.168.100.254 dev eth0
    }
}
virtual_server 192.168.100.254 80 {
    delay_loop 3
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 192.168.100.2 80 {
        weight 100
        inhibit_on_failure
        TCP_CHECK {
            connect_timeout 3
            connect_port 80
            retry 2
            delay_before_retry 1
        }
    }
    real_server 192.168.100.3 80 {
        weight 100
        inhibit_on_failure
        TCP_CHECK {
            connect_timeout 3
            connect_port 80
            retry 2
            delay_before_retry 1
        }
    }
}
`);
  });

  it('checks the port of the real server, where the lab file names no other', () => {
    const checks = readLab('labs/health-checks/lab.yaml');
    if (!checks.ok) throw new Error('the lab file is wrong');
    const conf = keepalivedConf(checks.value, nodeOf(checks.value, 'lb'), DIALECT);
    const ports = [...conf.matchAll(/connect_port (\d+)/g)].map((m) => m[1]);
    // status, digest, tls, names, datagrams, quorate: two real servers each
    expect(ports).toEqual(['80', '80', '443', '53', '80', '80'].flatMap((port) => [port, port]));
  });

  it('translates what it forwards to a LIP, and leaves its own connections alone', () => {
    const [service] = lab.services;
    const { tc } = fullNat(service as never, nodeOf(lab, 'lb1'));
    expect(tc).toContain('filter add dev eth0 egress prio 1 protocol ip flower src_ip 192.168.100.11 action ok');
    expect(tc.filter((l) => l.includes('nat src addr 192.168.100.200'))).toHaveLength(2);
  });

  it('with LIPs that follow each other uses them as one range, with others by the client’s port', () => {
    const [service] = lab.services;
    const node = (lips: string[]) => ({
      ...nodeOf(lab, 'lb1'),
      lips: lips.map((a) => ({ address: a, interface: 'eth0' })),
    });
    const nat = (lips: string[]) =>
      fullNat(service as never, node(lips)).tc.filter(
        (l) => l.includes('dst_ip 192.168.100.2 ') && l.includes('nat src'),
      );
    expect(nat(['192.168.100.200', '192.168.100.202', '192.168.100.201'])).toEqual([
      expect.stringContaining('addr 192.168.100.200-192.168.100.202'),
    ]);
    expect(nat(['192.168.100.200', '192.168.100.210'])).toEqual([
      expect.stringMatching(/src_port 0\/2 .*addr 192\.168\.100\.200 /),
      expect.stringMatching(/src_port 2\/2 .*addr 192\.168\.100\.210 /),
    ]);
  });
});
