import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DIALECT } from '../../src/drivers/ipvs/dialect.ts';
import { keepalivedConf } from '../../src/drivers/keepalived-conf.ts';
import { readLab } from '../../src/lab/read.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { type LabFile, lab, writeLab } from '../lab.ts';
import { broken, type Control, itIsCaught, type Result, results, TRIALS_MS } from './broken.ts';
import { leavesNothing } from './state.ts';

const CONTROLS: readonly Control[] = [
  // SCTP
  {
    lab: 'sctp',
    broken: 'a real server loses data',
    caughtBy: 'wire.twice',
    seen: /to 10\.20\.0\.102:3868 retransmitted by client/,
    node: 'rs3',
    setup: 'iptables -A INPUT -p sctp --chunk-types any DATA -m statistic --mode nth --every 5 --packet 2 -j DROP',
    scenario: [{ contract: 'direct' }],
  },
  // Entries for several ports, modes of single real servers
  {
    lab: 'fwmark',
    broken: 'no packet is marked',
    caughtBy: 'table.entry',
    seen: /no entry any on lb; its packets do not have mark 7: the setup script of lb must set it/,
    node: 'lb',
    setup: 'true',
    scenario: [{ contract: 'site80' }],
  },
  {
    lab: 'fwmark',
    broken: 'the mark is not persistent',
    caughtBy: 'service.together',
    seen: /rs1 ×2, rs2 ×2|rs2 ×2, rs1 ×2/,
    node: 'lb',
    conf: [/ *persistence_timeout 60\n/, ''],
    also: ['table.persistence'],
    scenario: [{ contract: 'site80' }],
  },
  {
    lab: 'fwmark',
    broken: 'the director has one port of the site only',
    caughtBy: 'table.servers',
    seen: /no such service \(the table has .*tcp 10\.20\.0\.100:80/,
    node: 'lb',
    conf: [/fwmark 7 \{/, '10.20.0.100 80 {\n    protocol TCP'],
    scenario: [{ contract: 'site81' }],
  },
  {
    lab: 'all-ports',
    broken: 'the director has one port of the VIP only',
    caughtBy: 'table.servers',
    seen: /no such service \(the table has .*tcp 10\.20\.0\.100:8080/,
    node: 'lb',
    conf: [/virtual_server 10\.20\.0\.100 0/, 'virtual_server 10.20.0.100 8080'],
    also: ['service.answers'],
    scenario: [{ contract: 'all' }],
  },
  {
    lab: 'all-ports',
    broken: 'datagrams of one port stay together',
    caughtBy: 'scheduler.ops',
    seen: /^rs[12] ×20$/,
    node: 'lb',
    conf: [/ *ops\n/, ''],
    also: ['table.flags'],
    scenario: [{ contract: 'log' }],
  },
  {
    lab: 'hybrid',
    broken: 'rs1 gets its packets by a tunnel',
    caughtBy: 'dr.source',
    seen: /inside ipip/,
    node: 'lb',
    conf: [/lvs_method DR/, 'lvs_method TUN'],
    also: ['table.forward'],
  },
  {
    lab: 'hybrid',
    broken: 'the director does not forward the replies of rs3',
    caughtBy: 'nat.reply',
    seen: /^nothing|from gw/,
    node: 'lb',
    sysctls: { 'net.ipv4.ip_forward': 0 },
  },
  // NAT
  {
    lab: 'nat-one-arm',
    broken: 'rs1 has no way back',
    caughtBy: 'nat.return',
    seen: /rs1 was asked and sent nothing/,
    node: 'rs1',
    routes: {},
  },
  {
    lab: 'nat-one-arm',
    broken: 'rs1 replies around the director',
    caughtBy: 'nat.return',
    seen: /to 192\.168\.0\.100 via client/,
    node: 'rs1',
    routes: { '192.168.0.0/24': 'lan' },
  },
  {
    lab: 'nat-one-arm',
    broken: 'the director does not forward',
    caughtBy: 'nat.reply',
    seen: /^nothing/,
    node: 'lb',
    sysctls: { 'net.ipv4.ip_forward': 0 },
  },
  {
    lab: 'nat-one-arm',
    broken: 'the director translates the source too',
    caughtBy: 'nat.source',
    seen: /10\.140\.31\.49 to 10\.140\.18\.3[34] from lb/,
    node: 'lb',
    setup: `ip addr add 10.140.31.49/32 dev eth0
tc qdisc add dev eth0 clsact
tc filter add dev eth0 egress protocol ip flower ip_proto tcp dst_ip 10.140.18.32/30 dst_port 80 ct_state -trk action ct commit nat src addr 10.140.31.49 pipe action ok
tc filter add dev eth0 ingress protocol ip flower ip_proto tcp dst_ip 10.140.31.49 src_port 80 ct_state -trk action ct nat pipe action ok`,
  },
  {
    lab: 'nat-one-arm',
    broken: 'a firewall stands before rs1',
    caughtBy: 'nat.return',
    seen: /rs1 was asked and sent nothing/,
    node: 'rs1',
    setup: 'iptables -A INPUT -p tcp --dport 80 -j DROP',
  },
  {
    lab: 'nat-one-arm',
    broken: 'the director forwards by DR',
    caughtBy: 'table.forward',
    seen: /Route/,
    node: 'lb',
    conf: [/lb_kind NAT/, 'lb_kind DR'],
  },
  {
    lab: 'nat-one-arm',
    broken: 'the director does not hold the VIP',
    caughtBy: 'vip.arp',
    seen: /no node answered/,
    node: 'lb',
    setup: 'ip addr del 192.168.0.89/32 dev eth0',
  },
  // Full-NAT
  {
    lab: 'fnat-two-arm',
    broken: 'the director does not forward',
    caughtBy: 'fnat.reply',
    seen: /^nothing/,
    node: 'lb',
    sysctls: { 'net.ipv4.ip_forward': 0 },
  },
  {
    lab: 'fnat-two-arm',
    broken: 'the LIP has too few ports',
    caughtBy: 'fnat.ports',
    seen: /lb: \d+ connections found no free port/,
    node: 'lb',
    setup: `tc filter del dev eth1 egress prio 2
tc filter add dev eth1 egress prio 2 protocol ip flower ip_proto tcp dst_port 80 ct_state -trk action ct commit nat src addr 192.168.100.200 port 2000-2002 pipe action ok`,
  },
  {
    lab: 'fnat-ipv6',
    broken: 'the director lacks its IPv6 LIP',
    caughtBy: 'fnat.lip',
    seen: /2407::201: no answer/,
    node: 'lb',
    setup: 'ip addr del 2407::201/128 dev eth1',
  },
  {
    lab: 'fnat-ipv6',
    broken: 'the director does not translate IPv6 sources',
    caughtBy: 'fnat.source',
    seen: /2408::1 to 2407::[12] from lb/,
    node: 'lb',
    setup: 'tc qdisc del dev eth1 clsact',
  },
  // Outputs of documents
  {
    lab: 'dr-host-route',
    broken: 'the document shows another real server',
    caughtBy: 'expect.shows',
    seen: /missing: "TCP 10\.0\.0\.100:80 rr \| -> 10\.1\.1\.246:80 Route 1"; not in the document: "TCP 10\.0\.0\.100:80 rr \| -> 10\.1\.1\.245:80 Route 1"/,
    scenario: [
      {
        check: {
          shows: { on: 'c2', do: 'ipvsadm -Ln', file: 'ipvsadm-Ln.txt', called: { '10.1.1.245:80': '10.1.1.246:80' } },
        },
      },
    ],
  },
  {
    lab: 'dr-host-route',
    broken: 'a real server has another weight than the document shows',
    caughtBy: 'expect.shows',
    seen: /missing: .*10\.1\.1\.245:80 Route 1"; not in the document: .*10\.1\.1\.245:80 Route 5"/,
    node: 'c2',
    setup: 'sh /root/vs.sh start\nipvsadm -e -t 10.0.0.100:80 -r 10.1.1.245 -g -w 5',
    scenario: [{ check: { shows: { on: 'c2', do: 'ipvsadm -Ln', file: 'ipvsadm-Ln.txt' } } }],
  },
  // DR
  {
    lab: 'dr-one-arm',
    broken: 'rs1 answers ARP for the VIP (no arp_ignore)',
    caughtBy: 'vip.arp',
    seen: /rs1/,
    node: 'rs1',
    sysctls: { 'net.ipv4.conf.all.arp_ignore': 0, 'net.ipv4.conf.lo.arp_ignore': 0 },
  },
  {
    lab: 'dr-one-arm',
    broken: 'rs1 does not hold the VIP',
    caughtBy: 'dr.bypass',
    seen: /rs1 was asked and sent nothing/,
    node: 'rs1',
    setup: 'ip addr del 192.168.100.254/32 dev lo',
  },
  {
    lab: 'dr-one-arm',
    broken: 'rs1 replies through the director',
    caughtBy: 'dr.bypass',
    seen: /192\.168\.100\.254 to 192\.168\.100\.46 via lb/,
    node: 'rs1',
    routes: { '192.168.100.46': '192.168.100.1' },
  },
  {
    lab: 'dr-gateway',
    broken: 'the gateway takes its own VIP for a martian',
    caughtBy: 'dr.reply',
    seen: /lb does not pass on the replies of rs[12]: net\.ipv4\.conf\.eth1\.accept_local is 0/,
    node: 'lb',
    sysctls: { 'net.ipv4.conf.eth1.accept_local': 0 },
  },
  {
    lab: 'dr-gateway',
    broken: 'the gateway checks the way back',
    caughtBy: 'dr.reply',
    seen: /rp_filter is 1 on eth1/,
    node: 'lb',
    sysctls: { 'net.ipv4.conf.eth1.rp_filter': 1 },
  },
  {
    lab: 'dr-localnode',
    broken: 'the backup balances what the master forwards',
    caughtBy: 'dr.once',
    seen: /forwarded again: .* lb1 to lb2, then lb2 to lb1/,
    node: 'lb2',
    conf: [/ *notify ".*"\n/, ''],
  },
  {
    lab: 'dr-gateway',
    broken: 'rs1 replies around its gateway',
    caughtBy: 'dr.return',
    seen: /via rs2/,
    node: 'rs1',
    setup: 'ip route replace default via 10.30.0.3',
  },
  {
    lab: 'dr-one-arm',
    broken: 'the director has a wrong MAC address for rs1',
    caughtBy: 'dr.source',
    seen: /no request reached rs1/,
    node: 'lb',
    setup: 'ip neigh replace 192.168.100.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent',
  },
  {
    lab: 'dr-one-arm',
    broken: 'the director forwards by NAT',
    caughtBy: 'dr.reply',
    seen: /192\.168\.100\.[23]:80 from rs[12]/,
    node: 'lb',
    conf: [/lb_kind DR/, 'lb_kind NAT'],
  },
  {
    lab: 'dr-one-arm',
    broken: 'the director wraps packets (TUN)',
    caughtBy: 'dr.source',
    seen: /inside ipip/,
    node: 'lb',
    conf: [/lb_kind DR/, 'lb_kind TUN'],
  },
  {
    lab: 'dr-two-arm',
    broken: 'the real servers’ gateway does not forward',
    caughtBy: 'dr.reply',
    seen: /^nothing/,
    node: 'gw',
    sysctls: { 'net.ipv4.ip_forward': 0 },
  },
  // TUN
  {
    lab: 'tun-one-arm',
    broken: 'tunl0 of rs1 is down',
    caughtBy: 'tun.bypass',
    seen: /rs1 was asked and sent nothing/,
    node: 'rs1',
    setup: 'ip link set tunl0 down',
  },
  {
    lab: 'tun-one-arm',
    broken: 'rs1 does not hold the VIP',
    caughtBy: 'tun.bypass',
    seen: /rs1 was asked and sent nothing/,
    node: 'rs1',
    setup: 'ip addr del 10.140.31.48/32 dev tunl0',
  },
  {
    lab: 'tun-one-arm',
    broken: 'rs2 looks for the return path strictly (rp_filter)',
    caughtBy: 'tun.bypass',
    seen: /rs2 was asked and sent nothing/,
    node: 'rs2',
    sysctls: { 'net.ipv4.conf.all.rp_filter': 1 },
  },
  {
    lab: 'tun-one-arm',
    broken: 'rs1 answers ARP for the VIP',
    caughtBy: 'vip.arp',
    seen: /rs1/,
    node: 'rs1',
    sysctls: { 'net.ipv4.conf.all.arp_ignore': 0 },
  },
  {
    lab: 'tun-one-arm',
    broken: 'the director does not tell what fits the tunnel',
    caughtBy: 'tun.mtu',
    seen: /no path MTU told to the client/,
    node: 'lb',
    sysctls: { 'net.ipv4.vs.pmtu_disc': 0 },
  },
  {
    lab: 'tun-one-arm',
    broken: 'the router before rs2 does not forward',
    caughtBy: 'tun.source',
    seen: /no request reached rs2/,
    node: 'gw',
    sysctls: { 'net.ipv4.ip_forward': 0 },
  },
  {
    lab: 'tun-one-arm',
    broken: 'the director does not wrap packets (DR)',
    caughtBy: 'tun.ttl',
    seen: /none outside/,
    node: 'lb',
    conf: [/lb_kind TUN/, 'lb_kind DR'],
  },
  {
    lab: 'tun-one-arm',
    broken: 'rs1 replies through the director',
    caughtBy: 'tun.bypass',
    seen: /via lb/,
    node: 'rs1',
    routes: { '10.140.16.100': '10.140.16.48' },
  },
  // SNAT
  {
    lab: 'snat',
    broken: 'host1 has no default route',
    caughtBy: 'snat.out',
    seen: /^nothing/,
    node: 'host1',
    routes: {},
    scenario: [{ contract: 'out1' }],
  },
  {
    lab: 'snat',
    broken: 'the director does not forward',
    caughtBy: 'snat.source',
    seen: /^nothing on the wire/,
    node: 'lb',
    sysctls: { 'net.ipv4.ip_forward': 0 },
    scenario: [{ contract: 'out1' }],
  },
  {
    lab: 'snat',
    broken: 'the director does not translate',
    caughtBy: 'snat.source',
    seen: /192\.168\.100\.2/,
    node: 'lb',
    setup: 'tc qdisc del dev eth0 clsact',
    scenario: [{ contract: 'out1' }],
  },
  {
    lab: 'snat',
    broken: 'the director does not translate pings',
    caughtBy: 'snat.icmp',
    seen: /^0 answered/,
    node: 'lb',
    setup: 'tc qdisc del dev eth0 clsact; grep -v icmp /lab/tc.batch | tc -batch -',
    scenario: [{ contract: 'out1' }],
  },
  {
    lab: 'snat',
    broken: 'the director does not translate datagrams',
    caughtBy: 'snat.udp',
    seen: /^0 answered/,
    node: 'lb',
    setup: 'tc qdisc del dev eth0 clsact; grep -v "ip_proto udp" /lab/tc.batch | tc -batch -',
    scenario: [{ contract: 'out1' }],
  },
  {
    lab: 'snat',
    broken: 'the director does not undo the translation',
    caughtBy: 'snat.return',
    seen: /, 0 on to host1/,
    node: 'lb',
    setup: 'tc filter del dev eth0 ingress',
    scenario: [{ contract: 'out1' }],
  },
  {
    lab: 'snat',
    broken: 'a firewall of the outside host drops connections',
    caughtBy: 'snat.tcp',
    seen: /^0 answered/,
    node: 'www',
    setup: 'iptables -A INPUT -p tcp -j DROP',
    scenario: [{ contract: 'out1' }],
  },
  // every real server
  {
    lab: 'tun-keepalived',
    broken: 'the program of one of two servers of a persistent service is stopped',
    caughtBy: 'service.reach',
    seen: /from 2 more client addresses: rs2 ×1 of 2|directly: nothing of 3/, // whom the client itself comes to is open
    scenario: [{ run: { on: 'rs1', do: 'svc stop nginx' } }, { contract: 'web' }],
  },
  {
    lab: 'tun-keepalived',
    broken: 'the tunnel of one of two servers of a persistent service is down',
    caughtBy: 'tun.bypass',
    seen: /rs1 was asked and sent nothing/,
    scenario: [{ run: { on: 'rs1', do: 'ip link set tunl0 down' } }, { contract: 'web' }],
  },
  {
    lab: 'persistence',
    broken: 'one of two servers that a whole subnet is kept from lacks the VIP',
    caughtBy: 'dr.bypass',
    seen: /rs2 was asked and sent nothing/,
    node: 'rs2',
    setup: 'ip addr del 192.168.100.254/32 dev lo',
    scenario: [{ contract: 'grouped' }],
  },
  // what must not be on a wire
  {
    lab: 'nat-one-arm',
    broken: 'the director sends redirects',
    caughtBy: 'wire.errors',
    seen: /ICMP redirect from lb \(10\.140\.[\d.]+\) to /,
    node: 'lb',
    sysctls: { 'net.ipv4.conf.all.send_redirects': 1, 'net.ipv4.conf.eth0.send_redirects': 1 },
  },
  {
    lab: 'dr-two-arm',
    broken: 'the way to the client ends at the gateway',
    caughtBy: 'wire.errors',
    seen: /ICMP unreachable from gw/,
    node: 'gw',
    setup: 'ip route add unreachable 10.0.0.48',
  },
  {
    lab: 'nat-one-arm',
    broken: 'nobody listens on rs1',
    caughtBy: 'wire.errors',
    seen: /reset from rs1: 10\.140\.18\.33:80 to 192\.168\.0\.100/,
    scenario: [{ run: { on: 'rs1', do: 'svc stop nginx' } }, { contract: 'web' }],
  },
  {
    lab: 'pmtu',
    broken: 'the director does not pass on what fits',
    caughtBy: 'path.mtu',
    seen: /1300 bytes told by 10\.20\.0\.254 did not reach rs[12]/,
    node: 'lb',
    setup:
      'modprobe -q -a sch_ingress cls_u32 act_gact || true\ntc qdisc replace dev eth0 clsact\ntc filter add dev eth0 ingress protocol ip u32 match ip protocol 1 0xff action drop',
  },
  {
    lab: 'pmtu',
    broken: 'a real server has small frames on a wire of jumbo frames',
    caughtBy: 'run',
    seen: /exit code [12]/,
    node: 'rs1',
    setup: 'ip link set eth0 mtu 1500',
    scenario: [{ run: { on: 'near', do: 'ping -M do -c 1 -W 1 -s 8972 10.20.0.2' } }],
  },
  {
    lab: 'dr-one-arm',
    broken: 'packets to rs1 are lost now and then',
    caughtBy: 'wire.twice',
    seen: /192\.168\.100\.46:\d+ to 192\.168\.100\.254:80 retransmitted by client on lan/,
    node: 'rs1',
    setup:
      'nft "add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in tcp flags syn numgen inc mod 4 0 drop"',
  },
  {
    lab: 'snat',
    broken: 'the outside host lets no TCP in',
    caughtBy: 'wire.errors',
    seen: /ICMP unreachable from www \(203\.0\.113\.80\) to 123\.1\.2\.3/,
    node: 'www',
    setup:
      'nft "add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in tcp dport 80 reject"',
    scenario: [{ contract: 'out1' }],
  },
  // what keepalived says itself
  {
    lab: 'dr-one-arm',
    broken: 'a script that keepalived should run may not run',
    caughtBy: 'configuration.clean',
    seen: /^lb: WARNING - script '\/etc\/hostname' is not executable for uid:gid 0:0 - disabling\.$/,
    node: 'lb',
    conf: [
      /virtual_server /,
      'vrrp_script no {\n    script "/etc/hostname"\n    interval 1\n}\nvrrp_instance NO {\n    interface eth0\n    virtual_router_id 9\n    priority 9\n    track_script {\n        no\n    }\n    virtual_ipaddress {\n        192.168.100.9/32\n    }\n}\nvirtual_server ',
    ],
  },
  // what health checks ask
  {
    lab: 'applications',
    broken: 'the director asks for no virtual host',
    caughtBy: 'health.check',
    seen: /lb \(10\.20\.0\.1\) to 10\.20\.0\.[23]:80, \/healthz of 10\.20\.0\.[23]/,
    node: 'lb',
    conf: [/ +virtualhost .*\n/, ''],
    scenario: [{ contract: 'shop' }],
  },
  {
    lab: 'applications',
    broken: 'the director queries another name',
    caughtBy: 'health.check',
    seen: /lb \(10\.20\.0\.1\) to 10\.20\.0\.[23]:53, ftp\.lab A/,
    node: 'lb',
    conf: [/name www\.lab/g, 'name ftp.lab'],
    scenario: [{ contract: 'names' }],
  },
  {
    lab: 'applications',
    broken: 'the director connects where it should ping',
    caughtBy: 'health.check',
    seen: /^nothing$/,
    node: 'lb',
    conf: [/PING_CHECK/g, 'TCP_CHECK'],
    scenario: [{ contract: 'zones' }],
  },
  // all that a table shows
  {
    lab: 'dr-one-arm',
    broken: 'the director has a service that the lab does not have',
    caughtBy: 'table.services',
    seen: /lb has tcp 192\.168\.100\.254:8080, which the lab does not have/,
    node: 'lb',
    conf: [/(virtual_server 192\.168\.100\.254) 80 ([\s\S]*)/, '$1 80 $2\n$1 8080 $2'],
  },
  {
    lab: 'dr-one-arm',
    broken: 'the director has a persistence, and a mask, that the lab does not have',
    caughtBy: 'table.persistence',
    seen: /^300 s for clients that share 24 leading bits on lb/,
    node: 'lb',
    conf: [/lb_algo rr/, 'lb_algo rr\n    persistence_timeout 300\n    persistence_granularity 255.255.255.0'],
  },
  {
    lab: 'fnat-simple',
    broken: 'the director has a persistence that the lab does not have',
    caughtBy: 'table.persistence',
    seen: /^60 s on lb/,
    node: 'lb',
    conf: [/lb_algo rr/, 'lb_algo rr\n    persistence_timeout 60'],
  },
  {
    lab: 'persistence',
    broken: 'persistence takes a whole subnet for one client',
    caughtBy: 'table.persistence',
    seen: /^3 s for clients that share 24 leading bits on lb/,
    node: 'lb',
    conf: [/persistence_timeout 3\n/, 'persistence_timeout 3\n    persistence_granularity 255.255.255.0\n'],
    scenario: [{ contract: 'alone' }],
  },
  {
    lab: 'schedulers',
    broken: 'a scheduler hashes ports, too',
    caughtBy: 'table.flags',
    seen: /^\(sh-port\) on lb/,
    node: 'lb',
    conf: [/lb_algo sh/, 'lb_algo sh\n    sh-port'],
    scenario: [{ contract: 'sh' }],
  },
  {
    lab: 'nat-one-arm',
    broken: 'the director sends a server a few connections only',
    caughtBy: 'table.limits',
    seen: /10\.140\.18\.33:80 at most 9, free again below 0/,
    node: 'lb',
    conf: [/weight 1\n/, 'weight 1\n        uthreshold 9\n'],
  },
  {
    lab: 'nat-one-arm',
    broken: 'the director forgets connections sooner',
    caughtBy: 'table.timeouts',
    seen: /^tcp 60 s, after a FIN 120 s, udp 300 s on lb/,
    node: 'lb',
    conf: [/global_defs {/, 'global_defs {\n    lvs_timeouts tcp 60'],
  },
  {
    lab: 'nat-one-arm',
    broken: 'the director has a service of nobody’s',
    caughtBy: 'table.services',
    seen: /lb has fwm 7, which the lab does not have/,
    scenario: [
      { run: { on: 'lb', do: 'ipvsadm -Ln | grep Masq && ipvsadm -A -f 7 -s rr', within: '5s' } },
      { contract: 'web' },
    ],
  },
  // devices
  {
    lab: 'vlan',
    broken: 'the director speaks another VLAN',
    caughtBy: 'vip.arp',
    seen: /no node answered/,
    node: 'lb',
    setup: `ip link del dpdk0.100
ip link add link eth0 name dpdk0.100 type vlan id 110
ip addr add 10.100.0.1/24 dev dpdk0.100
ip addr add 10.100.0.100/32 dev dpdk0.100
ip link set dpdk0.100 up`,
    scenario: [{ contract: 'on-nic' }],
  },
  {
    lab: 'fnat-bond',
    broken: 'the bond has one slave only',
    caughtBy: 'cut.answers',
    seen: /none of/,
    node: 'lb',
    setup: 'ip link set eth1 nomaster',
    scenario: [{ cut: { service: 'web', node: 'lb', links: ['dpdk0'], expect: 'answers' } }],
  },
  {
    lab: 'fnat-bond',
    broken: 'one of two wires is cut where silence is expected',
    caughtBy: 'cut.silent',
    seen: /rs[12] ×\d/,
    scenario: [{ cut: { service: 'web', node: 'lb', links: ['dpdk0'], expect: 'silent' } }],
  },
  {
    lab: 'fnat-bond',
    broken: 'the director forgets its table when the wires go',
    caughtBy: 'cut.mended',
    seen: /none of/,
    node: 'lb',
    setup: `(while ! grep -A1 'Slave Interface: eth0' /proc/net/bonding/bond1 | grep -q 'MII Status: down'; do sleep 0.05; done; ipvsadm -C) > /dev/null 2>&1 &`,
    scenario: [{ cut: { service: 'web', node: 'lb', links: ['dpdk0', 'dpdk1'], expect: 'silent' } }],
  },
  {
    lab: 'arp-problem',
    broken: 'a host with arp_ignore answers once where three replies are expected',
    caughtBy: 'arp.replies',
    seen: /^1: pc/,
    node: 'pc',
    sysctls: { 'net.ipv4.conf.all.arp_ignore': 1 },
    scenario: [{ arp: { of: '192.168.18.1', from: 'client', replies: 3 } }],
  },
  {
    lab: 'arp-problem',
    broken: 'a command prints something else',
    caughtBy: 'run',
    seen: /exit code 0: this/,
    scenario: [{ run: { on: 'pc', do: 'echo this', prints: 'that' } }],
  },
  // persistence
  {
    lab: 'persistence',
    broken: 'the director has no persistence',
    caughtBy: 'table.persistence',
    seen: /none/,
    node: 'lb',
    conf: [/persistence_timeout 3\n/, ''],
    scenario: [{ contract: 'alone' }],
  },
  {
    lab: 'persistence',
    broken: 'a client does not stick',
    caughtBy: 'persistence.sticks',
    seen: /rs1 ×5.*rs2 ×5|rs2 ×5.*rs1 ×5/,
    node: 'lb',
    conf: [/persistence_timeout 3\n/, ''],
    scenario: [{ persistence: 'alone' }],
  },
  {
    lab: 'persistence',
    broken: 'the mask is a single client’s',
    caughtBy: 'persistence.mask',
    seen: /rs[12] ×10/,
    node: 'lb',
    conf: [/ *persistence_granularity.*\n/, ''],
    scenario: [{ persistence: 'grouped' }],
  },
  {
    lab: 'persistence',
    broken: 'the template outlives its time',
    caughtBy: 'persistence.expires',
    seen: /still there/,
    node: 'lb',
    conf: [/persistence_timeout 3\n/, 'persistence_timeout 30\n'],
    scenario: [{ persistence: 'alone' }],
  },
  {
    lab: 'persistence',
    broken: 'the other real server is gone when the client should move',
    caughtBy: 'persistence.moves',
    seen: /it went to rs[12]/,
    node: 'lb',
    conf: [/real_server 192\.168\.100\.3 80 \{[^}]*\}\n/, ''],
    scenario: [{ persistence: 'alone' }],
  },
];

const PREFIX = 'no-';
const folder = leavesNothing('mode-controls', (lab) => lab.startsWith(PREFIX));

describe('a broken lab', () => itIsCaught(folder, PREFIX, CONTROLS));

describe('a wrong scheduler', () => {
  // One client: sh sends it always to one server, rr to each in turn. Either breaks the promise of the scheduler named.
  const instead: Readonly<Record<string, string>> = {
    rr: 'sh',
    wrr: 'sh',
    lc: 'sh',
    wlc: 'sh',
    lblc: 'sh',
    lblcr: 'sh',
    dh: 'rr',
    sh: 'rr',
    sed: 'sh',
    nq: 'sh',
    fo: 'rr',
    ovf: 'rr',
    mh: 'rr',
  };
  let seen: readonly Result[] = [];
  beforeAll(async () => {
    const made = readLab('labs/schedulers/lab.yaml');
    if (!made.ok) throw new Error('labs/schedulers is wrong');
    const file = parse(readFileSync('labs/schedulers/lab.yaml', 'utf8')) as LabFile;
    file.lab = 'no-schedulers';
    (file.nodes['lb'] as Record<string, unknown>)['keepalived'] = './keepalived.conf';
    const conf = keepalivedConf(made.value, nodeOf(made.value, 'lb'), DIALECT).replace(
      /lb_algo (\w+)/g,
      (_, name: string) => `lb_algo ${instead[name]}`,
    );
    seen = (await results(writeLab(folder, file, { 'keepalived.conf': conf }), [])).results;
  });

  it.each(Object.entries(instead))('%s that is %s is caught by its own check, and by the table', (name, other) => {
    const of = (id: string) => seen.find((r) => r.id === id && r.subject === name);
    expect(of('table.scheduler')).toMatchObject({ verdict: 'failed', seen: expect.stringContaining(other) });
    expect(of(`scheduler.${name}`)?.verdict).toBe('failed');
  });
});

describe('a server that does not answer, or should get nothing', () => {
  // Each keeps one client from some servers: by the client, the destination, or what the servers have already.
  const keeping = ['sh', 'dh', 'mh', 'fo', 'ovf', 'sed', 'nq', 'lblc', 'lblcr'];
  let seen: readonly Result[] = [];
  beforeAll(async () => {
    const made = readLab('labs/schedulers/lab.yaml');
    if (!made.ok) throw new Error('labs/schedulers is wrong');
    const file = parse(readFileSync('labs/schedulers/lab.yaml', 'utf8')) as LabFile;
    file.lab = 'no-answer';
    const stop = { run: { on: 'rs3', do: 'svc stop nginx' } };
    file.scenario = [stop, ...[...keeping, 'wrr'].map((contract) => ({ contract }))];
    Object.assign(file.nodes['lb'] as object, { keepalived: './keepalived.conf' });
    const services = file['services'] as Record<string, { reals: { rs1: { weight: number } } }>;
    Object.assign(services['wrr']?.reals.rs1 ?? {}, { weight: 0 });
    const beside = {
      'keepalived.conf': keepalivedConf(made.value, nodeOf(made.value, 'lb'), DIALECT),
    };
    seen = (await results(writeLab(folder, file, beside), [])).results;
  }, TRIALS_MS);

  it.each(keeping)('is seen by the contract of %s', (name) => {
    const of = (id: string) => seen.find((r) => r.id === id && r.subject === name);
    expect(of('service.reach')).toMatchObject({ verdict: 'failed', seen: expect.stringContaining('rs1') });
  });
  it('is seen where its weight is 0', () => {
    const reach = seen.find((r) => r.id === 'service.reach' && r.subject === 'wrr');
    expect(reach).toMatchObject({ verdict: 'failed', seen: expect.stringContaining('rs1 was reached') });
  });
});

describe('lab test --bail', () => {
  it(
    'ends with the first step in which a check fails',
    async () => {
      const scenario = ['true', 'false', 'true'].map((command) => ({ run: { on: 'pc', do: command } }));
      const control = { lab: 'arp-problem', broken: '', caughtBy: 'run', seen: /./, scenario };
      const path = broken(folder, control, 'no-bail');
      const verdicts = async (...more: string[]) => {
        const { stdout } = await lab(['test', path, '--json', ...more]);
        return (JSON.parse(stdout) as { results: Result[] }).results.map((r) => r.verdict);
      };
      expect(await verdicts()).toEqual(['passed', 'failed', 'passed']);
      expect(await verdicts('--bail')).toEqual(['passed', 'failed']);
    },
    TRIALS_MS,
  );
});

describe('a node that is changed by hand', () => {
  it(
    'is seen by nodes.stand, whatever was changed',
    async () => {
      const control = { lab: 'dr-two-arm', broken: '', caughtBy: 'nodes.stand', seen: /./ };
      const path = broken(folder, control, 'no-hand');
      expect((await lab(['up', path])).code).toBe(0);
      const changes = [
        ['rs1', 'sysctl -w net.ipv4.conf.all.arp_announce=0', 'rs1: net.ipv4.conf.all.arp_announce is 0, not 2'],
        ['rs2', 'ip route del default', 'rs2: no route to default via 192.168.100.254'],
        ['client', 'ip link set eth0 mtu 600', 'client: eth0 has MTU 600'],
        ['gw', 'ip link set eth1 address 02:00:00:00:be:ef', 'gw: eth1 has the MAC address 02:00:00:00:be:ef'],
        ['lb', 'ip addr del 10.0.0.1/16 dev eth0', 'lb: eth0 lacks 10.0.0.1/16'],
        ['lb', 'ip link set eth1 down', 'lb: eth1 is down'],
        ['rs2', 'sed -i s/keepalive/#keepalive/ /etc/nginx/nginx.conf', 'rs2: /etc/nginx/nginx.conf has changed'],
        ['gw', 'ip addr add 10.0.0.100/32 dev lo', 'gw: lo has 10.0.0.100, which is not its own'],
      ] as const;
      for (const [node, command] of changes)
        expect((await lab(['exec', 'no-hand', node, '--', ...command.split(' ')])).code).toBe(0);
      const { results: seen } = await results(path, ['nodes.stand']);
      const [stands] = seen.filter((r) => r.id === 'nodes.stand');
      expect(stands?.verdict).toBe('failed');
      for (const [, , words] of changes) expect(stands?.seen).toContain(words);
      expect((await lab(['down', 'no-hand'])).code).toBe(0);
    },
    TRIALS_MS,
  );
});
