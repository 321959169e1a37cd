import { describe, expect, it } from 'vitest';
import { setupCommands } from '../../src/drivers/dpvs/commands.ts';
import { DPVS_CONF, dpvsConf } from '../../src/drivers/dpvs/conf.ts';
import { dpvs } from '../../src/drivers/dpvs/driver.ts';
import { driverOf } from '../../src/drivers/index.ts';
import { KEEPALIVED_CONF } from '../../src/drivers/keepalived-conf.ts';
import type { Diagnostic } from '../../src/lab/diagnostic.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { readLab } from '../../src/lab/read.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import type { NodePart } from '../../src/nodes/part.ts';
import type { Result } from '../../src/result.ts';
import { mistakesOf, NO_FILES } from './lab.ts';

function right(result: Result<Lab, readonly Diagnostic[]>): Lab {
  if (!result.ok) throw new Error(result.error.map(formatDiagnostic).join('\n'));
  return result.value;
}

/** A lab of the project, as `--driver dpvs` makes it. */
const labOf = (name: string) => right(readLab(`labs/${name}/lab.yaml`, { driver: 'dpvs' }));

/** A lab with one director, lb, whose cards are on lan and wan. */
function written(more: string, lb = 'lan: [192.168.100.1, "2407::fe"], wan: [10.0.0.1, "2001::2"]'): Lab {
  const source = readSource('lab.yaml', Buffer.from(text(more, lb)));
  return right(source.ok ? checkLab(source.value, NO_FILES) : source);
}

function text(more: string, lb = 'lan: [192.168.100.1, "2407::fe"], wan: [10.0.0.1, "2001::2"]'): string {
  return `lab: x
driver: dpvs
segments: { lan: [192.168.100.0/24, "2407::/64"], wan: [10.0.0.0/16, "2001::/64"] }
nodes:
  c: { kind: client, wan: [10.0.0.48, "2001::48"] }
  lb: { kind: director, ${lb} }
  rs1: { kind: realserver, lan: [192.168.100.2, "2407::1"] }
  rs4: { kind: realserver, lan: 192.168.100.4 }
  rs6: { kind: realserver, lan: "2407::6" }
${more}
`;
}

/** What the lines of dpvs.commands say. */
const commandsOf = (lab: Lab, node = 'lb') => setupCommands(lab, nodeOf(lab, node)).map((words) => words.join(' '));
const partOf = (lab: Lab, node = 'lb'): NodePart => dpvs.director(lab, nodeOf(lab, node));
const fileOf = (lab: Lab, node: string, path: string) => String(partOf(lab, node).files[path]);

