import { type App, ownProgram } from './app.ts';

const PROGRAM = 'answer';
/** Maximum number of ports on one node (images/node/src/answer.c). */
const MOST_PORTS = 64;

/** Datagrams, answered by the lab's own server with the same facts as nginx over HTTP. */
export const echo: App & { readonly program: string } = {
  transports: ['udp'],
  word: 'udp',
  program: PROGRAM,
  part: (node, ports) => ownProgram(echo, ['answer', node.name, ...ports.map(({ port }) => String(port))], ports),
  bounds: [{ most: MOST_PORTS, words: ['udp'], called: 'UDP' }],
  asked: { ask: ['-u'], probe: 'udp' },
  tells: true,
  cutShort: false,
  // Datagrams are a stream, not connections.
  held: () => 0,
};
