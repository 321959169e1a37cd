// Mutations as data: everything in a resolved lab (src/model/lab.ts) that may be altered, always in the same order.
// Each is a shell line in a node, with the line that undoes it, if there is one.

const FLAG = { nat: '-m', fnat: '-m', dr: '-g', tun: '-i' };
const OTHER_FLAG = { nat: '-g', fnat: '-g', dr: '-m', tun: '-m' };
const at = (address, port) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
const host = (address) => `${address}/${address.includes(':') ? 128 : 32}`;
const family = (address) => (address.includes(':') ? '-6' : '-4');

/** Returns a service's name for ipvsadm. */
const named = (s) => `${s.protocol === 'tcp' ? '-t' : '-u'} ${at(s.vip, s.port)}`;
const sticky = (s) => {
  if (!s.persistence) return '';
  const whole = s.vip.includes(':') ? 128 : 32;
  const { mask } = s.persistence;
  const bits = whole === 128 ? mask : [24, 16, 8, 0].map((b) => ((0xffffffff << (32 - mask)) >>> b) & 255).join('.');
  return ` -p ${Math.ceil(s.persistence.time / 1000)}${mask < whole ? ` -M ${bits}` : ''}`;
};
const flags = (s) => (s.hashesPort ? ` -b ${s.scheduler}-port` : '');
const server = (s, r) => `${named(s)} -r ${at(r.address, r.port)}`;
const edit = (s, more) => `ipvsadm -E ${named(s)} ${more}`;
const right = (s) => edit(s, `-s ${s.scheduler}${sticky(s)}${flags(s)}`);

/** Returns alterations of a director's table. */
function table(lab, director) {
  const on = (kind, words, make, undo) => ({ node: director.name, kind, words, make, undo });
  return [
    on('table: timeouts', 'connections are forgotten sooner', 'ipvsadm --set 60 5 5', `ipvsadm --set ${times(lab)}`),
    on('table: stranger service', 'a service of nobody’s', 'ipvsadm -A -f 77 -s rr', 'ipvsadm -D -f 77'),
    ...lab.services.flatMap((s) => [
      ...s.reals.flatMap((r) => {
        const back = `ipvsadm -e ${server(s, r)} ${FLAG[s.mode]} -w ${r.weight}`;
        return [
          on(
            'table: weight',
            `${s.name}: ${r.node} has another weight`,
            `ipvsadm -e ${server(s, r)} ${FLAG[s.mode]} -w ${r.weight + 1}`,
            back,
          ),
          on(
            'table: drained',
            `${s.name}: ${r.node} has weight 0`,
            `ipvsadm -e ${server(s, r)} ${FLAG[s.mode]} -w 0`,
            back,
          ),
          on(
            'table: method',
            `${s.name}: ${r.node} is forwarded to in another way`,
            `ipvsadm -e ${server(s, r)} ${OTHER_FLAG[s.mode]} -w ${r.weight}`,
            back,
          ),
          on(
            'table: limits',
            `${s.name}: ${r.node} gets three connections`,
            `ipvsadm -e ${server(s, r)} ${FLAG[s.mode]} -w ${r.weight} -x 3`,
            back,
          ),
          on(
            'table: server gone',
            `${s.name}: ${r.node} is not in it`,
            `ipvsadm -d ${server(s, r)}`,
            `ipvsadm -a ${server(s, r)} ${FLAG[s.mode]} -w ${r.weight}`,
          ),
        ];
      }),
      on(
        'table: stranger',
        `${s.name}: somebody unknown is in it`,
        `ipvsadm -a ${named(s)} -r ${at(stranger(s), s.reals[0].port)} ${FLAG[s.mode]} -w 1`,
        `ipvsadm -d ${named(s)} -r ${at(stranger(s), s.reals[0].port)}`,
      ),
      on(
        'table: scheduler',
        `${s.name}: another scheduler`,
        edit(s, `-s ${s.scheduler === 'lc' ? 'rr' : 'lc'}${sticky(s)}`),
        right(s),
      ),
      on(
        'table: persistence',
        `${s.name}: ${s.persistence ? 'no persistence' : 'a persistence that the lab does not have'}`,
        edit(s, `-s ${s.scheduler}${s.persistence ? '' : ' -p 60'}${flags(s)}`),
        right(s),
      ),
      ...(s.persistence && !s.vip.includes(':')
        ? [
            on(
              'table: mask',
              `${s.name}: another mask`,
              edit(s, `-s ${s.scheduler} -p ${Math.ceil(s.persistence.time / 1000)} -M 255.255.0.0`),
              right(s),
            ),
          ]
        : []),
      ...(['sh', 'mh'].includes(s.scheduler)
        ? [
            on(
              'table: hash',
              `${s.name}: ${s.hashesPort ? 'ports do not count' : 'ports count, too'}`,
              edit(s, `-s ${s.scheduler}${s.hashesPort ? '' : ` -b ${s.scheduler}-port`}`),
              right(s),
            ),
          ]
        : []),
      ...(s.protocol === 'udp'
        ? [on('table: one-packet', `${s.name}: one-packet scheduling`, edit(s, `-s ${s.scheduler} -o`), right(s))]
        : []),
      on('table: service gone', `${s.name} is not in the table`, `ipvsadm -D ${named(s)}`),
    ]),
  ];
}