describe('dpvs.conf', () => {
  it('gives every card a port, and all of them to one worker', () =>
    expect(fileOf(labOf('fnat-two-arm'), 'lb', DPVS_CONF)).toBe(`global_defs {
    log_level INFO
    log_async_mode off
    kni off
    lldp off
}
netif_defs {
    <init> pktpool_size 16383
    <init> pktpool_cache 256
    <init> device dpdk0 {
        rx {
            queue_number 1
            descriptor_number 256
            rss all
        }
        tx {
            queue_number 1
            descriptor_number 256
        }
        promisc_mode
    }
    <init> device dpdk1 {
        rx {
            queue_number 1
            descriptor_number 256
            rss all
        }
        tx {
            queue_number 1
            descriptor_number 256
        }
        promisc_mode
    }
}
worker_defs {
    <init> worker cpu0 {
        type master
        cpu_id 0
    }
    <init> worker cpu1 {
        type slave
        cpu_id 1
        port dpdk0 {
            rx_queue_ids 0
            tx_queue_ids 0
        }
        port dpdk1 {
            rx_queue_ids 0
            tx_queue_ids 0
        }
    }
}
timer_defs {
    schedule_interval 10
}
neigh_defs {
    <init> unres_queue_length 128
    timeout 60
}
ipv4_defs {
    forwarding off
    default_ttl 64
}
ipv6_defs {
    disable off
    forwarding off
}
ctrl_defs {
    lcore_msg {
        sync_msg_timeout_us 2000000
    }
}
ipvs_defs {
    conn {
        <init> conn_pool_size 65536
        <init> conn_pool_cache 256
    }
    udp {
        uoa_mode ipo
    }
}
sa_pool {
    flow_enable off
}
`));

  it('has one port for one arm', () => {
    const lab = labOf('dr-one-arm');
    const conf = dpvsConf(lab, nodeOf(lab, 'lb'));
    expect(conf.match(/dpdk\d/g)).toEqual(['dpdk0', 'dpdk0']);
  });

  it('has the lab’s timeouts for every state that they mean', () => {
    const lab = written(`services: { web: { vip: 10.0.0.100, port: 80, mode: nat, reals: { rs4: 1 } } }
timeouts: { tcp: 9s, fin: 2s, udp: 3s }`);
    expect(dpvsConf(lab, nodeOf(lab, 'lb'))).toContain(`    udp {
        uoa_mode ipo
        timeout {
            oneway 3
            normal 3
        }
    }
    tcp {
        timeout {
            established 9
            fin_wait 2
            time_wait 2
            close_wait 2
            last_ack 2
        }
    }
`);
  });
});

/** The same director with a LIP of each family. */
const LIP4 = 'lan: [192.168.100.1, "2407::fe"], wan: [10.0.0.1, "2001::2"], lips: [192.168.100.200]';
const LIP6 = LIP4.replace('192.168.100.200', '"2407::201"');
const NETWORK = [
  'dpip addr add 192.168.100.1/24 dev dpdk0',
  'dpip addr add 2407::fe/64 dev dpdk0',
  'dpip addr add 10.0.0.1/16 dev dpdk1',
  'dpip addr add 2001::2/64 dev dpdk1',
];

