import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerEngine } from '../../src/engine/docker.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { LABEL } from '../../src/engine/labels.ts';
import { refusal } from '../../src/engine/refusal.ts';

const ID = 'abcdef0123456789';
const rs1 = { lab: 'mine', node: 'rs1' };
const fabric = { lab: 'mine', node: undefined };

describe('what the engine refuses', () => {
  it.each([
    [
      404,
      `(HTTP code 404) no such container - No such container: ${ID}`,
      rs1,
      'node "rs1" of lab "mine" is gone: its container was removed',
    ],
    [
      404,
      `(HTTP code 404) no such exec instance - No such exec instance: ${ID}`,
      rs1,
      'node "rs1" of lab "mine" is gone: its container was removed',
    ],
    [
      404,
      `(HTTP code 404) no such container - no container with name or ID "${ID}" found: no such container`,
      rs1,
      'node "rs1" of lab "mine" is gone: its container was removed',
    ],
    [
      404,
      `(HTTP code 404) no such container - No such container: ${ID}`,
      fabric,
      'the fabric of lab "mine" is gone, and the lab’s wires with it: its container was removed',
    ],
    [
      409,
      `(HTTP code 409) container stopped/paused - container ${ID} is not running`,
      rs1,
      'node "rs1" of lab "mine" is not running: its container has ended',
    ],
    [
      409,
      '(HTTP code 409) container stopped/paused - ',
      rs1,
      'node "rs1" of lab "mine" is not running: its container has ended',
    ],
    [
      409,
      `(HTTP code 409) conflict - can only create exec sessions on running containers: container state improper`,
      rs1,
      'node "rs1" of lab "mine" is not running: its container has ended',
    ],
    [
      409,
      `(HTTP code 409) container stopped/paused - Container ${ID} is paused, unpause the container before exec`,
      rs1,
      'node "rs1" of lab "mine" is paused',
    ],
    [
      409,
      `(HTTP code 409) conflict - removal of container ${ID} is already in progress`,
      rs1,
      'node "rs1" of lab "mine" is being removed',
    ],
    [
      500,
      '(HTTP code 500) server error - no space left on device',
      rs1,
      'the container engine refuses what node "rs1" of lab "mine" needs, with status 500: no space left on device',
    ],
    [
      500,
      '(HTTP code 500) server error - ',
      rs1,
      'the container engine refuses what node "rs1" of lab "mine" needs, with status 500: server error',
    ],
    [500, '', undefined, 'the container engine refuses, with status 500: no reason given'],
    [
      404,
      '(HTTP code 404) no such image - No such image: x',
      undefined,
      'the container engine refuses, with status 404: No such image: x',
    ],
  ] as const)('%i %s', (status, text, owner, told) => {
    const error = refusal(status, text, owner);
    expect(error.message).toBe(told);
    expect(error.status).toBe(status);
    if (owner) expect(`${error.message} ${error.hint}`).not.toContain(ID);
  });
});

/** An engine that lists one node and refuses all else. */
describe('an engine that refuses', () => {
  let answer: readonly [number, string] = [404, ''];
  let engine: Engine;
  const server = createServer((request, response) => {
    const list = request.url?.includes('/containers/json');
    response.writeHead(list ? 200 : answer[0], { 'content-type': 'application/json' });
    const node = {
      Id: ID,
      Names: ['/lvslab.mine.rs1'],
      State: 'running',
      Created: 0,
      Labels: { [LABEL.lab]: 'mine', [LABEL.node]: 'rs1' },
    };
    response.end(list ? JSON.stringify([node]) : answer[1]);
  });
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const before = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    engine = dockerEngine();
    if (before === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = before;
    await engine.list(LABEL.lab);
  });
  afterAll(() => {
    engine.close();
    server.close();
  });

  const calls: readonly (readonly [string, (engine: Engine) => Promise<unknown>])[] = [
    ['start', (e) => e.start(ID)],
    ['pause', (e) => e.pause(ID)],
    ['unpause', (e) => e.unpause(ID)],
    ['runs', (e) => e.runs(ID)],
    ['memory', (e) => e.memory(ID)],
    ['limitCpu', (e) => e.limitCpu(ID, 0.1)],
    ['exec', (e) => e.exec(ID, ['true'])],
    ['execStream', (e) => e.execStream(ID, ['true'])],
    ['logs', (e) => e.logs(ID, { follow: false, timestamps: false })],
    ['logs, followed', (e) => e.logs(ID, { follow: true, timestamps: false })],
  ];
  it.each(calls)('%s names the node, not its container', async (_what, call) => {
    for (const [status, text, told] of [
      [404, JSON.stringify({ message: `No such container: ${ID}` }), /^node "rs1" of lab "mine" is gone/],
      [409, JSON.stringify({ message: `Container ${ID} is not running` }), /^node "rs1" of lab "mine" is not running/],
      [500, '', /node "rs1" of lab "mine" needs, with status 500: \S/],
    ] as const) {
      answer = [status, text];
      const error = (await call(engine).catch((e: unknown) => e)) as Error;
      expect(error.message).toMatch(told);
      expect(error.message).not.toContain(ID);
    }
  });
});
