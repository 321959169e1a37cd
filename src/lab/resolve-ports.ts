import type { LabNode, ServedPort } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { Protocol } from '../model/words.ts';
import { MOST_TCP_PORTS, MOST_UDP_PORTS } from '../nodes/servers.ts';
import type { Resolver } from './resolver.ts';
import type { Path } from './source.ts';

/** A port that a program of a node is to listen on, and where the lab file says so. */
interface Claim {
  readonly port: number;
  readonly program: string;
  readonly on: readonly Protocol[];
  readonly path: Path;
}

/** Transports of what a node serves by its own list. */
const TRANSPORTS: Readonly<Record<ServedPort['protocol'], readonly Protocol[]>> = {
  tcp: ['tcp'],
  udp: ['udp'],
  tls: ['tcp'],
  dns: ['tcp', 'udp'],
};

/** Tells ports of a node that two programs would listen on, that are listed twice, and more of them than a program can. */
export function tellPorts(r: Resolver, node: LabNode, services: readonly Service[]): void {
  const path = ['nodes', node.name, 'serve'];
  const listed = node.serve.map(
    ({ port, protocol }, i): Claim => ({ port, program: protocol, on: TRANSPORTS[protocol], path: [...path, i] }),
  );
  for (const [i, claim] of listed.entries()) {
    const first = listed.findIndex((c) => c.port === claim.port && c.program === claim.program);
    if (first < i) r.wrong(claim.path, `${claim.port}/${claim.program} stands here twice`);
  }
  const balanced = services.flatMap((s) =>
    s.reals
      .filter((real) => real.node === node.name && s.app !== 'banner')
      .map(
        ({ port }): Claim => ({
          port,
          program: s.app === 'mysql' ? 'mysql' : s.protocol,
          on: [s.protocol],
          path: ['services', s.name, 'reals', node.name],
        }),
      ),
  );
  tellClashes(r, node.name, [...balanced, ...listed]);
  const ports = (program: string) =>
    new Set([...balanced, ...listed].filter((c) => c.program === program).map((c) => c.port)).size;
  if (ports('udp') > MOST_UDP_PORTS)
    r.wrong(path, `"${node.name}" would serve ${ports('udp')} UDP ports; it can serve ${MOST_UDP_PORTS}`, 'key');
  const web = ports('tcp') + ports('tls');
  if (web > MOST_TCP_PORTS)
    r.wrong(path, `"${node.name}" would serve ${web} TCP ports; it can serve ${MOST_TCP_PORTS}`, 'key');
  tellSecond(r, node.name, listed, 'dns', 'one name server');
  tellSecond(r, node.name, balanced, 'mysql', 'one database, on one port');
}

function tellClashes(r: Resolver, node: string, claims: readonly Claim[]): void {
  for (const [i, claim] of claims.entries()) {
    const other = claims
      .slice(0, i)
      .find((c) => c.port === claim.port && c.program !== claim.program && c.on.some((t) => claim.on.includes(t)));
    if (other)
      r.wrong(claim.path, `${claim.program} and ${other.program} both want port ${claim.port} of "${node}"`, 'value', {
        message: `${other.program} wants it here`,
        path: other.path,
      });
  }
}

/** Tells another port of a program that runs once on a node, and listens on one. */
function tellSecond(r: Resolver, node: string, claims: readonly Claim[], program: string, what: string): void {
  const [first, ...more] = claims.filter((c) => c.program === program);
  const second = more.find((c) => c.port !== first?.port);
  if (first && second)
    r.wrong(second.path, `"${node}" runs ${what}; it is to listen on ${first.port} already`, 'value', {
      message: `${first.port} stands here`,
      path: first.path,
    });
}