const stranger = (s) => (s.reals[0].address.includes(':') ? '2001:db8:ffff::9' : '203.0.113.99');
const times = ({ timeouts }) =>
  timeouts ? [timeouts.tcp, timeouts.fin, timeouts.udp].map((ms) => Math.ceil(ms / 1000)).join(' ') : '900 120 300';

/** Returns mutations that change a sysctl, and restore the value that was found. */
function sysctl(node, kind, words, values) {
  const keep = '/run/mutant.sysctl';
  const names = Object.keys(values).join(' ');
  const set = Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return { node, kind, words, make: `sysctl ${names} > ${keep} && sysctl -q -w ${set}`, undo: `sysctl -q -p ${keep}` };
}

const every = (node, name, value) =>
  Object.fromEntries(
    ['all', ...node.interfaces.map((i) => i.name)].map((dev) => [`net.ipv4.conf.${dev}.${name}`, value]),
  );

/** Returns alterations of any node's network. */
function network(lab, node) {
  const on = (kind, words, make, undo) => ({ node: node.name, kind, words: `${node.name}: ${words}`, make, undo });
  const links = [...node.interfaces, ...node.devices];
  return [
    ...node.routes.map((r) => {
      const v = family(r.to === 'default' ? (r.via ?? '') : r.to);
      const way = `${r.to}${r.via ? ` via ${r.via}` : r.dev ? ` dev ${r.dev}` : ''}`;
      return on(
        'route gone',
        `no route to ${r.to}`,
        `ip ${v} route del ${r.via || r.dev ? way : `blackhole ${r.to}`}`,
        `ip ${v} route replace ${r.via || r.dev ? way : `blackhole ${r.to}`}`,
      );
    }),
    ...links.flatMap((l) => [
      on(
        'mtu',
        `${l.name} takes 600 bytes`,
        `[ $(cat /sys/class/net/${l.name}/mtu) = 1500 ] && ip link set ${l.name} mtu ${v6(lab) ? 1280 : 600}`,
        `ip link set ${l.name} mtu 1500`,
      ),
      on('link down', `${l.name} is down`, `ip link set ${l.name} down`),
      ...(l.addresses.length > 0 && node.interfaces.includes(l)
        ? [
            on(
              'mac',
              `${l.name} has another MAC address`,
              `ip link set ${l.name} address 02:00:00:00:be:ef`,
              `ip link set ${l.name} address ${l.mac}`,
            ),
          ]
        : []),
      ...l.addresses.map((a) =>
        on('address gone', `${l.name} lacks ${a.address}`, `ip addr del ${a.address}/${a.prefix} dev ${l.name}`),
      ),
    ]),
    on(
      'loss',
      'packets that come in are lost now and then',
      'nft "add table inet mut; add chain inet mut in { type filter hook prerouting priority -300; }; add rule inet mut in meta l4proto { tcp, udp } numgen inc mod 7 0 drop"',
      'nft delete table inet mut',
    ),
    on(
      'filter',
      'a firewall lets nothing of TCP or UDP in',
      'nft "add table inet mut; add chain inet mut in { type filter hook prerouting priority -300; }; add rule inet mut in meta l4proto { tcp, udp } drop"',
      'nft delete table inet mut',
    ),
  ];
}

