import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { Overrun } from './engine.ts';

/**
 * Returns the result of work, or throws the abort's reason as soon as it is aborted: the engine may never answer for a
 * container that is being removed.
 */
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

/**
 * Maximum output of a command that is read as a whole, and maximum length of a line. Programs in a node are the user's,
 * and may print without end.
 */
const MOST_BYTES = 32 * 1024 * 1024;
const LONGEST_LINE = 1024 * 1024;

/**
 * Reads a stream to its end as text; `onLine` receives whole lines as they arrive. Throws an Overrun at more than 32
 * MB.
 */
export async function collect(stream: Readable, onLine?: (line: string) => void): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  if (onLine) eachLine(stream, onLine);
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BYTES) throw new Overrun(`printed more than ${MOST_BYTES / 1024 / 1024} MB`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Calls back with each line of a stream as it arrives, including a last line without a newline. A line of more than 1
 * MB ends the stream.
 */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let open = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (open + decoder.write(chunk)).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (open.length > LONGEST_LINE) stream.destroy();
  });
  stream.once('end', () => {
    if (open !== '') onLine(open);
  });
}

/** Returns the payloads of the engine's multiplexed log format: an 8-byte head with the length, then the bytes. */
export function frames(data: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at + 8 <= data.length; ) {
    const length = data.readUInt32BE(at + 4);
    out.push(data.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return out;
}
