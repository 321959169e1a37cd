import { type App, ownProgram } from './app.ts';
import { http } from './http.ts';

const PROGRAM = 'toa';
/** Maximum number of ports: each is looked at for every request (images/node/src/toa.c). */
const MOST_PORTS = 64;

/**
 * HTTP by the lab's own server, which reads the client's own address from TOA without a kernel module, and tells it
 * beside the one that it sees. It answers what `http` answers: where no director writes TOA, only `none` shows that.
 */
export const toa: App & { readonly program: string } = {
  ...http,
  word: 'toa',
  program: PROGRAM,
  part: (node, ports) => ownProgram(toa, ['toa', node.name, ...ports.map(({ port }) => String(port))], ports),
  bounds: [{ most: MOST_PORTS, words: ['toa'], called: 'TOA' }],
};