const v6 = (lab) => lab.segments.some((s) => s.subnets.some((n) => n.includes(':')));

/** Returns alterations of a director, except its table. */
function directing(lab, node) {
  const on = (kind, words, make, undo) => ({ node: node.name, kind, words: `${node.name}: ${words}`, make, undo });
  const vips = [...new Set(lab.services.map((s) => s.vip))];
  const find = (address) => `D=$(ip -o addr show to ${host(address)} | awk 'NR==1{print $2}')`;
  const forwards = lab.services.some((s) => s.mode === 'nat' || s.mode === 'fnat') || lab.snat.length > 0;
  const conf = '/etc/keepalived/keepalived.conf';
  const daemon = (kind, words, expression) =>
    on(
      kind,
      words,
      `cp ${conf} /run/mutant.conf && sed -i '${expression}' ${conf} && ! cmp -s ${conf} /run/mutant.conf && kill -HUP $(cat /run/keepalived.pid 2>/dev/null || pgrep -o keepalived) && sleep 2`,
      `cp /run/mutant.conf ${conf} && kill -HUP $(pgrep -o keepalived) && sleep 3`,
    );
  const cards = [
    ...new Set([
      ...node.lips.map((l) => l.interface),
      ...lab.snat.filter((r) => r.director === node.name).map((r) => r.out),
    ]),
  ];
  return [
    ...vips.flatMap((vip) => [
      on('vip gone', `does not hold ${vip}`, `${find(vip)}; [ -n "$D" ] && ip addr del ${host(vip)} dev $D`, undefined),
      ...(lab.vrrp.length > 0
        ? [
            on(
              'vip twice',
              `holds ${vip} in any case`,
              `[ -z "$(ip -o addr show to ${host(vip)})" ] && ip addr add ${host(vip)} dev lo`,
              `ip addr del ${host(vip)} dev lo`,
            ),
          ]
        : []),
    ]),
    ...node.lips.map((l) =>
      on(
        'lip gone',
        `lacks the LIP ${l.address}`,
        `ip addr del ${host(l.address)} dev ${l.interface}`,
        `ip addr add ${host(l.address)} dev ${l.interface}`,
      ),
    ),
    ...cards.flatMap((card) => [
      on('translation gone', `does not translate on ${card}`, `tc qdisc del dev ${card} clsact`),
      on('translation half', `does not translate back on ${card}`, `tc filter del dev ${card} ingress`),
    ]),
    ...(forwards
      ? [
          sysctl(
            node.name,
            'forwarding',
            `${node.name}: does not forward`,
            v6(lab) ? { 'net.ipv4.ip_forward': 0, 'net.ipv6.conf.all.forwarding': 0 } : { 'net.ipv4.ip_forward': 0 },
          ),
        ]
      : []),
    sysctl(node.name, 'redirects', `${node.name}: sends redirects`, every(node, 'send_redirects', 1)),
    sysctl(node.name, 'rp_filter', `${node.name}: looks for the return path strictly`, every(node, 'rp_filter', 1)),
    ...(lab.services.some((s) => s.mode === 'tun')
      ? [
          sysctl(node.name, 'pmtu_disc', `${node.name}: does not tell what fits the tunnel`, {
            'net.ipv4.vs.pmtu_disc': 0,
          }),
        ]
      : []),
    ...lab.services
      .flatMap((s) =>
        s.reals.map((r) => {
          const card = node.interfaces.find((i) =>
            lab.nodes.find((n) => n.name === r.node).interfaces.some((o) => o.segment === i.segment),
          );
          return (
            card &&
            on(
              'neighbour',
              `has a wrong MAC address for ${r.node}`,
              `ip neigh replace ${r.address} lladdr 02:00:00:00:be:ef dev ${card.name} nud permanent`,
              `ip neigh del ${r.address} dev ${card.name}`,
            )
          );
        }),
      )
      .filter(Boolean),
    on('keepalived stopped', 'keepalived is stopped', 'svc stop keepalived', undefined),
    ...(lab.vrrp.some((v) => v.members.some((m) => m.node === node.name))
      ? [
          daemon('vrrp id', 'another virtual router id', 's/virtual_router_id .*/virtual_router_id 250/'),
          daemon(
            'vrrp priority',
            'the highest or the lowest priority',
            node.name === lab.vrrp[0].members[0].node ? 's/priority .*/priority 2/' : 's/priority .*/priority 250/',
          ),
          daemon('vrrp advert', 'adverts come four times slower', 's/advert_int .*/advert_int 4/'),
          daemon('vrrp password', 'another password', 's/auth_pass .*/auth_pass wrong/'),
          daemon('vrrp address', 'the instance has one address less', '/virtual_ipaddress {/{n;d}'),
          daemon(
            'vrrp preemption',
            'a better one does not take over',
            's/^\\( *\\)state MASTER/\\1state BACKUP\\n\\1nopreempt/',
          ),
        ]
      : []),
    ...(lab.services.some((s) => s.health)
      ? [
          daemon('check interval', 'checks come ten times slower', 's/delay_loop .*/delay_loop 60/'),
          daemon('check port', 'another port is checked', 's/connect_port .*/connect_port 9/'),
          daemon('check retries', 'a dead server is given up late', 's/^\\( *\\)retry .*/\\1retry 60/'),
          daemon('inhibit', 'a dead server is dropped, or kept', 's/inhibit_on_failure//'),
        ]
      : []),
  ];
}

