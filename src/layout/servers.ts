import type { ServerPort } from '../apps/app.ts';
import { appOf, serverOf, servers } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import { join, type NodePart } from '../nodes/part.ts';

/** Returns the servers of a node: for the services of which it is a real server, and for its own list of ports. */
export function serversOf(lab: Lab, node: LabNode): NodePart {
  const balanced = lab.services.flatMap((s) => {
    const app = appOf(s);
    return s.reals
      .filter((r) => r.node === node.name)
      .map(({ port }) => ({ server: app, port: { port, word: app.word } satisfies ServerPort }));
  });
  const listed = node.serve.map(({ port, protocol }) => ({
    server: serverOf[protocol],
    port: { port, word: protocol } satisfies ServerPort,
  }));
  const all = [...balanced, ...listed];
  return join(
    servers.flatMap((server) => {
      const ports = all.filter((p) => p.server === server).map((p) => p.port);
      const own = ports.filter((p, i) => ports.findIndex((o) => o.word === p.word && o.port === p.port) === i);
      return own.length > 0 ? [server.part(node, own)] : [];
    }),
  );
}
