import { describe, expect, it } from 'vitest';
import { imported, made } from './imported.ts';

/** A pair of directors on two cards, with a gateway that moves, as the configuration of one of them. */
const pair = (state: string, priority: number, more = '') => `
global_defs { router_id ${state} }
vrrp_sync_group G { group { VI_1 VI_GW } }
vrrp_instance VI_1 {
    state ${state}
    interface ens192
    virtual_router_id 51
    priority ${priority}
    authentication {
        auth_type PASS
        auth_pass secret12345
    }
    garp_master_refresh 5
    virtual_ipaddress { 10.1.0.100/24 }
${more}}
vrrp_instance VI_GW {
    state ${state}
    interface bond0.100
    virtual_router_id 52
    priority ${priority}
    virtual_ipaddress { 172.16.5.1/24 dev bond0.100 label bond0.100:1 }
}
virtual_server 10.1.0.100 80 {
    delay_loop 2
    lb_algo wlc
    lb_kind NAT
    persistence_timeout 60
    persistence_granularity 255.255.255.0
    quorum 2
    sorry_server 172.16.5.99 8080
    real_server 172.16.5.11 8080 {
        weight 3
        HTTP_GET {
            url { path /health }
            connect_timeout 1
            retry 2
            delay_before_retry 1
        }
    }
    real_server 172.16.5.12 8080 {
        weight 2
        HTTP_GET {
            url { path /health }
            connect_timeout 1
            retry 2
            delay_before_retry 1
        }
    }
}
`;

describe('two configurations of one cluster', () => {
  const { lab, told, written, guesses } = made({ 'a.conf': pair('MASTER', 100), 'b.conf': pair('BACKUP', 90) });
  const node = (name: string) => lab.nodes.find((n) => n.name === name);
  it('are two directors with their own cards and configurations', () => {
    expect(node('lb1')?.interfaces.map((i) => i.name)).toEqual(['ens192', 'bond0.100']);
    expect([node('lb1')?.keepalived?.path, node('lb2')?.keepalived?.path]).toEqual([
      './lb1/keepalived.conf',
      './lb2/keepalived.conf',
    ]);
    expect(written.map((w) => [w.path, w.bytes.toString()])).toEqual([
      ['lb1/keepalived.conf', pair('MASTER', 100)],
      ['lb2/keepalived.conf', pair('BACKUP', 90)],
    ]);
  });
  it('share segments that their VIPs show', () =>
    expect(lab.segments.map((s) => [s.name, s.subnets])).toEqual([
      ['front', ['10.1.0.0/24']],
      ['back', ['172.16.5.0/24']],
      ['outside', ['198.51.100.0/24']],
    ]));
  it('have their service as it is', () =>
    expect(lab.services).toEqual([
      expect.objectContaining({
        name: 'tcp80',
        vip: '10.1.0.100',
        mode: 'nat',
        scheduler: 'wlc',
        persistence: { time: 60_000, mask: 24 },
        quorum: { weight: 2 },
        health: expect.objectContaining({
          probe: { kind: 'http', path: '/health', status: 200 },
          timeout: 1000,
          every: 2000,
          retry: 2,
        }),
        sorry: { node: 'sorry1', address: '172.16.5.99', port: 8080 },
        reals: [
          { node: 'rs1', address: '172.16.5.11', port: 8080, weight: 3 },
          { node: 'rs2', address: '172.16.5.12', port: 8080, weight: 2 },
        ],
      }),
    ]));
  it('have their instances with members, sync group and password', () =>
    expect(lab.vrrp).toEqual([
      expect.objectContaining({
        name: 'VI_1',
        segment: 'front',
        id: 51,
        password: 'secret12',
        refresh: 5000,
        sync: 'G',
        members: [
          { node: 'lb1', priority: 100, configured: 100, device: 'ens192' },
          { node: 'lb2', priority: 90, configured: 90, device: 'ens192' },
        ],
        addresses: [{ address: '10.1.0.100', prefix: 24 }],
      }),
      expect.objectContaining({ name: 'VI_GW', segment: 'back', sync: 'G' }),
    ]));
  it('give real servers of NAT the gateway that moves', () =>
    expect(node('rs1')?.routes).toEqual([{ to: 'default', via: '172.16.5.1' }]));
  it('tell every guess with its line', () => {
    expect(guesses.map((g) => g.text)).toContain('lb1’s address on front is not known: 10.1.0.254 is free');
    expect(guesses.every((g) => g.line > 0)).toBe(true);
  });
  it('tell what is not carried over with file and line', () =>
    expect(told).toContain('a.conf:11 auth_pass: keepalived uses its first 8 characters, and so does the lab'));
  it('test the contract, and what a failover costs', () =>
    expect(lab.scenario.map((s) => s.kind)).toEqual(['contract', 'fault']));
});