describe('the commands of a director', () => {
  it.each<[string, string[]]>([
    [
      'fnat-two-arm',
      [
        'dpip addr add 10.0.0.1/16 dev dpdk0',
        'dpip addr add 192.168.100.1/24 dev dpdk1',
        'dpip addr add 10.0.0.100/32 dev dpdk0',
        'ipvsadm -A -t 10.0.0.100:80 -s rr',
        'ipvsadm -a -t 10.0.0.100:80 -r 192.168.100.2:80 -b -w 1',
        'ipvsadm -a -t 10.0.0.100:80 -r 192.168.100.3:80 -b -w 1',
        'ipvsadm --add-laddr -z 192.168.100.200 -t 10.0.0.100:80 -F dpdk1',
      ],
    ],
    [
      'fnat-ipv6',
      [
        'dpip addr add 2001::2/64 dev dpdk0',
        'dpip addr add 2407::fe/64 dev dpdk1',
        'dpip addr add 2001::201/128 dev dpdk0',
        'dpip -6 route add default via 2001::1 dev dpdk0',
        'ipvsadm -A -t [2001::201]:80 -s rr',
        'ipvsadm -a -t [2001::201]:80 -r [2407::1]:80 -b -w 1',
        'ipvsadm -a -t [2001::201]:80 -r [2407::2]:80 -b -w 1',
        'ipvsadm --add-laddr -z 2407::201 -t [2001::201]:80 -F dpdk1',
      ],
    ],
    [
      'dr-one-arm',
      [
        'dpip addr add 192.168.100.1/24 dev dpdk0',
        'dpip addr add 192.168.100.254/32 dev dpdk0',
        'ipvsadm -A -t 192.168.100.254:80 -s rr',
        'ipvsadm -a -t 192.168.100.254:80 -r 192.168.100.2:80 -g -w 1',
        'ipvsadm -a -t 192.168.100.254:80 -r 192.168.100.3:80 -g -w 1',
      ],
    ],
    [
      'tun-one-arm',
      [
        'dpip addr add 10.140.16.48/20 dev dpdk0',
        'dpip addr add 10.140.31.48/32 dev dpdk0',
        'dpip route add default via 10.140.31.254 src 10.140.16.48 dev dpdk0',
        'ipvsadm -A -t 10.140.31.48:80 -s rr',
        'ipvsadm -a -t 10.140.31.48:80 -r 10.140.18.33:80 -i -w 1',
        'ipvsadm -a -t 10.140.31.48:80 -r 10.40.84.170:80 -i -w 1',
      ],
    ],
    [
      'nat-one-arm',
      [
        'dpip addr add 192.168.0.66/24 dev dpdk0',
        'dpip addr add 10.140.31.48/20 dev dpdk0',
        'dpip addr add 192.168.0.89/32 dev dpdk0',
        'ipvsadm -A -t 192.168.0.89:80 -s rr',
        'ipvsadm -a -t 192.168.0.89:80 -r 10.140.18.33:80 -m -w 1',
        'ipvsadm -a -t 192.168.0.89:80 -r 10.140.18.34:80 -m -w 1',
      ],
    ],
    [
      // Both of its rules are for one network: each protocol is one service.
      'snat',
      [
        'dpip addr add 123.1.2.3/24 dev dpdk0 sapool',
        'dpip addr add 192.168.100.1/24 dev dpdk1',
        'dpip route add default via 123.1.2.1 dev dpdk0',
        ...['tcp', 'udp', 'icmp'].flatMap((protocol) => [
          `ipvsadm -A -s rr -H proto=${protocol},src-range=192.168.100.1-192.168.100.254,oif=dpdk0`,
          `ipvsadm -a -H proto=${protocol},src-range=192.168.100.1-192.168.100.254,oif=dpdk0 -r 123.1.2.3:0 -w 100 -J`,
        ]),
      ],
    ],
  ])('of %s are those of its document', (name, commands) => {
    const lab = labOf(name);
    expect(commandsOf(lab)).toEqual(commands);
    expect(fileOf(lab, 'lb', '/lab/dpvs.commands')).toBe(commands.map((c) => `${c}\n`).join(''));
  });

  it('where keepalived works beside DPVS are routes only: the addresses are the kernel’s, VIPs and services are keepalived’s', () => {
    const lab = labOf('fnat-keepalived-two-arm');
    for (const lb of ['lb1', 'lb2'])
      expect(commandsOf(lab, lb)).toEqual([
        'dpip route add 10.0.96.0/24 dev dpdk0',
        'dpip route add 192.168.228.0/23 dev dpdk1',
      ]);
  });

  it('keep clients at their real server, alone or by network', () => {
    const service = (name: string, port: number, vip: string, persistence: string, mode = 'dr') =>
      `  ${name}: { vip: "${vip}", port: ${port}, mode: ${mode}, persistence: ${persistence}, reals: { rs1: 1 } }`;
    const lab = written(
      [
        'services:',
        service('alone', 80, '10.0.0.100', '5s'),
        service('whole', 81, '10.0.0.100', '{ time: 5s, mask: 32 }'),
        service('net', 82, '10.0.0.100', '{ time: 3s, mask: 20 }'),
        service('net6', 83, '2001::100', '{ time: 5s, mask: 64 }'),
      ].join('\n'),
    );
    expect(commandsOf(lab).filter((c) => c.startsWith('ipvsadm -A'))).toEqual([
      'ipvsadm -A -t 10.0.0.100:80 -s rr -p 5',
      'ipvsadm -A -t 10.0.0.100:81 -s rr -p 5',
      'ipvsadm -A -t 10.0.0.100:82 -s rr -p 3 -M 255.255.240.0',
      'ipvsadm -A -t [2001::100]:83 -s rr -p 5 -M 64',
    ]);
  });

  it('name UDP services as such, a scheduler, weights, the real servers’ own ports, and the VIP of two services once', () => {
    const lab = written(
      `services:
  dns: { vip: 10.0.0.100, port: 53, protocol: udp, mode: fnat, scheduler: conhash, reals: { rs1: 3, rs4: { weight: 0, port: 5353 } } }
  web: { vip: 10.0.0.100, port: 80, mode: nat, scheduler: wlc, reals: { rs4: 2 } }`,
      LIP4,
    );
    expect(commandsOf(lab)).toEqual([
      ...NETWORK,
      'dpip addr add 10.0.0.100/32 dev dpdk1',
      'ipvsadm -A -u 10.0.0.100:53 -s conhash',
      'ipvsadm -a -u 10.0.0.100:53 -r 192.168.100.2:53 -b -w 3',
      'ipvsadm -a -u 10.0.0.100:53 -r 192.168.100.4:5353 -b -w 0',
      'ipvsadm --add-laddr -z 192.168.100.200 -u 10.0.0.100:53 -F dpdk0',
      'ipvsadm -A -t 10.0.0.100:80 -s wlc',
      'ipvsadm -a -t 10.0.0.100:80 -r 192.168.100.4:80 -m -w 2',
    ]);
  });

  it('give an IPv6 VIP with IPv4 real servers a LIP of their family (NAT64), as the document does', () => {
    const lab = written('services: { web: { vip: "2001::201", port: 80, mode: fnat, reals: { rs4: 1 } } }', LIP4);
    expect(commandsOf(lab).filter((c) => c.includes('2001::201'))).toEqual([
      'dpip addr add 2001::201/128 dev dpdk1',
      'ipvsadm -A -t [2001::201]:80 -s rr',
      'ipvsadm -a -t [2001::201]:80 -r 192.168.100.4:80 -b -w 1',
      'ipvsadm --add-laddr -z 192.168.100.200 -t [2001::201]:80 -F dpdk0',
    ]);
  });

  it('give an IPv6 default route its family', () => {
    const route = (routes: string) =>
      commandsOf(written('services: {}', `wan: [10.0.0.1, "2001::2"], routes: { ${routes} }`)).filter((c) =>
        c.includes(' route '),
      );
    expect(route('"::/0": "2001::1"')).toEqual(['dpip -6 route add default via 2001::1 dev dpdk0']);
    expect(route('default: 10.0.0.7, 10.9.0.0/16: 10.0.0.8, "2002::/64": "2001::9"')).toEqual([
      'dpip route add default via 10.0.0.7 dev dpdk0',
      'dpip route add 10.9.0.0/16 via 10.0.0.8 dev dpdk0',
      'dpip -6 route add 2002::/64 via 2001::9 dev dpdk0',
    ]);
  });

  it('change one real server by its port', () => {
    const lab = labOf('fnat-two-arm');
    const [service] = lab.services;
    const [real] = service?.reals ?? [];
    const control = dpvs.control(async () => '', nodeOf(lab, 'lb'));
    if (!service || !real) throw new Error('the lab has no service');
    expect(control.setWeight(service, real, 0).join(' ')).toBe(
      'ipvsadm -e -t 10.0.0.100:80 -r 192.168.100.2:80 -b -w 0',
    );
    expect(control.removeServer(service, real).join(' ')).toBe('ipvsadm -d -t 10.0.0.100:80 -r 192.168.100.2:80');
    expect(control.restoreServer(service, real, 5).join(' ')).toContain(
      ' -t 10.0.0.100:80 -r 192.168.100.2:80 -b -w 5',
    );
  });
});

