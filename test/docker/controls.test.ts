import { describe } from 'vitest';
import { type Control, itIsCaught } from './broken.ts';
import { leavesNothing } from './state.ts';

const HEALTH = [{ health: { service: 'web', stop: 'rs1' } }];
const FAILOVER = [{ failover: { service: 'web', kill: 'lb1', to: 'lb2' } }];
const EGRESS =
  'filter add dev eth0 egress prio 2 protocol ip flower ip_proto tcp dst_port 80 ct_state -trk action ct commit nat src addr 10.9.9.9 pipe action ok';

const CONTROLS: readonly Omit<Control, 'lab'>[] = [
  {
    broken: 'lb1 lacks its LIP',
    caughtBy: 'fnat.lip',
    seen: /192\.168\.100\.200: no answer/,
    node: 'lb1',
    setup: 'ip addr del 192.168.100.200/32 dev eth0',
  },
  {
    broken: 'lb1 translates to a LIP outside the LAN',
    caughtBy: 'fnat.source',
    seen: /10\.9\.9\.9 to [\d.]+ from lb1/,
    node: 'lb1',
    setup: `tc filter del dev eth0 egress prio 2\ntc ${EGRESS}`,
  },
  {
    broken: 'lb1 does not translate the source',
    caughtBy: 'fnat.source',
    seen: /192\.168\.100\.146 to [\d.]+ from lb1/,
    node: 'lb1',
    setup: 'tc qdisc del dev eth0 clsact',
  },
  {
    broken: 'real servers answer the client themselves',
    caughtBy: 'fnat.reply',
    seen: /192\.168\.100\.[23]:80 from rs[12]/,
    node: 'lb1',
    setup: 'tc qdisc del dev eth0 clsact',
  },
  {
    broken: 'rs1 replies around the director',
    caughtBy: 'fnat.return',
    seen: /to 192\.168\.100\.200 via client/,
    node: 'rs1',
    setup: 'ip route add 192.168.100.200/32 via 192.168.100.146',
  },
  {
    broken: 'rs1 drops its replies',
    caughtBy: 'service.answers',
    seen: /no answer/,
    node: 'rs1',
    setup: 'ip route add blackhole 192.168.100.200/32',
  },
  {
    broken: 'lb1 gives rs1 another weight',
    caughtBy: 'table.weight',
    seen: /lb1: 192\.168\.100\.2:80 50/,
    node: 'lb1',
    conf: [/weight 100/, 'weight 50'],
  },
  {
    broken: 'lb2 has another scheduler',
    caughtBy: 'table.scheduler',
    seen: /lb2: wlc/,
    node: 'lb2',
    conf: [/lb_algo rr/, 'lb_algo wlc'],
  },
  {
    broken: 'rs2 is not in lb1’s table',
    caughtBy: 'table.servers',
    seen: /lb1: 192\.168\.100\.2:80;/,
    node: 'lb1',
    conf: [/real_server 192\.168\.100\.3[\s\S]*?\n {4}\}\n/, ''],
  },
  {
    broken: 'lb1 forwards by DR',
    caughtBy: 'table.forward',
    seen: /lb1: .*Route/,
    node: 'lb1',
    conf: [/lb_kind NAT/, 'lb_kind DR'],
  },
  {
    broken: 'lb1 keeps a client on one server',
    caughtBy: 'scheduler.rr',
    seen: /19 out of turn/,
    node: 'lb1',
    conf: [/lb_algo rr/, 'lb_algo rr\n    persistence_timeout 60'],
  },
  {
    broken: 'lb1 checks another port',
    caughtBy: 'health.check',
    seen: /lb1 \(192\.168\.100\.11\) to 192\.168\.100\.2:81/,
    node: 'lb1',
    conf: [/connect_port 80/g, 'connect_port 81'],
  },
  {
    broken: 'lb1’s health checks are translated to the LIP',
    caughtBy: 'health.check',
    seen: /^(?!.*lb1 \(192\.168\.100\.11\))/,
    node: 'lb1',
    setup: 'tc filter del dev eth0 egress prio 1',
  },
  {
    broken: 'both directors answer for the VIP',
    caughtBy: 'vip.arp',
    seen: /lb1 and lb2 answered|lb2 and lb1 answered/,
    node: 'lb2',
    setup: 'ip addr add 192.168.100.254/32 dev lo',
  },
  {
    broken: 'the directors’ VRRP ids differ',
    caughtBy: 'vrrp.id',
    seen: /lb2 id 124/,
    node: 'lb2',
    conf: [/virtual_router_id 123/, 'virtual_router_id 124'],
  },
  {
    broken: 'the backup has the higher priority',
    caughtBy: 'vrrp.master',
    seen: /lb2 \(priority 150\)/,
    node: 'lb2',
    conf: [/priority 80/, 'priority 150'],
  },
  {
    broken: 'lb2 gives up a dead server too late',
    caughtBy: 'health.removed',
    seen: /lb2: weight 100/,
    node: 'lb2',
    conf: [/retry 2/g, 'retry 60'],
    // The contract sees every first check: keepalived does not repeat that one when it fails.
    scenario: [{ contract: 'web' }, ...HEALTH],
  },
  {
    broken: 'lb1 drops a dead server from its table',
    caughtBy: 'health.removed',
    seen: /lb1: weight none/,
    node: 'lb1',
    conf: [/inhibit_on_failure/g, ''],
    scenario: HEALTH,
  },
  {
    broken: 'the backup’s keepalived does not run',
    caughtBy: 'failover.master',
    seen: /no advert of lb2/,
    node: 'lb2',
    also: ['failover.garp', 'failover.outage'],
    scenario: [{ run: { on: 'lb2', do: 'svc stop keepalived' } }, ...FAILOVER],
  },
  {
    broken: 'the backup has the VIP and no service',
    caughtBy: 'failover.outage',
    seen: /did not come back/,
    node: 'lb2',
    conf: [/virtual_server[\s\S]*/, ''],
    scenario: FAILOVER,
  },
  {
    broken: 'the old master does not preempt',
    caughtBy: 'return.master',
    seen: /no advert of lb1/,
    node: 'lb1',
    conf: [/state MASTER/, 'state BACKUP\n    nopreempt'],
    also: ['return.garp'],
    scenario: FAILOVER,
  },
  {
    broken: 'rs1’s program does not start again',
    caughtBy: 'health.returned',
    seen: /lb1: weight 0/,
    node: 'rs1',
    setup: `mv /usr/sbin/nginx /usr/sbin/nginx.real
# its configuration is looked at before it starts
printf '#!/bin/sh\\n[ "$1" != -t ] || exec nginx.real "$@"\\n[ ! -e /tmp/ran ] || exit 1\\ntouch /tmp/ran\\nexec nginx.real "$@"\\n' > /usr/sbin/nginx
chmod 755 /usr/sbin/nginx`,
    scenario: HEALTH,
  },
  {
    broken: 'the old master comes back without the service',
    caughtBy: 'return.outage',
    seen: /did not come back/,
    node: 'lb1',
    setup: `if [ -e /booted ]; then sed -i '/^virtual_server/,$d' /etc/keepalived/keepalived.conf; fi
touch /booted`,
    scenario: FAILOVER,
  },
];

const PREFIX = 'bad-';
const folder = leavesNothing('controls', (lab) => lab.startsWith(PREFIX));

const ofFnat = (controls: readonly Omit<Control, 'lab'>[]): readonly Control[] =>
  controls.map((c) => ({ ...c, lab: 'fnat-keepalived' }));

describe('a broken lab', () => {
  itIsCaught(folder, PREFIX, ofFnat(CONTROLS));
});