const UNICAST = `vrrp_instance A.B {
    state BACKUP
    nopreempt
    interface eth1
    unicast_src_ip 192.0.2.11
    unicast_peer {
        192.0.2.12
        192.0.2.13
    }
    virtual_router_id 7
    priority 100
    virtual_ipaddress { 192.0.2.100 }
}
virtual_server 192.0.2.100 53 {
    protocol UDP
    lb_kind DR
    lb_algo sh
    sh-port
    real_server 192.0.2.21 53 { weight 1 }
    real_server 192.0.2.22 53 { weight 0 }
}
`;

describe('one configuration', () => {
  it('has directors for its peers, which the lab generates', () => {
    const { lab, guesses } = made({ 'k.conf': UNICAST });
    const directors = lab.nodes.filter((n) => n.kind === 'director');
    expect(directors.map((n) => [n.name, n.interfaces[0]?.addresses[0]?.address, n.keepalived !== undefined])).toEqual([
      ['lb1', '192.0.2.11', true],
      ['lb2', '192.0.2.12', false],
      ['lb3', '192.0.2.13', false],
    ]);
    expect(lab.vrrp[0]).toMatchObject({ name: 'A_B', unicast: true, preempt: false });
    expect(lab.vrrp[0]?.members.map((m) => m.priority)).toEqual([120, 110, 100]);
    expect(lab.services[0]).toMatchObject({ protocol: 'udp', mode: 'dr', scheduler: 'sh', hashesPort: true });
    expect(guesses.map((g) => g.text).join('\n')).toMatch(/lb2 has priority 110: its configuration is not given/);
  });

  it('with @host lines is that of several machines, called so', () => {
    const text = UNICAST.replace(
      '    unicast_src_ip 192.0.2.11',
      '    @one unicast_src_ip 192.0.2.11\n    @two unicast_src_ip 192.0.2.12',
    )
      .replace('        192.0.2.12\n        192.0.2.13', '        @^one 192.0.2.11\n        @^two 192.0.2.12')
      .replace('priority 100', '@one priority 100\n    @two priority 90');
    const { lab, written } = made({ 'k.conf': text });
    expect(lab.nodes.filter((n) => n.kind === 'director').map((n) => n.name)).toEqual(['one', 'two']);
    expect(lab.vrrp[0]?.members.map((m) => [m.node, m.priority])).toEqual([
      ['one', 100],
      ['two', 90],
    ]);
    expect(written.map((w) => w.path)).toEqual(['one/keepalived.conf']);
  });

  it('brings its includes and programs to their places', () => {
    const { lab, written, told } = made(
      {
        'k.conf': `include conf.d/*.conf
vrrp_script chk { script "/etc/keepalived/chk.sh web"
    weight -20
}
vrrp_script gone { script /opt/gone.sh }
vrrp_instance V {
    interface eth0
    virtual_router_id 1
    virtual_ipaddress { 10.0.0.100/24 }
    track_script { chk
      gone }
    notify /usr/local/bin/told.sh
}`,
        'conf.d/web.conf': 'virtual_server 10.0.0.100 80 {\n lb_kind DR\n real_server 10.0.0.2 80 { }\n}\n',
        'chk.sh': '#!/bin/sh\n',
        'told.sh': '#!/bin/sh\n',
      },
      { confs: ['k.conf'] },
    );
    const lb = lab.nodes.find((n) => n.name === 'lb1');
    expect(Object.keys(lb?.files ?? {}).sort()).toEqual([
      '/etc/keepalived/chk.sh',
      '/etc/keepalived/conf.d/web.conf',
      '/usr/local/bin/told.sh',
    ]);
    expect(written.map((w) => w.path)).toContain('lb1/conf.d/web.conf');
    expect(lab.vrrp[0]?.track).toEqual([
      expect.objectContaining({ script: '/etc/keepalived/chk.sh web', weight: -20 }),
    ]);
    expect(told.join('\n')).toMatch(/k\.conf:5 the program \/opt\/gone\.sh is not beside the configuration/);
    expect(told.join('\n')).toMatch(
      /k\.conf:11 tracked script "gone" runs \/opt\/gone\.sh, which a node does not have/,
    );
  });

  it('expands groups and ranges', () => {
    const { lab } = made({
      'k.conf': `virtual_server_group G {
  10.0.0.100-102 80
  10.0.0.104/31 81
  10.0.1.1 82
}
virtual_server group G {
  lb_kind DR
  real_server 10.0.0.2 { weight 1 }
}`,
    });
    expect(lab.services.map((s) => `${s.name} ${s.vip}:${s.port} ${s.reals[0]?.port}`)).toEqual([
      'tcp80 10.0.0.100:80 80',
      'tcp80-2 10.0.0.101:80 80',
      'tcp80-3 10.0.0.102:80 80',
      'tcp81 10.0.0.104:81 81',
      'tcp81-2 10.0.0.105:81 81',
      'tcp82 10.0.1.1:82 82',
    ]);
  });
});

