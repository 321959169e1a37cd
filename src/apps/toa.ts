import { nothing } from '../nodes/part.ts';
import { type App, listening } from './app.ts';
import { http } from './http.ts';

const PROGRAM = 'toa';
/** Maximum number of ports: each is looked at for every request (images/node/src/toa.c). */
const MOST_PORTS = 64;

/**
 * HTTP by the lab's own server, which reads the client's own address from TOA without a kernel module, and tells it
 * beside the one that it sees. It answers what `http` answers: where no director writes TOA, only `none` shows that.
 */
export const toa: App = {
  ...http,
  word: 'toa',
  program: PROGRAM,
  part: (node, ports) => ({
    ...nothing,
    capabilities: ['NET_BIND_SERVICE'],
    programs: {
      [PROGRAM]: {
        command: ['toa', node.name, ...ports.map(({ port }) => String(port))],
        ready: ports.map(({ port }) => listening(toa, port)),
        after: [],
      },
    },
  }),
  bounds: [{ most: MOST_PORTS, words: ['toa'], called: 'TOA' }],
};
