import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { ExecStream } from '../engine/engine.ts';
import { Failure } from '../failure.ts';

/** The file header of pcap: tcpdump writes it when it captures. */
const HEADER_BYTES = 24;

/** A running capture. */
export interface Capture extends AsyncDisposable {
  /** What is captured, in the format of pcap files, from its header on. */
  readonly pcap: Readable;
  /** Ends the capture: `pcap` ends after the last packet. */
  stop(): Promise<void>;
}

/** Returns a capture by a command that has been started, once it captures; `interrupt` asks the command to end. */
export async function capturing(run: ExecStream, interrupt: () => Promise<unknown>): Promise<Capture> {
  let said = '';
  run.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (run.stdout.readableLength < HEADER_BYTES) {
    if (run.stdout.readableEnded || run.stdout.destroyed) throw new Failure('capture-refused', { said: said.trim() });
    await Promise.race([once(run.stdout, 'readable'), once(run.stdout, 'end')]);
  }
  const stop = async () => {
    await interrupt();
  };
  const dispose = async () => {
    await stop();
    run.stdout.resume(); // what nobody reads
    await run.exit;
  };
  return { pcap: run.stdout, stop, [Symbol.asyncDispose]: dispose };
}
