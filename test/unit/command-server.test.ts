import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { CommandServer, fits } from '../../src/engine/command-server.ts';

/** A frame of `nodectl serve`, see images/node/src/frames.h. */
function frame(type: string, number: number, payload: string | Buffer = ''): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.write(type);
  head.writeUInt32BE(4 + body.length, 1);
  head.writeUInt32BE(number, 5);
  return Buffer.concat([head, body]);
}

/** A server whose process is this test: what it was asked for, and what it says. */
function served() {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let end: (code: number | Promise<never>) => void = () => undefined;
  const exit = new Promise<number>((resolve) => {
    end = resolve;
  });
  const asked: Buffer[] = [];
  stdin.on('data', (chunk: Buffer) => asked.push(chunk));
  const server = new CommandServer({ stdin, stdout, stderr, exit, resize: async () => undefined });
  return {
    server,
    asked: () => Buffer.concat(asked),
    say: (...all: Buffer[]) => stdout.write(Buffer.concat(all)),
    end,
  };
}

/** What a command has printed, and its exit code. */
async function outcome(run: ReturnType<CommandServer['run']>) {
  return Promise.all([text(run.stdout), text(run.stderr), run.exit]);
}

describe('a command server', () => {
  it('is asked for a command in one frame, without a terminal', () => {
    const { server, asked } = served();
    server.run(['ip', '-json', 'link']);
    expect(asked()).toEqual(frame('R', 1, '\0\0\0\0\0\0/\0\0ip\0-json\0link\0'));
    expect(server.commands).toEqual([['ip', '-json', 'link']]);
  });

  it('gives each of several commands its own output and exit code', async () => {
    const { server, say } = served();
    const [a, b] = [outcome(server.run(['a'])), outcome(server.run(['b']))];
    say(
      frame('O', 1, 'of a'),
      frame('E', 2, 'of b'),
      frame('O', 1, ', more'),
      frame('X', 2, '\x03'),
      frame('X', 1, '\0'),
    );
    expect(await a).toEqual(['of a, more', '', 0]);
    expect(await b).toEqual(['', 'of b', 3]);
    expect(server.commands).toEqual([]);
  });

  it('reads frames that come in pieces', async () => {
    const { server, say } = served();
    const run = outcome(server.run(['a']));
    for (const byte of Buffer.concat([frame('H', 0), frame('O', 1, 'ok'), frame('X', 1, '\0')]))
      say(Buffer.from([byte]));
    expect(await run).toEqual(['ok', '', 0]);
    expect(await server.ready).toBe(true);
  });

  it('closes the stdin of a command that is released, once it runs and not after', async () => {
    const { server, asked, say } = served();
    const run = server.run(['a']);
    const before = asked().length;
    run.release();
    expect(asked().subarray(before)).toEqual(frame('I', 1));
    say(frame('X', 1, '\0'));
    await outcome(run);
    run.release();
    expect(asked()).toHaveLength(before + frame('I', 1).length);
  });

  it.each([
    [137, 137],
    [0, 137],
  ])('that ends with %i ends its commands with %i, and takes no more', async (code, told) => {
    const { server, say, end } = served();
    const run = outcome(server.run(['a']));
    say(frame('O', 1, 'so far'));
    end(code);
    expect(await run).toEqual(['so far', '', told]);
    expect(server.open).toBe(false);
  });

  it('whose container is gone ends its commands with the engine’s words, and harms nothing else', async () => {
    const [busy, idle] = [served(), served()];
    const run = outcome(busy.server.run(['a']));
    for (const { end } of [busy, idle]) end(Promise.reject(new Error('gone')));
    await expect(run).rejects.toThrow('gone');
    expect([busy.server.open, await idle.server.ready, idle.server.open]).toEqual([false, false, false]);
  });

  it('that says something else than frames is closed', async () => {
    const { server, say } = served();
    say(Buffer.from('nodectl: unknown verb serve\n'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.open).toBe(false);
  });

  it('that ends before it has said that it is there is not ready', async () => {
    const { server, end } = served();
    end(1);
    expect(await server.ready).toBe(false);
  });

  it('takes no command that does not fit into a frame', () => {
    expect(fits(['sh', '-c', 'x'.repeat(60_000)])).toBe(true);
    expect(fits(['sh', '-c', 'x'.repeat(66_000)])).toBe(false);
  });
});
