import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Control, itIsCaught } from './broken.ts';
import { hostState } from './state.ts';

/** A line of the setup script that changes a routing program's configuration before it starts. */
const ospfd = (expression: string) => `sed -i '${expression}' /etc/frr/ospfd.conf`;

/** Two masters that reject each other's adverts: each has come to be one by the second look. */
const TWICE = [{ contract: 'web' }, { contract: 'web' }];

const CONTROLS: readonly Control[] = [
  // VRRP
  {
    lab: 'nat-keepalived',
    broken: 'the gateway’s VRRP ids differ',
    caughtBy: 'vrrp.id',
    seen: /lb2 id 173/,
    node: 'lb2',
    conf: [/virtual_router_id 172/, 'virtual_router_id 173'],
  },
  {
    lab: 'dr-keepalived-persistent',
    broken: 'the backup has the wrong password',
    caughtBy: 'vip.arp',
    seen: /lb1 and lb2 answered|lb2 and lb1 answered/,
    node: 'lb2',
    conf: [/auth_pass 1717/, 'auth_pass 7171'],
    scenario: TWICE,
  },
  {
    lab: 'dr-keepalived-persistent',
    broken: 'the master sends adverts at other times',
    caughtBy: 'vip.arp',
    seen: /lb1 and lb2 answered|lb2 and lb1 answered/,
    node: 'lb1',
    conf: [/advert_int 1/, 'advert_int 2'],
    scenario: TWICE,
  },
  {
    lab: 'dr-keepalived-persistent',
    broken: 'the backup speaks another version',
    caughtBy: 'vip.arp',
    seen: /lb1 and lb2 answered|lb2 and lb1 answered/,
    node: 'lb2',
    conf: [/virtual_router_id 17\n/, 'virtual_router_id 17\n    version 3\n'],
    scenario: TWICE,
  },
  {
    lab: 'dr-keepalived',
    broken: 'the backup listens to another multicast group',
    caughtBy: 'vrrp.master',
    seen: /c2 .* and c5|c5 .* and c2/,
    node: 'c5',
    conf: [/224\.0\.100\.100/, '224.0.100.101'],
  },
  {
    lab: 'dr-keepalived',
    broken: 'a firewall keeps adverts from the backup',
    caughtBy: 'vrrp.master',
    seen: /c2 .* and c5|c5 .* and c2/,
    node: 'c5',
    setup:
      'tc qdisc add dev eth0 clsact\ntc filter add dev eth0 ingress protocol ip flower dst_ip 224.0.100.100 action drop',
  },
  {
    lab: 'vrrp',
    broken: 'the master’s unicast peer is somebody else',
    caughtBy: 'vrrp.master',
    seen: /^lb2 \(priority 80\)/,
    node: 'lb1',
    conf: [/(unicast_peer \{\s+)192\.168\.100\.12/, '$1192.168.100.13'],
    scenario: [{ contract: 'unicast' }],
  },
  {
    lab: 'vrrp',
    broken: 'the master does not run its script',
    caughtBy: 'expect.master',
    seen: /SCRIPT: lb1 in/,
    node: 'lb1',
    conf: [/track_script \{[^}]*\}/, ''],
    scenario: [{ run: { on: 'lb1', do: 'touch /tmp/down' } }, { check: { master: 'lb2', of: 'SCRIPT' } }],
  },
  {
    lab: 'vrrp',
    broken: 'the master does not watch its card',
    caughtBy: 'expect.master',
    seen: /CARD: lb1 in/,
    node: 'lb1',
    conf: [/track_interface \{[^}]*\}/, ''],
    scenario: [{ fault: { inject: 'cut:lb1@side', service: 'card', during: [{ master: 'lb2', of: 'CARD' }] } }],
  },
  {
    lab: 'nat-keepalived',
    broken: 'the backup does not take the gateway over',
    caughtBy: 'failover.garp',
    seen: /none|nothing of 172\.16\.0\.252/,
    node: 'lb2',
    conf: [/172\.16\.0\.252 dev/, '172.16.0.253 dev'],
    scenario: [{ fault: 'kill:lb1' }],
  },
  {
    lab: 'fnat-keepalived-two-arm',
    broken: 'the backup’s gratuitous ARP does not get out',
    caughtBy: 'failover.garp',
    seen: /none/,
    node: 'lb2',
    setup:
      'tc qdisc replace dev eth0 clsact\ntc filter add dev eth0 egress prio 50 protocol arp flower arp_op request action drop',
    scenario: [{ fault: 'kill:lb1' }],
  },
  {
    lab: 'fnat-keepalived-two-arm',
    broken: 'the backup has one service less',
    caughtBy: 'expect.answers',
    seen: /none of/,
    node: 'lb2',
    conf: [/virtual_server 10\.0\.96\.202 443 \{[\s\S]*/, ''],
    scenario: [{ fault: { inject: 'kill:lb1', during: [{ answers: 'vip202-443' }] } }],
  },
  {
    lab: 'tun-keepalived',
    broken: 'the backup has no persistence',
    caughtBy: 'table.persistence',
    seen: /lb2: none/,
    node: 'lb2',
    conf: [/persistence_timeout 10/, ''],
  },
  // what survives
  {
    lab: 'nat-mysql',
    broken: 'connections are promised to survive, and no sync daemon runs',
    caughtBy: 'failover.outage',
    seen: /held connection: (lost|reset|closed|no answer)/,
    node: 'director1',
    conf: [/lvs_sync_daemon .*/, ''],
    scenario: [{ fault: { inject: 'kill:director1', flow: 'survives' } }],
  },
  {
    lab: 'nat-mysql',
    broken: 'the master’s instances are in no group',
    caughtBy: 'failover.master',
    seen: /no advert of director2/,
    node: 'director1',
    conf: [/vrrp_sync_group[\s\S]*?\n\}\n/, ''],
    scenario: [{ fault: 'cut:director1@wan' }],
  },
  // health checks
  {
    lab: 'health-checks',
    broken: 'TLS is checked on a wrong port',
    caughtBy: 'expect.weight',
    seen: /lb: weight none/,
    node: 'lb',
    conf: [/connect_port 443/g, 'connect_port 444'],
    scenario: [{ check: { weight: 1, real: 'rs1', service: 'tls', for: '5s' } }],
  },
  {
    lab: 'health-checks',
    broken: 'the digest is of something else',
    caughtBy: 'expect.weight',
    seen: /lb: weight none/,
    node: 'lb',
    conf: [/digest [0-9a-f]{32}/g, 'digest 00000000000000000000000000000000'],
    scenario: [{ check: { weight: 1, real: 'rs1', service: 'digest', for: '5s' } }],
  },
  {
    lab: 'health-checks',
    broken: 'a name is asked for that nobody knows',
    caughtBy: 'expect.weight',
    seen: /lb: weight none/,
    node: 'lb',
    conf: [/name www\.lab/g, 'name www.nowhere'],
    scenario: [{ check: { weight: 1, real: 'rs1', service: 'names', for: '5s' } }],
  },
  {
    lab: 'health-checks',
    broken: 'nobody hears that the quorum is lost',
    caughtBy: 'run',
    seen: /exit code 0: up/,
    node: 'lb',
    conf: [/quorum_down .*/, ''],
    scenario: [
      { run: { on: 'rs1', do: 'svc stop nginx' } },
      { check: { weight: 'none', real: 'rs1', service: 'quorate' } },
      { run: { on: 'lb', do: 'tail -n 1 /tmp/quorum', prints: '^down$', within: '2s' } },
    ],
  },
  {
    lab: 'health-checks',
    broken: 'nobody is sorry',
    caughtBy: 'expect.answers',
    seen: /none of/,
    node: 'lb',
    conf: [/sorry_server .*/, ''],
    scenario: [
      { run: { on: 'rs1', do: 'svc stop nginx' } },
      { run: { on: 'rs2', do: 'svc stop nginx' } },
      { check: { answers: 'quorate', by: 'sorry', within: '6s' } },
    ],
  },
  {
    lab: 'dr-keepalived',
    broken: 'the master checks too seldom',
    caughtBy: 'fault.outage',
    seen: /outage 1[2-9]\.|did not come back/,
    node: 'c2',
    conf: [/delay_loop 1/, 'delay_loop 60'],
    scenario: [{ fault: { inject: 'stop:c3/nginx' } }],
  },
  // OSPF
  {
    lab: 'fnat-ospf-bfd',
    broken: 'a director is in another area',
    caughtBy: 'ospf.nexthops',
    seen: /123\.1\.2\.3 to lb1, lb3/,
    node: 'lb2',
    setup: ospfd('s/area 0.0.0.0/area 0.0.0.1/'),
  },
  {
    lab: 'fnat-ospf-bfd',
    broken: 'a director’s dead interval differs',
    caughtBy: 'ospf.nexthops',
    seen: /123\.1\.2\.3 to lb1, lb3/,
    node: 'lb2',
    setup: ospfd('s/dead-interval 4/dead-interval 8/'),
  },
  {
    lab: 'fnat-ospf-bfd',
    broken: 'a director’s hellos come at other times',
    caughtBy: 'ospf.nexthops',
    seen: /123\.1\.2\.3 to lb1, lb2/,
    node: 'lb3',
    setup: ospfd('s/hello-interval 1/hello-interval 2/'),
  },
  {
    lab: 'fnat-ospf-bfd',
    broken: 'a director does not announce the VIP',
    caughtBy: 'ospf.nexthops',
    seen: /123\.1\.2\.3 to lb1, lb3/,
    node: 'lb2',
    setup: ospfd('/network 123.1.2.3/d'),
  },
  {
    lab: 'fnat-ospf-bfd',
    broken: 'a director does not speak BFD',
    caughtBy: 'ospf.nexthops',
    seen: /BFD with lb1, lb3/,
    node: 'lb2',
    setup: ospfd('/ip ospf bfd/d'),
  },
  {
    lab: 'fnat-ospf-bfd',
    broken: 'the switch tells connections apart by addresses alone',
    caughtBy: 'ospf.spread',
    seen: /^lb\d ×\d+$/,
    node: 'switch',
    sysctls: { 'net.ipv4.fib_multipath_hash_policy': 0 },
  },
];

const folder = mkdtempSync(join(tmpdir(), 'lvslab-ha-controls-'));
let before: object;
beforeAll(async () => {
  before = await hostState();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  expect(await hostState()).toEqual(before);
});

describe('a broken lab', () => itIsCaught(folder, CONTROLS));
