import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Engine, ExecStream } from '../../src/engine/engine.ts';
import { MOST_PACKETS, openWire, type Wire } from '../../src/fabric/capture.ts';

const HEADER = Buffer.alloc(24);
HEADER.writeUInt32LE(0xa1b2c3d4, 0);
HEADER.writeUInt32LE(1, 20);

/** A frame of no protocol that is known, or one of our marks, at a time in microseconds, as pcap has it. */
function record(at: number, mark?: number): Buffer {
  const bytes = Buffer.alloc(16 + 18);
  bytes.writeUInt32LE(Math.floor(at / 1e6), 0);
  bytes.writeUInt32LE(at % 1e6, 4);
  bytes.writeUInt32LE(18, 8);
  bytes.writeUInt32LE(18, 12);
  if (mark !== undefined) bytes.writeUInt16BE(0x88b5, 16 + 12);
  bytes.writeUInt32BE(mark ?? 0, 16 + 14);
  return bytes;
}

/** An engine whose captures are streams that a test writes to; `marked` is called when a mark is sent; `last` is what they say as they end. */
async function wireOf(
  segments: readonly string[],
  marked: (number: number, streams: ReadonlyMap<string, PassThrough>) => number,
  last = '',
): Promise<{ wire: Wire; streams: ReadonlyMap<string, PassThrough>; engine: Engine }> {
  const streams = new Map<string, PassThrough>();
  const engine = {
    execStream: async (_id: string, command: readonly string[]) => {
      const stdout = new PassThrough();
      const stderr = new PassThrough();
      streams.set(command[command.indexOf('-i') + 1] ?? '', stdout);
      stdout.write(HEADER);
      stderr.write('listening on it\n');
      const stdin = new PassThrough();
      const exit = new Promise<number>((ended) => {
        stdin.once('finish', () => stderr.write(last));
        stderr.on('data', (said: Buffer) => said.toString() === last && ended(0));
      });
      return { stdin, stdout, stderr, exit } as Partial<ExecStream>;
    },
    exec: async (_id: string, command: readonly string[]) => ({
      code: marked(Number(command[2]), streams),
      stdout: '',
      stderr: 'no such device',
    }),
  } as Partial<Engine> as Engine;
  return { wire: await openWire(engine, 'fabric', segments, () => undefined), streams, engine };
}

const answer = (number: number, streams: ReadonlyMap<string, PassThrough>) => {
  for (const stream of streams.values()) stream.write(record(9_000_000, number));
  return 0;
};

describe('the wires', () => {
  it('give packets of all segments in the order of their times', async () => {
    const { wire, streams, engine } = await wireOf(['wan', 'lan'], answer);
    streams.get('lan')?.write(Buffer.concat([record(2_000_000), record(4_000_000)]));
    streams.get('wan')?.write(Buffer.concat([record(1_000_000), record(3_000_000)]));
    expect(await wire.catchUp(engine, 'fabric')).toBeUndefined();
    const frames = wire.since(2_000_000).filter((p) => p.kind !== 'mark');
    expect(frames.map((p) => [p.segment, p.at / 1e6])).toEqual([
      ['lan', 2],
      ['wan', 3],
      ['lan', 4],
    ]);
    expect(wire.newest).toBe(9_000_000);
  });

  it('say why they cannot be captured, in the engine’s words', async () => {
    const why = 'OCI runtime exec failed: cannot exec in a stopped container';
    const engine = {
      execStream: async () => {
        const stdout = new PassThrough();
        stdout.end(why);
        return { stdin: new PassThrough(), stdout, stderr: new PassThrough(), exit: Promise.resolve(126) };
      },
    } as unknown as Engine;
    await expect(openWire(engine, 'fabric', ['lan'], () => undefined)).rejects.toThrow(
      `segment lan cannot be captured: ${why}`,
    );
  });

  it('say so when a mark cannot be sent', async () => {
    const { wire, engine } = await wireOf(['lan'], () => 1);
    expect(await wire.catchUp(engine, 'fabric')).toBe('no marker frame can be sent on the wires: no such device');
  });

  it('say which segment’s capture does not keep up', async () => {
    const { wire, engine } = await wireOf(['wan', 'lan'], (number, streams) => {
      streams.get('wan')?.write(record(9_000_000, number));
      return 0;
    });
    expect(await wire.catchUp(engine, 'fabric', undefined, 100)).toMatch(/^the capture of lan does not keep up/);
  });

  it('tell what their captures lost', async () => {
    const { wire } = await wireOf(['wan', 'lan'], answer, '9 packets captured\n12 packets dropped by kernel\n');
    expect(await wire.close()).toBe(24);
  });

  it('end by the packets of one stretch only, however many were before it', async () => {
    const { wire, streams, engine } = await wireOf(['lan'], answer);
    const half = (from: number) =>
      Buffer.concat(Array.from({ length: MOST_PACKETS / 2 + 1 }, (_, i) => record(from + i)));
    streams.get('lan')?.write(half(1_000_000));
    expect(await wire.catchUp(engine, 'fabric')).toBeUndefined();
    wire.forget(1_000_000 + MOST_PACKETS / 2);
    expect(wire.since(0)).toHaveLength(2); // the last one, and the mark
    streams.get('lan')?.write(half(10_000_000));
    expect(await wire.catchUp(engine, 'fabric')).toBeUndefined();
    expect(wire.since(0)).toHaveLength(MOST_PACKETS / 2 + 4);
  });

  it('end under a flood, and say so', async () => {
    const { wire, streams, engine } = await wireOf(['lan'], () => 0);
    streams.get('lan')?.write(Buffer.concat(Array.from({ length: MOST_PACKETS + 1 }, (_, i) => record(1_000_000 + i))));
    expect(await wire.catchUp(engine, 'fabric')).toContain(
      `ended after ${MOST_PACKETS} packets; does the lab have a loop?`,
    );
    expect(wire.since(0)).toHaveLength(MOST_PACKETS);
  });
});