/** Returns alterations of a real server. */
function serving(lab, node) {
  const on = (kind, words, make, undo) => ({ node: node.name, kind, words: `${node.name}: ${words}`, make, undo });
  const services = lab.services.filter((s) => s.reals.some((r) => r.node === node.name));
  const silent = services.filter((s) => s.mode === 'dr' || s.mode === 'tun');
  const vips = [...new Set(silent.map((s) => s.vip))];
  const http = services.some((s) => s.app === 'http' && s.protocol === 'tcp');
  const udp = services.some((s) => s.app === 'http' && s.protocol === 'udp');
  const conf = '/etc/nginx/nginx.conf';
  const web = (kind, words, expression) =>
    on(
      kind,
      words,
      `sed -i.mutant '${expression}' ${conf} && ! cmp -s ${conf} ${conf}.mutant && nginx -s reload && sleep 0.3`,
      `mv ${conf}.mutant ${conf} && nginx -s reload && sleep 0.3`,
    );
  return [
    ...(http ? [on('program stopped', 'nginx is stopped', 'svc stop nginx', 'svc start nginx && sleep 0.3')] : []),
    ...(udp ? [on('program stopped', 'answer is stopped', 'svc stop answer', 'svc start answer && sleep 0.3')] : []),
    ...(services.some((s) => s.app === 'mysql')
      ? [on('program stopped', 'mariadbd is stopped', 'svc stop mariadbd', 'svc start mariadbd && sleep 3')]
      : []),
    ...(http
      ? [
          web('another answers', 'somebody else answers', `s/"server":"${node.name}"/"server":"impostor"/`),
          web('error answered', 'an error is answered', 's/return 200 ./return 503 "" ;#/'),
        ]
      : []),
    ...vips.map((vip) =>
      on(
        'vip gone',
        `does not hold ${vip}`,
        `D=$(ip -o addr show to ${host(vip)} | awk 'NR==1{print $2}'); echo $D > /run/mutant.dev; ip addr del ${host(vip)} dev $D`,
        `ip addr add ${host(vip)} dev $(cat /run/mutant.dev)`,
      ),
    ),
    ...(silent.some((s) => !s.vip.includes(':'))
      ? [
          sysctl(node.name, 'arp_ignore', `${node.name}: answers ARP for any address`, {
            ...every(node, 'arp_ignore', 0),
            'net.ipv4.conf.lo.arp_ignore': 0,
          }),
          sysctl(node.name, 'arp_announce', `${node.name}: asks under any address`, {
            ...every(node, 'arp_announce', 0),
            'net.ipv4.conf.lo.arp_announce': 0,
          }),
        ]
      : []),
    ...(silent.some((s) => s.mode === 'tun')
      ? [
          on(
            'tunnel down',
            'its tunnel is down',
            silent.some((s) => s.vip.includes(':')) ? 'ip link set ip6tnl0 down' : 'ip link set tunl0 down',
            undefined,
          ),
          sysctl(node.name, 'rp_filter', `${node.name}: looks for the return path strictly`, {
            'net.ipv4.conf.all.rp_filter': 1,
          }),
        ]
      : []),
    ...services
      .filter((s) => s.mode === 'nat' || s.mode === 'fnat')
      .slice(0, 1)
      .map((s) =>
        on(
          'vip taken',
          `holds ${s.vip} of the director`,
          `ip addr add ${host(s.vip)} dev lo`,
          `ip addr del ${host(s.vip)} dev lo`,
        ),
      ),
  ];
}

