/** `lab ui` with no engine: what it refuses, what it says of the engine, and that it ends. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { lab, startLab } from '../lab.ts';

const NO_ENGINE = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } };
const ui = startLab(['ui', '--no-open'], NO_ENGINE);
let port = '';
let token = '';

beforeAll(async () => {
  const address = await new Promise<string>((told, failed) => {
    ui.child.stdout?.once('data', (chunk: Buffer) => told(chunk.toString().trim()));
    ui.done.then(({ stderr }) => failed(new Error(stderr)));
  });
  [, port = '', token = ''] = /^http:\/\/127\.0\.0\.1:(\d+)\/#(\S{32})$/.exec(address) ?? [];
});
afterAll(() => ui.child.kill());

/** Asks the server, and returns its status and text. */
const get = (path: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number | undefined; body: string; headers: NodeJS.Dict<string | string[]> }>((done, failed) => {
    request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('end', () => done({ status: answer.statusCode, body, headers: answer.headers }));
    })
      .once('error', failed)
      .end();
  });

/** Opens the page's socket; returns what it hears, or the status with which it was refused. */
const socket = (protocols: string[], headers: Record<string, string>) =>
  new Promise<WebSocket | number | undefined>((done) => {
    const page = new WebSocket(`ws://127.0.0.1:${port}/live`, protocols, { headers });
    page.once('open', () => done(page));
    page.once('unexpected-response', (_, answer) => done(answer.statusCode));
    page.on('error', () => undefined);
  });

const heard = (page: WebSocket, type: string) =>
  new Promise<Record<string, unknown>>((done) =>
    page.on('message', (data) => {
      const told = JSON.parse(data.toString()) as Record<string, unknown>;
      if (told['type'] === type) done(told);
    }),
  );

describe('lab ui', () => {
  it('serves one page, which fetches nothing from elsewhere', async () => {
    const { status, body, headers } = await get('/');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
    expect(body).toContain("default-src 'none'");
    expect(body).toContain("connect-src 'self'");
    expect(body.replaceAll(/http:\/\/www\.w3\.org\/[\w/]+/g, '')).not.toMatch(/https?:\/\//);
    expect(body).not.toContain(token);
  });

  it('refuses other hosts, other sites, and whoever has no token', async () => {
    expect((await get('/', { host: 'evil.example' })).status).toBe(403);
    expect((await get('/', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await get('/live')).status).toBe(401);
    expect((await get('/live', { authorization: `Bearer ${token}` })).status).toBe(404);
    const own = { origin: `http://127.0.0.1:${port}` };
    expect(await socket(['lvslab', token], { origin: 'http://evil.example' })).toBe(403);
    expect(await socket(['lvslab', token], { ...own, host: `evil.example:${port}` })).toBe(403);
    expect(await socket(['lvslab', token], {})).toBe(403);
    expect(await socket(['lvslab', 'x'.repeat(32)], own)).toBe(401);
    expect(await socket(['lvslab'], own)).toBe(401);
  });

  it('tells the page that no engine answers, and the reason why something cannot be done', async () => {
    const page = await socket(['lvslab', token], { origin: `http://127.0.0.1:${port}` });
    if (!(page instanceof WebSocket)) throw new Error(`refused with ${page}`);
    expect(await heard(page, 'labs')).toMatchObject({
      labs: [],
      trouble: expect.stringContaining('no container engine'),
    });
    page.send('{"type":"exec"}');
    expect(await heard(page, 'done')).toMatchObject({ ok: false, text: expect.stringContaining('not understood') });
    page.close();
  });

  it('says why a port cannot be had', async () => {
    const { code, stderr } = await lab(['ui', '--no-open', '--port', port], NO_ENGINE);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`at port ${port} (EADDRINUSE)`)]);
  });

  it('ends with the first signal', async () => {
    ui.child.kill('SIGINT');
    expect((await ui.done).code).toBe(0);
  });
});

describe('lab watch', () => {
  it('says that no engine answers', async () => {
    const { code, stderr } = await lab(['watch', 'x'], NO_ENGINE);
    expect([code, stderr]).toEqual([3, expect.stringContaining('no container engine answers')]);
  });
});
