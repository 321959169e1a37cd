import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The subprotocol of the page's socket; the token is offered beside it, since a page cannot set headers of a socket. */
export const PROTOCOL = 'lvslab';

/** A request, as far as it matters whether it is allowed. */
export interface Guarded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether it asks for a socket. */
  readonly socket: boolean;
}

/** Why a request is refused: the HTTP status, and the reason in words. */
export interface Refused {
  readonly status: 401 | 403 | 404 | 405;
  readonly why: string;
}

/**
 * Returns why a request is refused; undefined if it is allowed. Its Host must be this server's address (another name that
 * leads here is DNS rebinding), its Origin this page, and everything but the page itself needs the token. The page holds
 * nothing of a lab, and a browser never sends the fragment that has the token.
 */
export function refused({ method, path, headers, socket }: Guarded, port: number, token: string): Refused | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const host = headers.host ?? '';
  if (!hosts.includes(host)) return { status: 403, why: `the host of the request is not ${hosts[0]}` };
  const { origin } = headers;
  if (origin === undefined ? socket : origin !== `http://${host}`)
    return { status: 403, why: 'the request is not from this server’s own page' };
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, why: 'the request is from another site' };
  if (!socket && path === '/') return method === 'GET' ? undefined : { status: 405, why: 'the page is only read' };
  if (!isToken(socket ? offered(headers) : bearer(headers), token))
    return { status: 401, why: 'the token is missing or wrong; open the address that `lab ui` printed' };
  return socket && path === '/live' ? undefined : { status: 404, why: 'there is nothing here' };
}

function offered(headers: IncomingHttpHeaders): string {
  const words = (headers['sec-websocket-protocol'] ?? '').split(',').map((word) => word.trim());
  return words[0] === PROTOCOL && words.length === 2 ? (words[1] ?? '') : '';
}

function bearer(headers: IncomingHttpHeaders): string {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Compares in a time that tells nothing of where two tokens differ. */
function isToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
