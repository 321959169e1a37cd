import type { BgpDomain } from '../model/bgp.ts';
import type { Lab } from '../model/lab.ts';
import { familyOf, nodeOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import { type Announced, type Announcement, vipsOf } from './domain.ts';
import { routerId } from './router-id.ts';

/** Seconds between two attempts to connect to a neighbour (`timers connect`; FRR's own default is 10 s). */
export const CONNECT_S = 1;
/** Number of equal paths that a router uses: as many as FRR of Debian can. */
const MOST_PATHS = 64;

/** A session between a director and a router. */
interface Session {
  readonly domain: BgpDomain;
  /** The card and the address on this side. */
  readonly card: string;
  readonly own: string;
  /** The neighbour's address and its autonomous system. */
  readonly neighbour: string;
  readonly as: number;
}

/** Returns the sessions of a node in a domain: each director has one with each router on each of their links. */
function sessionsOf(lab: Lab, node: LabNode, domain: BgpDomain): readonly Session[] {
  const isMember = domain.members.includes(node.name);
  const others = (isMember ? domain.routers : domain.members).map((name) => nodeOf(lab, name));
  const links = domain.segments.filter((s) => node.interfaces.some((i) => i.segment === s));
  const ends = (of: LabNode, segment: string) =>
    of.interfaces
      .filter((i) => i.segment === segment)
      .flatMap((i) =>
        i.addresses
          .filter((a) => familyOf(a.address) === domain.family)
          .slice(0, 1)
          .map(({ address }) => ({ card: i.name, address })),
      );
  return links.flatMap((segment) =>
    ends(node, segment).flatMap(({ card, address: own }) =>
      others.flatMap((other) =>
        ends(other, segment).map((end) => ({
          ...{ domain, card, own, neighbour: end.address },
          as: isMember ? domain.peer : domain.as,
        })),
      ),
    ),
  );
}

/**
 * Returns the BFD sessions of a director, for bfdd. They are its own and not bgpd's, which makes each anew twice as it
 * learns its address and its card: a router that has answered the first waits for it until its detection time is over,
 * several slow intervals of a second (RFC 5880 §6.8.3), and accepts no connection until then.
 */
export function bfdPeers(lab: Lab, node: LabNode, domain: BgpDomain): readonly string[] {
  if (!domain.bfd || !domain.members.includes(node.name)) return [];
  return sessionsOf(lab, node, domain).flatMap(({ card, own, neighbour }) => [
    ` peer ${neighbour} local-address ${own} interface ${card}`,
    `  profile ${domain.name}`,
    ' exit',
  ]);
}

/** Returns the autonomous system of a node. */
function asOf(node: LabNode, domain: BgpDomain): number {
  return domain.members.includes(node.name) ? domain.as : domain.peer;
}

/** Returns the block of an address family. */
function familyBlock(family: 4 | 6): string {
  return `address-family ipv${family} unicast`;
}

/**
 * Returns bgpd.conf (FRR): a session for each neighbour on a link, and VIPs as networks, each announced only while an
 * interface holds it.
 */
export function bgpConf(
  lab: Lab,
  node: LabNode,
  domains: readonly BgpDomain[],
  announced: readonly Announcement[],
): string {
  const [first] = domains;
  if (!first) return '';
  const sessions = domains.flatMap((domain) => sessionsOf(lab, node, domain));
  const router = routerBlock(asOf(node, first));
  const families = [...new Set(domains.map((o) => o.family))];
  return `${[
    router,
    ` bgp router-id ${routerId(lab, node)}`,
    ' bgp log-neighbor-changes',
    // Filters are not what a lab is about (RFC 8212 would require them).
    ' no bgp ebgp-requires-policy',
    ' no bgp default ipv4-unicast',
    ' bgp network import-check',
    ...sessions.flatMap(({ domain, neighbour, as }) => [
      ` neighbor ${neighbour} remote-as ${as}`,
      ` neighbor ${neighbour} timers ${domain.keepalive / 1000} ${domain.hold / 1000}`,
      ` neighbor ${neighbour} timers connect ${CONNECT_S}`,
      ` neighbor ${neighbour} advertisement-interval 0`,
      ...(domain.bfd && domain.routers.includes(node.name)
        ? [` neighbor ${neighbour} bfd profile ${domain.name}`]
        : []),
    ]),
    ...families.flatMap((family) => [
      ` ${familyBlock(family)}`,
      ...announced
        .filter(({ within }) => within[0] === router && within[1] === familyBlock(family))
        .map((a) => `  ${a.line}`),
      ...sessions.filter((s) => s.domain.family === family).map((s) => `  neighbor ${s.neighbour} activate`),
      `  maximum-paths ${MOST_PATHS}`,
      `  maximum-paths ibgp ${MOST_PATHS}`,
      ' exit-address-family',
    ]),
  ].join('\n')}\n`;
}

function routerBlock(as: number): string {
  return `router bgp ${as}`;
}

/** Returns what announces the VIPs of a domain; graceful shutdown (RFC 8326) makes a director the last choice. */
export function bgpVips(lab: Lab, domain: BgpDomain, announced: Announced): readonly Announcement[] {
  const router = routerBlock(domain.as);
  const rest = {
    within: [router, familyBlock(domain.family)],
    last: [router, 'bgp graceful-shutdown'],
    usual: [router, 'no bgp graceful-shutdown'],
  };
  if (announced === 'routes') return [{ ...rest, line: 'redistribute kernel' }];
  return vipsOf(lab, domain).map((vip) => ({ ...rest, line: `network ${vip}/${domain.family === 6 ? 128 : 32}` }));
}