describe('a service', () => {
  it('keeps one-packet scheduling, every port, and forwarding methods of single real servers', () => {
    const { lab, told } = made({
      'k.conf': `virtual_server 10.0.0.100 53 {
  protocol UDP
  ops
  lb_kind DR
  real_server 10.0.0.2 53 { }
}
virtual_server 10.0.0.101 0 {
  lb_kind DR
  persistence_timeout 60
  real_server 10.0.0.2 0 { }
}
virtual_server 10.0.0.100 80 {
  lb_kind DR
  real_server 10.0.0.2 80 { }
  real_server 10.0.0.3 80 {
    lvs_method NAT
  }
}`,
    });
    const reals = (s: (typeof lab.services)[number]) =>
      s.reals.map((r) => `${r.address}:${r.port} ${r.mode ?? s.mode}`);
    expect(lab.services.map((s) => [s.protocol, s.port, s.ops === true, reals(s)])).toEqual([
      ['udp', 53, true, ['10.0.0.2:53 dr']],
      ['tcp', 8080, false, ['10.0.0.2:8080 dr']],
      ['tcp', 80, false, ['10.0.0.2:80 dr', '10.0.0.3:80 nat']],
    ]);
    expect(lab.services[1]?.entry).toBeDefined();
    expect(told).toEqual([]);
  });

  it('is asked by echo requests where its configuration says so', () => {
    const { lab } = made({
      'k.conf': `virtual_server 10.0.0.100 80 {
  delay_loop 3
  lb_kind DR
  real_server 10.0.0.2 80 {
    PING_CHECK {
      connect_timeout 2
      retry 2
    }
  }
}`,
    });
    expect(lab.services[0]?.health).toMatchObject({ probe: { kind: 'ping' }, timeout: 2000, every: 3000, retry: 2 });
  });
});

describe('a service that a lab cannot promise is told with its place', () => {
  const service = (body: string, head = '10.0.0.100 80') =>
    `virtual_server ${head} {\nlb_kind DR\n${body}\n}\nvirtual_server 10.0.0.100 9 {\nlb_kind DR\nreal_server 10.0.0.9 9 { }\n}\n`;
  it.each([
    [
      'real_server 10.0.0.2 80 { HTTP_GET { url { digest 0 } } }',
      /k\.conf:3 service tcp 10\.0\.0\.100:80 .*digest of a page/,
    ],
    ['real_server 10.0.0.2 80 { HTTP_GET { url { status_code 301 } } }', /k\.conf:3 .*wants status 301/],
    ['real_server 10.0.0.2 80 { SMTP_CHECK { } }', /k\.conf:3 .*SMTP_CHECK: no server of a lab speaks SMTP/],
    [
      'real_server 10.0.0.2 80 { MISC_CHECK { misc_path /opt/x } }',
      /k\.conf:3 .*MISC_CHECK by \/opt\/x, which is not beside/,
    ],
    ['real_server 10.0.0.2 80 { uthreshold 9 }', /k\.conf:3 .*uthreshold/],
    ['real_server 10.0.0.2 81 { }', /k\.conf:1 .*dr does not change the port/],
    ['flag-1\nreal_server 10.0.0.2 80 { }', /k\.conf:3 .*flag-1: a lab file cannot say/],
    ['ops\nreal_server 10.0.0.2 80 { }', /k\.conf:1 ops of service tcp 10\.0\.0\.100:80 is not carried over/],
    ['lb_algo nosuch\nreal_server 10.0.0.2 80 { }', /k\.conf:1 .*expected one of rr, wrr/],
    ['real_sever 10.0.0.2 80 { }', /k\.conf:3 "real_sever" is no word of virtual_server .*did you mean "real_server"/],
    ['real_server 10.0.0.2 80 { }\nreal_server 10.0.0.2 81 { }', /two real servers on one address \(10\.0\.0\.2\)/],
    [
      'real_server 10.0.0.2 80 {\nTCP_CHECK { connect_timeout 1 connect_port 81 }\n}',
      /k\.conf:4 "connect_port" stands on the line of connect_timeout/,
    ],
  ])('%s', (body, what) => {
    const { lab, told } = made({ 'k.conf': service(body) });
    expect(told.join('\n')).toMatch(what);
    expect(lab.services.map((s) => s.name)).toContain('tcp9');
  });
});

