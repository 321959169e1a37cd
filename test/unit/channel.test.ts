import { describe, expect, it } from 'vitest';
import { Channel } from '../../src/library/channel.ts';

async function all<T>(heard: AsyncIterable<T>): Promise<readonly T[]> {
  const values: T[] = [];
  for await (const value of heard) values.push(value);
  return values;
}

describe('a channel', () => {
  it('passes on what is sent, to each listener at its own pace, until it ends', async () => {
    const channel = new Channel<number>();
    const [one, other] = [channel.listen(), channel.listen()];
    channel.send(1);
    channel.send(2);
    const heard = all(one);
    channel.send(3);
    channel.end();
    expect(await heard).toEqual([1, 2, 3]);
    expect(await all(other)).toEqual([1, 2, 3]);
  });
  it('tells nothing of what was before, and nothing after its end', async () => {
    const channel = new Channel<number>();
    channel.send(1);
    const heard = channel.listen();
    channel.send(2);
    channel.end();
    expect(await all(heard)).toEqual([2]);
    expect(await all(channel.listen())).toEqual([]);
  });
  it('wakes a listener that waits', async () => {
    const channel = new Channel<string>();
    const heard = channel.listen();
    const next = heard.next();
    channel.send('late');
    expect(await next).toEqual({ done: false, value: 'late' });
    await heard.return?.();
  });
  it('tells the one who is given at its start everything, but no end', () => {
    const told: number[] = [];
    const channel = new Channel<number>((value) => told.push(value));
    channel.send(1);
    channel.end();
    expect(told).toEqual([1]);
  });
});
