import type { Bound, PortWord } from '../apps/app.ts';
import { appOf, serverOf, servers } from '../apps/index.ts';
import { servedPorts } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { Protocol } from '../model/words.ts';
import type { Resolver } from './resolver.ts';
import type { Path } from './source.ts';

/** A port on which a server of a node listens, and its place in the lab file. */
interface Claim {
  readonly port: number;
  readonly word: PortWord;
  readonly on: readonly Protocol[];
  readonly path: Path;
}

/** Reports ports of a node on which two servers would listen, duplicates, and more ports than a server supports. */
export function tellPorts(r: Resolver, node: LabNode, services: readonly Service[]): void {
  const path = ['nodes', node.name, 'serve'];
  const listed = node.serve.map(
    ({ port, protocol }, i): Claim => ({
      port,
      word: protocol,
      on: serverOf[protocol].transports,
      path: [...path, i],
    }),
  );
  for (const [i, claim] of listed.entries()) {
    const first = listed.findIndex((c) => c.port === claim.port && c.word === claim.word);
    if (first < i) r.wrong(claim.path, `${claim.port}/${claim.word} is listed twice`);
  }
  const balanced = services.flatMap((s) => {
    const app = appOf(s);
    return s.reals
      .filter((real) => real.node === node.name && app.program !== undefined)
      .flatMap((real) => servedPorts(s, real))
      .map(
        (port): Claim => ({
          port,
          word: app.word,
          on: [s.protocol],
          path: ['services', s.name, 'reals', node.name],
        }),
      );
  });
  const claims = [...balanced, ...listed];
  tellClashes(r, node.name, claims);
  for (const bound of servers.flatMap((server) => server.bounds)) tellBound(r, node.name, claims, bound);
}

function tellBound(r: Resolver, node: string, claims: readonly Claim[], bound: Bound): void {
  if ('alone' in bound) {
    tellSecond(r, node, claims, bound.alone, bound.called);
    return;
  }
  const ports = new Set(claims.filter((c) => bound.words.includes(c.word)).map((c) => `${c.word} ${c.port}`)).size;
  if (ports > bound.most)
    r.wrong(
      ['nodes', node, 'serve'],
      `"${node}" serves ${ports} ${bound.called} ports; at most ${bound.most} are possible`,
      'key',
    );
}

function tellClashes(r: Resolver, node: string, claims: readonly Claim[]): void {
  for (const [i, claim] of claims.entries()) {
    const other = claims
      .slice(0, i)
      .find((c) => c.port === claim.port && c.word !== claim.word && c.on.some((t) => claim.on.includes(t)));
    if (other)
      r.wrong(claim.path, `${claim.word} and ${other.word} both need port ${claim.port} of "${node}"`, 'value', {
        message: `${other.word} is given here`,
        path: other.path,
      });
  }
}

/** Reports another port of a server that runs once per node and listens on one port. */
function tellSecond(r: Resolver, node: string, claims: readonly Claim[], word: PortWord, what: string): void {
  const [first, ...more] = claims.filter((c) => c.word === word);
  const second = more.find((c) => c.port !== first?.port);
  if (first && second)
    r.wrong(second.path, `"${node}" runs only ${what}; port ${first.port} is given already`, 'value', {
      message: `${first.port} is given here`,
      path: first.path,
    });
}