describe('rules of ipvsadm', () => {
  it('are a director of the lab’s own', () => {
    const { lab, told } = made({
      rules: `-A -t 10.0.0.1:80 -s wlc -p 300 -M 255.255.255.0
-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 2
-a -t 10.0.0.1:80 -r 10.0.0.12:80 -g -w 1
-A -u [2001:db8::1]:53 -s rr
-a -u [2001:db8::1]:53 -r [2001:db8::11]:53 -i -w 1
-A -f 7 -s rr
-a -f 7 -r 10.0.0.11:0 -m -w 1
`,
    });
    expect(lab.services.map((s) => [s.vip, s.port, s.protocol, s.mode, s.scheduler])).toEqual([
      ['10.0.0.1', 80, 'tcp', 'dr', 'wlc'],
      ['2001:db8::1', 53, 'udp', 'tun', 'rr'],
    ]);
    expect(lab.services[0]).toMatchObject({ persistence: { time: 300_000, mask: 24 } });
    expect(lab.nodes.find((n) => n.kind === 'director')?.keepalived).toBeUndefined();
    expect(told.join('\n')).toMatch(/rules:6 .*firewall mark/);
  });
});

describe('facts of the machines', () => {
  const conf = (priority: number) => `vrrp_instance V {
 interface ens3
 virtual_router_id 1
 priority ${priority}
 virtual_ipaddress { 10.5.0.100 }
}
virtual_server 10.5.0.100 80 {
 lb_kind DR
 real_server 10.5.7.11 80 { }
}
`;
  const addr = (a: string) =>
    `1: lo: <LOOPBACK> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: ens3: <BROADCAST,UP> mtu 1500\n    link/ether 52:54:00:00:00:01\n    inet ${a}/16 brd 10.5.255.255 scope global ens3\n    inet 10.5.0.100/32 scope global ens3\n    inet6 fe80::1/64 scope link\n`;
  const { lab, guesses } = made(
    {
      'one.conf': conf(100),
      'two.conf': conf(90),
      'facts/one.txt': `${addr('10.5.0.11')}default via 10.5.0.1 dev ens3\n`,
      'facts/two-addr.json': JSON.stringify([
        { ifname: 'ens3', addr_info: [{ family: 'inet', local: '10.5.0.12', prefixlen: 16 }] },
      ]),
      'facts/two-route.json': JSON.stringify([{ dst: 'default', gateway: '10.5.0.1', dev: 'ens3' }]),
    },
    { confs: ['one.conf', 'two.conf'], facts: true },
  );
  it('replace guesses: addresses, subnets and the gateway', () => {
    expect(lab.segments[0]).toEqual({ name: 'lan', subnets: ['10.5.0.0/16'] });
    expect(lab.nodes.filter((n) => n.kind === 'director').map((n) => n.interfaces[0]?.addresses)).toEqual([
      [{ address: '10.5.0.11', prefix: 16 }],
      [{ address: '10.5.0.12', prefix: 16 }],
    ]);
    expect(lab.nodes.find((n) => n.name === 'gw')?.interfaces[0]?.addresses[0]?.address).toBe('10.5.0.1');
    expect(guesses.map((g) => g.text)).toEqual(['where clients are is not known: they are behind a router']);
  });
});

describe('what nothing can be made of', () => {
  it.each([
    [{ 'k.conf': 'global_defs { }\n' }, /^k\.conf:1:1 there is no virtual_server and no vrrp_instance/],
    [
      { 'k.conf': 'virtual_server fwmark 1 { }\n' },
      /k\.conf:1:1 virtual_server fwmark 1 is not carried over: its address and port are known to the firewall only/,
    ],
    [{ 'k.conf': 'virtual_server 10.0.0.1 80 {\n' }, /^k\.conf:1:1 the block .* is not closed/],
  ])('%j', (files, what) => expect(imported(files)).toMatch(what));
  it('a file that is not there', () =>
    expect(imported({ 'k.conf': '' }, { confs: ['gone.conf'] })).toBe('gone.conf: does not exist'));
});

it('300 services take no more than two seconds of work', () => {
  const services = Array.from(
    { length: 300 },
    (_, i) =>
      `virtual_server 10.0.0.${100 + (i % 10)} ${8000 + i} {\n  delay_loop 5\n  lb_kind NAT\n  real_server 192.168.10.${11 + (i % 4)} 80 {\n    weight 1\n  }\n}\n`,
  );
  const before = process.cpuUsage();
  const { lab } = made({ 'k.conf': services.join('') });
  expect(lab.services).toHaveLength(300);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(4); // read, made, and checked twice
});
