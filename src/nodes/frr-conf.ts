import { type Domain, isBgp } from '../model/bgp.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import { bfdPeers, bgpConf, bgpVips } from './bgp-conf.ts';
import { type Announced, type Announcement, DAEMONS, type Daemon, daemonOf, domainsOf } from './domain.ts';
import { ospfConf, ospfVips } from './ospf-conf.ts';
import { ospf6Conf, ospf6Vips } from './ospf6-conf.ts';
import { ownFrrChecks } from './own-frr.ts';
import { type NodePart, nothing, type Program } from './part.ts';

/** Returns what announces a director's VIPs in all its domains. */
export function announcements(lab: Lab, node: LabNode, announced: Announced): readonly Announcement[] {
  const own = domainsOf(lab, node).filter((o) => o.members.includes(node.name));
  const all = own.flatMap((o) => announcing(lab, o, node, announced));
  const key = (a: Announcement) => [...a.within, a.line].join('\n');
  return all.filter((a, i) => all.findIndex((b) => key(a) === key(b)) === i);
}

function announcing(lab: Lab, domain: Domain, node: LabNode, announced: Announced): readonly Announcement[] {
  if (isBgp(domain)) return bgpVips(lab, domain, announced);
  return domain.family === 6 ? ospf6Vips(lab, domain, node, announced) : ospfVips(lab, domain, announced);
}

/** Returns the configuration of a daemon that speaks a routing protocol, if the node has domains of it. */
function configuration(lab: Lab, node: LabNode, daemon: Daemon, lines: readonly Announcement[]): string | undefined {
  const own = domainsOf(lab, node).filter((o) => daemonOf(o) === daemon);
  const [bgp, ospf] = [own.filter(isBgp), own.flatMap((o) => (isBgp(o) ? [] : [o]))];
  if (bgp.length > 0) return bgpConf(lab, node, bgp, lines);
  if (ospf.length === 0) return undefined;
  return daemon === 'ospf6d' ? ospf6Conf(lab, node, ospf, lines) : ospfConf(lab, node, ospf, lines);
}

/** Returns the configuration of each daemon of FRR that a node runs for its domains, by the daemon's name. */
function configurations(lab: Lab, node: LabNode, announced: Announced): Readonly<Record<string, string>> {
  const domains = domainsOf(lab, node);
  const lines = announcements(lab, node, announced);
  return {
    zebra: `hostname ${node.name}\n`,
    ...(domains.some((o) => o.bfd) ? { bfdd: bfdConf(lab, node) } : {}),
    ...Object.fromEntries(
      DAEMONS.flatMap((daemon) => {
        const conf = configuration(lab, node, daemon, lines);
        return conf === undefined ? [] : [[daemon, conf]];
      }),
    ),
  };
}

/**
 * Returns FRR on a director or router: mgmtd (without it, zebra logs errors constantly), zebra, the daemons of its
 * routing protocols, and bfdd if a domain has BFD.
 */
export function routing(lab: Lab, node: LabNode, announced: Announced): NodePart {
  const domains = domainsOf(lab, node);
  if (domains.length === 0) return nothing;
  const program = (name: string, after: readonly string[], ...more: readonly string[]): Program => ({
    command: [
      ...['env', 'LD_PRELOAD=/usr/local/lib/frrcaps.so', `/usr/lib/frr/${name}`],
      ...['-u', 'root', '-g', 'frr', '--log', 'stdout', ...more],
    ],
    // The socket of FRR's own shell.
    ready: [`/run/frr/${name}.vty`],
    after,
  });
  const daemon = (name: string, after: string) => program(name, [after], '-f', `/etc/frr/${name}.conf`);
  const confs = configurations(lab, node, announced);
  const daemons = Object.keys(confs);
  const routes = domains.filter((o) => o.routers.includes(node.name));
  return {
    ...nothing,
    checks: [
      ...ownFrrChecks(['mgmtd', ...daemons]),
      ...daemons.map((name) => {
        const file = `/etc/frr/${name}.conf`;
        return { program: name, file, command: ['vtysh', '-C', '-f', file] };
      }),
    ],
    // bgpd listens on port 179.
    capabilities: domains.some(isBgp) ? ['NET_BIND_SERVICE'] : [],
    // Hash ports too, not only addresses, to distribute connections.
    sysctls: {
      ...(routes.length > 0 ? { 'net.ipv4.fib_multipath_hash_policy': '1' } : {}),
      ...(routes.some((o) => o.family === 6) ? { 'net.ipv6.fib_multipath_hash_policy': '1' } : {}),
    },
    files: Object.fromEntries(Object.entries(confs).map(([name, conf]) => [`/etc/frr/${name}.conf`, conf])),
    // zebra gets its configuration from mgmtd, the others get their interfaces and routes from zebra.
    programs: {
      mgmtd: program('mgmtd', []),
      ...Object.fromEntries(daemons.map((name) => [name, daemon(name, name === 'zebra' ? 'mgmtd' : 'zebra')])),
    },
  };
}

/** Returns bfdd.conf: a profile for each domain that has BFD, with the domain's name, and the sessions that are bfdd's own. */
function bfdConf(lab: Lab, node: LabNode): string {
  const domains = domainsOf(lab, node);
  const profiles = domains.flatMap(({ name, bfd }) =>
    bfd
      ? [
          ` profile ${name}`,
          `  detect-multiplier ${bfd.misses}`,
          `  receive-interval ${bfd.every}`,
          `  transmit-interval ${bfd.every}`,
          ' exit',
        ]
      : [],
  );
  const peers = domains.filter(isBgp).flatMap((domain) => bfdPeers(lab, node, domain));
  return `${['bfd', ...profiles, ...peers].join('\n')}\n`;
}
