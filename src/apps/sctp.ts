import { type App, ownProgram } from './app.ts';
import { http } from './http.ts';

const PROGRAM = 'sctp';
/** Maximum number of ports: each is looked at for every request (images/node/src/toa.c). */
const MOST_PORTS = 64;

/**
 * HTTP over SCTP (RFC 9260) by the lab's own server. An SCTP server tells its clients every address that it listens on,
 * and a client may go on with each of them, past the director: so it listens on the one at which it is asked.
 */
export const sctp: App & { readonly program: string } = {
  ...http,
  transports: ['sctp'],
  scheme: 'sctp',
  word: 'sctp',
  program: PROGRAM,
  part: (node, ports) =>
    ownProgram(
      sctp,
      [
        'toa',
        '-s',
        node.name,
        ...ports.flatMap(({ port, at }) => (at.length === 0 ? [`${port}`] : at.map((a) => `${port}@${a}`))),
      ],
      ports,
    ),
  bounds: [{ most: MOST_PORTS, words: ['sctp'], called: 'SCTP' }],
  asked: { ask: ['-p'], probe: 'sctp' },
  show: ({ vip, port }) => ['ask', '-p', '-g', '/', vip, String(port)],
};
