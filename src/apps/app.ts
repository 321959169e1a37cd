import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { App as AppWord, Protocol, ServedProtocol } from '../model/words.ts';
import { type NodePart, nothing } from '../nodes/part.ts';

/** The name of a node's port: an entry of the node's own port list (`443/tls`), or the app of a service. */
export type PortWord = ServedProtocol | AppWord;

/** A port that a server answers on. */
export interface ServerPort {
  readonly port: number;
  readonly word: PortWord;
  /** The addresses at which services' packets reach it; none for a port of the node's own list, asked at any address. */
  readonly at: readonly string[];
}

/**
 * The limit on a server's ports on one node: a maximum per kind, or a single port, with the message for a node over it.
 */
export type Bound =
  | { readonly most: number; readonly words: readonly PortWord[]; readonly called: string }
  | { readonly alone: PortWord; readonly called: string };

/** A server that answers on ports of a node: those of services, and those in the node's own list. */
export interface Server {
  /** The transports that it listens on; a socket of the first one shows that it listens. */
  readonly transports: readonly [Protocol, ...Protocol[]];
  /** Its program on a node, by its name in `svc`; absent where the user's own script runs it. */
  readonly program?: string;
  /** Returns what a node needs to answer on these ports (at least one). */
  part(node: LabNode, ports: readonly ServerPort[]): NodePart;
  readonly bounds: readonly Bound[];
  /** Milliseconds that it may take until it listens, if it starts slowly. */
  readonly startMs?: number;
}

/** How clients query an app: by an HTTP request, by a query of DNS, by a datagram, or not at all, because the app speaks first. */
export interface Asked {
  /** Arguments for `ask` (images/node/src/ask.c). */
  readonly ask: readonly string[];
  /** Mode argument for `probe` (images/node/src/probe.c). */
  readonly probe: 'http' | 'https' | 'sctp' | 'udp' | 'dns-udp' | 'dns-tcp' | 'banner';
}

/** A server that answers for a service. */
export interface App extends Server {
  /** The server that answers, if it is also that of another app, or of another kind of port. */
  readonly by?: Server;
  /** The scheme of its URL (default http). */
  readonly scheme?: string;
  /** The name of its port on the real servers of a service. */
  readonly word: PortWord;
  readonly asked: Asked;
  /** Whether an answer names the real server that sent it. */
  readonly tells: boolean;
  /** Whether its clients close the connection before they have read everything: a reset from the client is expected. */
  readonly cutShort: boolean;
  /**
   * Returns a command with which a client shows one answer as a user sees it, if `ask` is not that command. The command
   * retries until it has an answer.
   */
  show?(service: Service): readonly string[];
  /** Size of its answer to `/big` in bytes, if it has one: many packets, so that path MTU matters. */
  readonly big?: number;
  /** Returns how many of `flows` connections can be held open and queried repeatedly. */
  held(flows: number): number;
  /** Returns a command that holds connections and reports each answer as `probe` does, where `probe` cannot. */
  hold?(service: Service): readonly string[];
}

/** Returns the part of a node in which a program of the lab's own serves these ports, by a command line. */
export function ownProgram(
  server: Server & { readonly program: string },
  command: readonly string[],
  ports: readonly ServerPort[],
): NodePart {
  return {
    ...nothing,
    capabilities: ['NET_BIND_SERVICE'],
    programs: {
      [server.program]: { command, ready: ports.map(({ port }) => listening(server, port)), after: [] },
    },
  };
}

/** Returns the condition that shows that a server listens on a port (`nodectl await`). */
export function listening({ transports: [first] }: Server, port: number): string {
  return `${first}:${port}`;
}
