import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Failure } from '../failure.ts';
import { PROTOCOL, refused } from './guard.ts';
import type { Hub } from './hub.ts';

/** Longest request of a page, in bytes. */
const MOST_BYTES = 16 * 1024;
/** Bytes that wait for a page which does not read them: it is then cut off, and asks again when it wakes. */
const MOST_WAITING = 8 * 1024 * 1024;

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** The page as it is served. */
export interface Served {
  /** Its address, with the token in the fragment. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the page and its socket on the loopback address, for whoever has the token. `port`: 0 takes a free one. */
export async function servePage(hub: Hub, html: string, port: number): Promise<Served> {
  const token = randomBytes(24).toString('base64url');
  let bound = port;
  const check = (request: IncomingMessage, socket: boolean) =>
    refused({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, socket }, bound, token);
  const server = createServer((request, response) => {
    const no = check(request, false);
    response.writeHead(no?.status ?? 200, {
      ...HEADERS,
      'Content-Type': `${no ? 'text/plain' : 'text/html'}; charset=utf-8`,
    });
    response.end(no ? `${no.why}\n` : html);
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_BYTES,
    handleProtocols: () => PROTOCOL,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const no = check(request, true);
    if (no) {
      socket.end(`HTTP/1.1 ${no.status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${no.why}\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (page) => {
      const viewer = {
        tell: (told: unknown) => {
          if (page.readyState !== page.OPEN) return;
          if (page.bufferedAmount > MOST_WAITING) page.terminate();
          else page.send(JSON.stringify(told));
        },
      };
      page.on('error', () => page.terminate()); // too long, or no text: the page is not ours
      page.on('message', (data, binary) => {
        if (!binary) void hub.hear(viewer, data.toString());
      });
      page.on('close', () => hub.leave(viewer));
      hub.join(viewer);
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(new Failure('no-port', { port, code: error.code ?? error.message })),
    );
    server.listen(port, '127.0.0.1', listening);
  });
  bound = (server.address() as AddressInfo).port;
  return {
    address: `http://127.0.0.1:${bound}/#${token}`,
    port: bound,
    close: async () => {
      for (const page of sockets.clients) page.terminate();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
