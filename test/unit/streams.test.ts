import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Overrun } from '../../src/engine/engine.ts';
import { collect, eachLine } from '../../src/engine/streams.ts';

describe('what a command prints', () => {
  it('is told whole, and by lines as they come, however they are cut', async () => {
    const lines: string[] = [];
    const bytes = Buffer.from('one\ntwo €\n\nlast');
    const cut = [...bytes].map((b) => Buffer.from([b]));
    expect(await collect(Readable.from(cut), (line) => lines.push(line))).toBe('one\ntwo €\n\nlast');
    expect(lines).toEqual(['one', 'two €', '', 'last']);
  });

  it('is too much at some point', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65536, 'x\n');
      })(),
    );
    await expect(collect(endless)).rejects.toThrow(Overrun);
  });

  it('ends with a line that has no end', async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    eachLine(stream, (line) => lines.push(line));
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.write('one\n');
    const write = () => {
      while (!stream.destroyed && stream.write(Buffer.alloc(65536, 'x'))) {}
      if (!stream.destroyed) stream.once('drain', write);
    };
    write();
    await closed;
    expect(lines).toEqual(['one']);
  });
});
