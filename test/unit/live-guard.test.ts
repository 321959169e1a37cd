import { describe, expect, it } from 'vitest';
import { type Guarded, refused } from '../../src/live/guard.ts';

const TOKEN = 'a-token-of-the-right-length';
const HOST = '127.0.0.1:8080';
const ORIGIN = `http://${HOST}`;
const page = (headers: Guarded['headers'], more: Partial<Guarded> = {}) =>
  refused({ method: 'GET', path: '/', headers: { host: HOST, ...headers }, socket: false, ...more }, 8080, TOKEN);
const socket = (headers: Guarded['headers'], path = '/live') =>
  page({ origin: ORIGIN, 'sec-websocket-protocol': `lvslab, ${TOKEN}`, ...headers }, { path, socket: true });

describe('the page', () => {
  it('is given without the token, which a browser does not send with it', () => {
    expect(page({})).toBeUndefined();
    expect(page({ host: 'localhost:8080', 'sec-fetch-site': 'none' })).toBeUndefined();
  });

  it.each(['evil.example:8080', '127.0.0.1:8081', '127.0.0.1', '[::1]:8080', '', '127.0.0.1:8080.evil.example'])(
    'is refused under the host "%s": another name that leads here is DNS rebinding',
    (host) => expect(page({ host })).toMatchObject({ status: 403 }),
  );

  it('is refused to other sites, and only read', () => {
    expect(page({ origin: 'http://evil.example' })).toMatchObject({ status: 403 });
    expect(page({ 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 });
    expect(page({}, { method: 'POST' })).toMatchObject({ status: 405 });
  });

  it('is all that is given without the token', () => {
    expect(page({}, { path: '/live' })).toMatchObject({ status: 401 });
    expect(page({}, { path: '/x' })).toMatchObject({ status: 401 });
    expect(page({ authorization: 'Bearer wrong' }, { path: '/x' })).toMatchObject({ status: 401 });
    expect(page({ authorization: `Bearer ${TOKEN}` }, { path: '/x' })).toMatchObject({ status: 404 });
  });
});

describe('the socket', () => {
  it('is given to the page with the token', () => {
    expect(socket({})).toBeUndefined();
    expect(socket({ host: 'localhost:8080', origin: 'http://localhost:8080' })).toBeUndefined();
  });

  it.each([undefined, 'http://evil.example', 'null', 'https://127.0.0.1:8080', 'http://localhost:8080'])(
    'is refused to the origin %s',
    (origin) => expect(socket({ origin })).toMatchObject({ status: 403 }),
  );

  it('is refused under another host', () =>
    expect(socket({ host: 'evil.example:8080', origin: 'http://evil.example:8080' })).toMatchObject({ status: 403 }));

  it.each([undefined, '', 'lvslab', TOKEN, `lvslab, ${TOKEN}x`, `lvslab, ${TOKEN.slice(1)}`, `lvslab, x, ${TOKEN}`])(
    'is refused with the protocols %s',
    (protocols) => expect(socket({ 'sec-websocket-protocol': protocols })).toMatchObject({ status: 401 }),
  );

  it('is at its own path only', () => expect(socket({}, '/')).toMatchObject({ status: 404 }));
});
