import type { Lab } from '../model/lab.ts';
import { byMode, familyOf, linkTo, nodeOf, routeTo } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { askingAddress, directorsBetween } from '../model/way.ts';
import { wireOf } from '../modes/index.ts';
import { type Finding, keyAt, type Rule, valueAt } from './rule.ts';

/** The way of a reply that a director must translate: from a real server to the address that a client asks from. */
interface Reply {
  readonly service: Service;
  readonly real: LabNode;
  readonly client: string;
  readonly to: string;
}

/**
 * Returns the replies that a director must translate, from real servers whose routes the lab alone sets: not those with a
 * setup script, which may set others.
 */
function repliesOf(lab: Lab): readonly Reply[] {
  return lab.services.flatMap(byMode).flatMap((service) => {
    const wire = wireOf(service);
    if (wire.back !== 'client' || wire.reply !== 'director') return [];
    const servers = service.reals
      .map((r) => nodeOf(lab, r.node))
      .filter((n) => n.kind !== 'director' && !n.manual && n.setup === undefined);
    return lab.nodes
      .filter((n) => n.kind === 'client')
      .flatMap((client) => {
        const to = askingAddress(client, service);
        return to === undefined ? [] : servers.map((real) => ({ service, real, client: client.name, to }));
      });
  });
}

/** Returns findings, of each real server the first one. */
function oncePerNode(found: readonly (Finding & { readonly node: string })[]): readonly Finding[] {
  return found.filter((f, i) => found.findIndex((other) => other.node === f.node) === i);
}

/** Returns whether a route of its own leads a node to an address on its own subnet: the narrower prefix wins. */
function isLedAway(node: LabNode, to: string): boolean {
  const route = routeTo(node, to);
  return route?.via !== undefined && route.to !== 'default' && !route.to.endsWith('/0');
}

export const natClientSegment: Rule = {
  id: 'nat-client-segment',
  title: 'NAT with real servers on the client’s segment',
  why: 'A NAT director translates replies only if they pass it. A real server on the client’s own subnet replies to it directly, from an address that the client never asked: the connection is reset.',
  instead: 'Put real servers on a subnet of their own behind the director, or use Full-NAT or `masquerade`.',
  find: ({ lab }) =>
    oncePerNode(
      repliesOf(lab)
        .filter(({ real, to }) => linkTo(real, to) !== undefined && !isLedAway(real, to))
        .map(({ service, real, client, to }) => ({
          node: real.name,
          at: keyAt('nodes', real.name),
          message: `${real.name} is on the subnet of ${client} (${to}) and replies to it directly, past the director that must translate replies of ${service.name} (NAT)`,
        })),
    ),
};

export const routeAround: Rule = {
  id: 'route-around',
  title: 'a default route around the director',
  why: 'A NAT director translates replies only if they pass it. A real server whose route to the client has another gateway, or that has no route, sends replies from its own address, which the client discards.',
  instead: 'Make the director, or with VRRP an address that it moves, the gateway of the real servers.',
  find: ({ lab }) =>
    oncePerNode(
      repliesOf(lab)
        .filter(({ real, to }) => linkTo(real, to) === undefined && directorsBetween(lab, real, to).length === 0)
        .map(({ service, real, client, to }) => {
          const route = routeTo(real, to);
          const key = route?.to === 'default' || route === undefined ? keyOfDefault(to) : route.to;
          return {
            node: real.name,
            at: route ? valueAt('nodes', real.name, 'routes', key) : keyAt('nodes', real.name),
            message: `${real.name} ${
              route
                ? `sends what is for ${client} (${to}) by ${route.via ?? route.dev ?? 'nothing'}`
                : `has no route to ${client} (${to})`
            }: replies of ${service.name} (NAT) do not pass a director, which must translate them`,
          };
        }),
    ),
};

function keyOfDefault(to: string): string {
  return familyOf(to) === 4 ? 'default' : '::/0';
}
