import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import stringWidth from 'string-width';
import { visible, visibleJson, visibleLine } from '../visible.ts';

/**
 * The terminal, or its replacement. All output of the command passes through here, except what `lab exec` passes
 * through.
 */
export type Channel = 'stdout' | 'stderr';

function write(channel: Channel, text: string): void {
  process[channel].write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Writes a result to stdout, without anything that a terminal would act on. */
export function print(text: string): void {
  write('stdout', visible(text));
}

/** Replaces what the terminal shows by a text, cut to its size. */
export function redraw(text: string): void {
  const { rows = 40, columns = 120 } = process.stdout;
  const lines = visible(text)
    .split('\n')
    .slice(0, rows - 1)
    .map((line) => `${line.slice(0, columns - 1)}\x1b[K`);
  process.stdout.write(`\x1b[H${lines.join('\n')}\n\x1b[J`);
}

/** Writes an error message to stderr, without anything that a terminal would act on. */
export function complain(text: string): void {
  write('stderr', visible(text));
}

/** Writes a value as JSON to stdout. */
export function printJson(value: unknown): void {
  write('stdout', visibleJson(value, 2));
}

/** Writes to stdout unchanged: for programs that read it, or users who request raw output. */
export function printRaw(text: string): void {
  write('stdout', text);
}

/** Returns whether the output goes to a terminal. */
export function isTerminal(channel: Channel): boolean {
  return process[channel].isTTY === true;
}

/**
 * Returns a stream whose text is made safe if the channel is a terminal, and passed on unchanged otherwise. Lines stay
 * whole.
 */
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

/** Prints warnings of libraries: Node itself would print them unchanged. */
export function showWarnings(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => complain(`warning: ${warning.message}`));
}

/** Ends quietly when a pipe is closed early (`lab logs | head`): this is no error. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

/** Pads text with blanks, or `fill`, to a width in terminal columns. */
export function padded(text: string, width: number, fill = ' '): string {
  return text + fill.repeat(Math.max(0, width - stringWidth(text)));
}

/** Formats columns, aligned by their widest cell; a cell is one line. */
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
