import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import stringWidth from 'string-width';
import { visible, visibleJson, visibleLine } from '../visible.ts';

/** The terminal, or whatever stands in its place. All that the command says goes through here, but for what `lab exec` hands through. */
export type Channel = 'stdout' | 'stderr';

function write(channel: Channel, text: string): void {
  process[channel].write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes a result to stdout, with nothing in it that a terminal would obey. */
export function print(text: string): void {
  write('stdout', visible(text));
}

/** Writes a complaint to stderr, with nothing in it that a terminal would obey. */
export function complain(text: string): void {
  write('stderr', visible(text));
}

/** Writes a value as JSON to stdout. */
export function printJson(value: unknown): void {
  write('stdout', visibleJson(value, 2));
}

/** Writes to stdout as it is: for who reads it with a program, or asks for it raw. */
export function printRaw(text: string): void {
  write('stdout', text);
}

/** Whether somebody looks at what is written. */
export function isTerminal(channel: Channel): boolean {
  return process[channel].isTTY === true;
}

/** A stream whose text is shown where a terminal would get it, and handed on as it is elsewhere. Lines stay whole. */
export function shownStream(channel: Channel): Writable {
  const to = process[channel];
  if (!isTerminal(channel)) return to;
  const decoder = new StringDecoder('utf8');
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      to.write(visible(decoder.write(chunk)), () => done());
    },
    final: (done) => {
      to.write(visible(decoder.end()), () => done());
    },
  });
}

/** Tells what a library warns of: Node itself would write it as it is. */
export function showWarnings(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => complain(`warning: ${warning.message}`));
}

/** Ends quietly when a pipe is closed early (`lab logs | head`): that is no mistake of anybody's. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

/** Text filled up with blanks, or `fill`, to a width in columns of a terminal. */
export function padded(text: string, width: number, fill = ' '): string {
  return text + fill.repeat(Math.max(0, width - stringWidth(text)));
}

/** Columns, aligned by their widest cell; a cell is one line. */
export function table(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(visibleLine));
  const widths = (shown[0] ?? []).map((_, i) => Math.max(...shown.map((r) => stringWidth(r[i] ?? ''))));
  return shown
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : padded(cell, widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
