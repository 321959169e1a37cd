import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { App as AppWord, Protocol, ServedProtocol } from '../model/words.ts';
import type { NodePart } from '../nodes/part.ts';

/** What a port of a node is called: as its own list has it (`443/tls`), or by the app of a service. */
export type PortWord = ServedProtocol | AppWord;

/** A port that a server answers on. */
export interface ServerPort {
  readonly port: number;
  readonly word: PortWord;
}

/** What bounds a server's ports on one node: how many of a kind, or one alone, with what is then said of the node. */
export type Bound =
  | { readonly most: number; readonly words: readonly PortWord[]; readonly called: string }
  | { readonly alone: PortWord; readonly called: string };

/** A server that answers on ports of a node: those of services, and those of the node's own list. */
export interface Server {
  /** The transports that it listens on; by a socket of the first it is known to listen. */
  readonly transports: readonly [Protocol, ...Protocol[]];
  /** Its program on a node, as `svc` knows it; none where the user's own script runs it. */
  readonly program?: string;
  /** What a node needs to answer on these ports, one or more. */
  part(node: LabNode, ports: readonly ServerPort[]): NodePart;
  readonly bounds: readonly Bound[];
  /** Milliseconds that it may take to listen, where it is slow to start. */
  readonly startMs?: number;
}

/** How clients ask an app: a request of HTTP's, a datagram, or nothing, because it speaks first. */
export interface Asked {
  /** What `ask` is told (images/node/src/ask.c). */
  readonly ask: readonly string[];
  /** What `probe` is told (images/node/src/probe.c). */
  readonly probe: 'http' | 'udp' | 'banner';
}

/** A server that answers for a service. */
export interface App extends Server {
  /** What its port is called on the real servers of a service. */
  readonly word: PortWord;
  readonly asked: Asked;
  /** An answer names the real server that gave it, and the client that it saw. */
  readonly tells: boolean;
  /** Who asks it leaves before it has read all: a reset from the client is no trouble. */
  readonly cutShort: boolean;
  /** A command with which a client shows one answer as a user would see it, where that is another than `ask`'s. It asks until it has one. */
  show?(service: Service): readonly string[];
  /** Bytes of its answer to `/big`, where it has one: many packets, so that path MTU matters. */
  readonly big?: number;
  /** How many of so many connections can be held open and asked again and again. */
  held(flows: number): number;
  /** A command that holds them and tells of each answer as `probe` does, where `probe` cannot. */
  hold?(service: Service): readonly string[];
}

/** The condition by which a server is known to listen on a port (`nodectl await`). */
export function listening({ transports: [first] }: Server, port: number): string {
  return `${first}:${port}`;
}
