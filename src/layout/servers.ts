import type { ServerPort } from '../apps/app.ts';
import { appOf, serverBehind, serverOf, servers } from '../apps/index.ts';
import type { Lab } from '../model/lab.ts';
import { modeOf, servedPorts } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import { modes } from '../modes/index.ts';
import { join, type NodePart } from '../nodes/part.ts';

/** Returns the address at which packets for a service reach a real server. */
function askedAt(service: Service, real: Real): string {
  return modes[modeOf(service, real)].wire.target === 'vip' ? service.vip : real.address;
}

/** Returns the servers of a node: for the services of which it is a real server, and for its own list of ports. */
export function serversOf(lab: Lab, node: LabNode): NodePart {
  const balanced = lab.services.flatMap((s) => {
    const app = appOf(s);
    return s.reals
      .filter((r) => r.node === node.name)
      .flatMap((r) => servedPorts(s, r).map((port): ServerPort => ({ port, word: app.word, at: [askedAt(s, r)] })))
      .map((port) => ({ server: serverBehind(app), port }));
  });
  const listed = node.serve.map(({ port, protocol }) => ({
    server: serverOf[protocol],
    port: { port, word: protocol, at: [] } satisfies ServerPort,
  }));
  const all = [...balanced, ...listed];
  return join(
    servers.flatMap((server) => {
      const own = merged(all.filter((p) => p.server === server).map((p) => p.port));
      return own.length > 0 ? [server.part(node, own)] : [];
    }),
  );
}

/** Returns each port once, with all addresses at which it is asked. */
function merged(ports: readonly ServerPort[]): readonly ServerPort[] {
  const same = (a: ServerPort, b: ServerPort) => a.word === b.word && a.port === b.port;
  const first = ports.filter((p, i) => ports.findIndex((o) => same(o, p)) === i);
  return first.map((p) => {
    const all = ports.filter((o) => same(o, p));
    const any = all.some((o) => o.at.length === 0);
    return { ...p, at: any ? [] : [...new Set(all.flatMap((o) => o.at))] };
  });
}