describe('keepalived.conf for DPVS’s own keepalived', () => {
  it('is that of the tutorial, with a group for LIPs and for each service, and both names of an interface', () =>
    expect(fileOf(labOf('fnat-keepalived'), 'lb2', KEEPALIVED_CONF)).toBe(`global_defs {
    router_id lb2
    script_user root
    enable_script_security
}
local_address_group laddr_g1 {
    192.168.100.201 dpdk0
}
vrrp_script dpvs_is_alive {
    script "/usr/local/lib/lab/dpvs-alive.sh dpdk0"
    interval 1
    timeout 2
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    dpdk_interface dpdk0
    virtual_router_id 123
    priority 80
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass lvslab
    }
    track_script {
        dpvs_is_alive
    }
    virtual_ipaddress {
        192.168.100.254
    }
}
virtual_server_group 192.168.100.254-80 {
    192.168.100.254 80
}
virtual_server group 192.168.100.254-80 {
    delay_loop 3
    lb_algo rr
    lb_kind FNAT
    laddr_group_name laddr_g1
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
`));

  it('of two arms has LIPs on the inner port, and the instance on the outer one', () => {
    const conf = fileOf(labOf('fnat-keepalived-two-arm'), 'lb1', KEEPALIVED_CONF);
    expect(conf).toContain('local_address_group laddr_g1 {\n    192.168.229.201 dpdk1\n}\n');
    expect(conf).toContain('script "/usr/local/lib/lab/dpvs-alive.sh dpdk0 dpdk1"');
    expect(conf).toContain(
      '    state MASTER\n    interface eth0\n    dpdk_interface dpdk0\n    virtual_router_id 201\n',
    );
    expect(conf).toContain('    virtual_ipaddress {\n        10.0.96.201\n        10.0.96.202\n    }\n');
    const groups = ['10.0.96.201-80', '10.0.96.201-443', '10.0.96.202-80', '10.0.96.202-443'];
    expect([
      ...conf.matchAll(/^virtual_server_group (\S+) \{\n {4}(\S+ \d+)\n\}\nvirtual_server group (\S+) \{$/gm),
    ]).toEqual(groups.map((g) => expect.objectContaining({ 1: g, 2: g.replace('-', ' '), 3: g })));
  });

  it('has persistence, and names a UDP service apart from a TCP one', () => {
    const lab = written(
      'services: { web: { vip: 10.0.0.100, port: 53, protocol: udp, mode: fnat, reals: { rs4: 1 }, health: { udp: 1s, every: 1s }, persistence: { time: 5s, mask: 24 } } }',
      LIP4,
    );
    const conf = fileOf(lab, 'lb', KEEPALIVED_CONF);
    expect(conf).toContain(
      'virtual_server group 10.0.0.100-53-udp {\n    delay_loop 1\n    lb_algo rr\n    lb_kind FNAT\n    laddr_group_name laddr_g1\n    protocol UDP\n',
    );
    expect(conf).toContain('    persistence_timeout 5\n    persistence_granularity 255.255.255.0\n');
  });

  it('has only the services that keepalived sets up: the others are commands, and VIPs that do not move', () => {
    const lab = written(
      `services:
  plain: { vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs4: 1 } }
  checked: { vip: 10.0.0.101, port: 80, mode: fnat, reals: { rs4: 1 }, health: { tcp: 1s, every: 1s } }`,
      LIP4,
    );
    const conf = fileOf(lab, 'lb', KEEPALIVED_CONF);
    expect(conf.match(/virtual_server group \S+/g)).toEqual(['virtual_server group 10.0.0.101-80']);
    expect(commandsOf(lab).filter((c) => c.includes('10.0.0.10'))).toEqual([
      'dpip addr add 10.0.0.100/32 dev dpdk1',
      'dpip addr add 10.0.0.101/32 dev dpdk1',
      'ipvsadm -A -t 10.0.0.100:80 -s rr',
      'ipvsadm -a -t 10.0.0.100:80 -r 192.168.100.4:80 -b -w 1',
      'ipvsadm --add-laddr -z 192.168.100.200 -t 10.0.0.100:80 -F dpdk0',
    ]);
  });
});

describe('devices of a director', () => {
  const lab = right(readLab('labs/dpvs-vlan/lab.yaml'));
  it('are bonds in dpvs.conf, which workers serve in place of their slaves', () => {
    const conf = fileOf(lab, 'lb', DPVS_CONF);
    expect(conf).toContain(
      '    <init> bonding bond1 {\n        mode 0\n        slave dpdk2\n        slave dpdk3\n        primary dpdk2\n        options dedicated_queues=off\n    }\n',
    );
    expect(conf.match(/port \S+/g)).toEqual(['port dpdk0', 'port dpdk1', 'port bond1']);
    expect(partOf(lab).ip[0]).toMatch(/^link set dev eth2 address /);
    expect(partOf(lab).programs['dpvs-setup']?.command.slice(1)).toEqual(['dpdk0', 'dpdk1', 'bond1']);
  });
  it('are bonds with LACP, with a program that lets an idle DPVS speak it', () => {
    const lacp = right(readLab('labs/dpvs-lacp/lab.yaml'));
    expect(fileOf(lacp, 'lb', DPVS_CONF)).toContain('<init> bonding bond2 {\n        mode 4\n');
    expect(partOf(lacp).programs['dpvs-lacp']?.command).toEqual(['/usr/local/lib/lab/dpvs-lacp.sh', 'bond1', 'bond2']);
    expect(partOf(lab).programs['dpvs-lacp']).toBeUndefined();
  });
  it('are VLANs by command, before their addresses', () =>
    expect(commandsOf(lab).slice(0, 5)).toEqual([
      'dpip vlan add dpdk0.100 link dpdk0 proto 802.1q id 100',
      'dpip vlan add dpdk0.101 link dpdk0 proto 802.1q id 101',
      'dpip vlan add dpdk1.102 link dpdk1 proto 802.1q id 102',
      'dpip vlan add bond1.103 link bond1 proto 802.1q id 103',
      'dpip addr add 10.100.0.1/24 dev dpdk0.100',
    ]));
  it('are tunnels by command', () =>
    expect(commandsOf(labOf('snat-gre')).slice(0, 2)).toEqual([
      'dpip tunnel add mode gre gre1 local 1.1.1.1 remote 2.2.2.2',
      'dpip tunnel add mode ipip ipip1 local 1.1.1.1 remote 2.2.2.3',
    ]));
});

describe('the programs of a director', () => {
  it('are DPVS on the lab’s cards, whose idle threads sleep, and the one that configures its ports', () => {
    const { programs, ip } = partOf(labOf('fnat-two-arm'));
    expect(programs).toEqual({
      dpvs: {
        command: ['/usr/local/lib/lab/dpvs-start.sh', 'sleep', '1', 'eth0', 'eth1'],
        ready: ['/run/dpvs.ready'],
        after: [],
      },
      'dpvs-setup': { command: ['/usr/local/lib/lab/dpvs-setup.sh', 'dpdk0', 'dpdk1'], ready: [], after: [] },
    });
    expect(ip).toEqual(['link set dev eth0 promisc on arp off', 'link set dev eth1 promisc on arp off']);
  });

  it('are keepalived after DPVS, too, and the kernel answers for its own addresses then', () => {
    const lab = labOf('fnat-keepalived');
    const { programs, ip } = partOf(lab, 'lb1');
    expect(programs['dpvs']?.command).toEqual(['/usr/local/lib/lab/dpvs-start.sh', 'sleep', '1', 'eth0']);
    expect(programs['keepalived']).toMatchObject({
      after: ['dpvs'],
      ready: ['/run/keepalived.pid', '/run/vrrp.pid', '/run/checkers.pid'],
    });
    expect(ip).toEqual(['link set dev eth0 promisc on arp on']);
    expect(dpvs.stack(lab, nodeOf(lab, 'lb1'))).toMatchObject({ addresses: true });
    const alone = labOf('fnat-two-arm');
    expect(dpvs.stack(alone, nodeOf(alone, 'lb'))).toMatchObject({ addresses: false });
  });

  it('wait for keepalived’s checkers only if keepalived has a service to check', () => {
    const lab = written(
      `services: { plain: { vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs4: 1 } } }
vrrp: { V: { on: lan, id: 1, priorities: { lb: 9 }, addresses: [192.168.100.250] } }`,
      LIP4,
    );
    expect(partOf(lab).programs['keepalived']?.ready).toEqual(['/run/keepalived.pid', '/run/vrrp.pid']);
  });
});

describe('what DPVS cannot do', () => {
  const mixed = (vip: string, mode: string, rs: string, lb?: string) =>
    mistakesOf(text(`services: { web: { vip: "${vip}", port: 80, mode: ${mode}, reals: { ${rs}: 1 } } }`, lb)).join(
      '\n',
    );
  it('is a translation between families in other modes than Full-NAT', () => {
    expect(mixed('2001::201', 'fnat', 'rs4', LIP4)).toBe('');
    expect(mixed('2001::201', 'fnat', 'rs4', LIP6)).toMatch(/has no LIP, and service "web" is fnat/);
    expect(mixed('2001::201', 'nat', 'rs4')).toMatch(/IPv6 to IPv4 in Full-NAT only, not in nat/);
  });
  it('is a translation from IPv4 to IPv6', () =>
    expect(mixed('10.0.0.100', 'fnat', 'rs6', LIP6)).toMatch(/from IPv6 to IPv4 \(NAT64\), not from IPv4 to IPv6/));
  it.each([
    [
      'mode nat beside keepalived',
      'services: { web: { vip: 10.0.0.100, port: 80, mode: nat, reals: { rs4: 1 }, health: { tcp: 1s, every: 1s } } }',
      undefined,
      /nat needs them in DPVS; use fnat/,
    ],
    [
      'SNAT beside keepalived',
      'services: { web: { vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs4: 1 }, health: { tcp: 1s, every: 1s } } }\nsnat: { out: { from: 192.168.100.0/24, to: 10.0.0.1, out: wan, inside: rs4, outside: c } }',
      'lan: 192.168.100.1, wan: 10.0.0.1, lips: [192.168.100.200]',
      /SNAT needs them in DPVS/,
    ],
    [
      'a setup script',
      'services: {}',
      'lan: 192.168.100.1, manual: true',
      /a script of a director runs before DPVS starts/,
    ],
    ['a kernel of its own', 'services: {}', 'lan: 192.168.100.1, kernel: uml', /DPVS runs on the engine’s kernel/],
    ['a bridge', 'services: {}', 'devices: { b: { bridge: true, over: [lan] } }, lan: none', /DPVS has no bridges/],
    [
      'a sync daemon',
      'services: {}\nvrrp: { V: { on: lan, id: 1, priorities: { lb: 9 }, addresses: [192.168.100.250], syncdaemon: true } }',
      undefined,
      /DPVS has no sync daemon/,
    ],
  ])('is %s', (_, more, lb, told) => expect(mistakesOf(text(more, lb)).join('\n')).toMatch(told));
  it('are schedulers and hashes that it does not have', () => {
    const told = (words: string) =>
      mistakesOf(text(`services: { web: { vip: 10.0.0.100, port: 80, mode: nat, reals: { rs4: 1 }, ${words} } }`)).join(
        '\n',
      );
    expect(told('scheduler: mh')).toBe('');
    expect(told('scheduler: mh, hash: port')).toMatch(/DPVS does not hash the client’s port here/);
    expect(told('scheduler: sh')).toMatch(
      /driver dpvs cannot do scheduler sh; it can do rr, wrr, wlc, conhash, mh, fo/,
    );
  });
});

describe('the driver of the command line', () => {
  it('is that of directors for which the file names none', () => {
    const lab = labOf('fnat-keepalived');
    expect(lab.nodes.filter((n) => n.kind === 'director').map(driverOf)).toEqual([dpvs, dpvs]);
  });
});
