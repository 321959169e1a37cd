import type { Readable } from 'node:stream';

/** What work gives, or the abort's reason as soon as that comes: for a container that is being removed the engine may never answer. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  work.catch(() => undefined);
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** All that a stream gives, as text; `onLine` gets whole lines as they come. */
export async function collect(stream: Readable, onLine?: (line: string) => void): Promise<string> {
  const chunks: Buffer[] = [];
  let open = '';
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    if (!onLine) continue;
    const lines = (open + String(chunk)).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  }
  if (onLine && open !== '') onLine(open);
  return Buffer.concat(chunks).toString('utf8');
}

/** Payloads of the engine's multiplexed log format: an 8-byte head with the length, then the bytes. */
export function frames(data: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at + 8 <= data.length; ) {
    const length = data.readUInt32BE(at + 4);
    out.push(data.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return out;
}