/** Returns alterations of a router or switch, and of FRR on any node. */
function routing(lab, node) {
  const on = (kind, words, make, undo) => ({ node: node.name, kind, words: `${node.name}: ${words}`, make, undo });
  const domain = lab.ospf.find((o) => [...o.members, ...o.routers].includes(node.name));
  const speak = (lines) => `vtysh ${['configure terminal', ...lines].map((l) => `-c '${l}'`).join(' ')}`;
  const vip = domain && lab.services.find((s) => domain.services.includes(s.name)).vip;
  const card = domain && node.interfaces.find((i) => domain.segments.includes(i.segment)).name;
  return [
    ...(node.kind === 'switch' && node.interfaces.some((i) => i.addresses.length > 0)
      ? [
          sysctl(
            node.name,
            'forwarding',
            `${node.name}: does not forward`,
            v6(lab) ? { 'net.ipv4.ip_forward': 0, 'net.ipv6.conf.all.forwarding': 0 } : { 'net.ipv4.ip_forward': 0 },
          ),
        ]
      : []),
    ...(domain
      ? [
          on('ospf stopped', 'ospfd is stopped', 'svc stop ospfd', undefined),
          on(
            'ospf timers',
            'another hello interval',
            `${speak([`interface ${card}`, 'ip ospf hello-interval 7'])} && sleep 6`,
            undefined,
          ),
          ...(domain.members.includes(node.name)
            ? [
                on(
                  'ospf announcement',
                  `${vip} is not announced`,
                  `${speak(['router ospf', `no network ${vip}/32 area ${domain.area}`])} && sleep 1`,
                  undefined,
                ),
              ]
            : []),
          ...(domain.bfd ? [on('bfd stopped', 'bfdd is stopped', 'svc stop bfdd', undefined)] : []),
        ]
      : []),
  ];
}

/** Maximum number of mutations of one kind per lab: they are much alike. */
export const EACH = 2;

/** Returns every mutation of a lab, at most EACH of a kind, spread over its nodes and services. */
export function mutationsOf(lab) {
  const all = lab.nodes.flatMap((node) => [
    ...(node.kind === 'director' && lab.services.length > 0 ? table(lab, node) : []),
    ...(node.kind === 'director' ? directing(lab, node) : []),
    ...(lab.services.some((s) => s.reals.some((r) => r.node === node.name)) ? serving(lab, node) : []),
    ...routing(lab, node),
    ...network(lab, node),
  ]);
  return [...group(all)].flatMap(([kind, of]) =>
    spread(of, EACH).map((m) => ({ lab: lab.lab, id: `${lab.lab}/${m.node}/${kind}/${m.words}`, ...m })),
  );
}

function group(all) {
  const kinds = new Map();
  for (const m of all) kinds.set(m.kind, [...(kinds.get(m.kind) ?? []), m]);
  return kinds;
}

/** Returns `n` elements of a list, including the first and the last. */
export function spread(list, n) {
  if (list.length <= n) return list;
  return Array.from({ length: n }, (_, i) => list[Math.round((i * (list.length - 1)) / (n - 1))]);
}
