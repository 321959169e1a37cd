import type { Emit, Event } from '../events.ts';
import { formatMs } from '../net/duration.ts';
import { eventLines } from './lines.ts';
import { type Style, styleFor } from './style.ts';

/** Where events are shown. `close` leaves the terminal as it was. */
export interface Display {
  readonly emit: Emit;
  close(): void;
}

/** A live display on a terminal, plain lines where there is none or CI is set. */
export function openDisplay(stream: NodeJS.WriteStream): Display {
  const style = styleFor(stream);
  if (stream.isTTY && !process.env['CI']) return new LiveDisplay(stream, style);
  return {
    emit: (event) => {
      for (const line of eventLines(event, style)) stream.write(`${line}\n`);
    },
    close: () => undefined,
  };
}

/** Shows nothing: for commands whose output is for programs. */
export const silentDisplay: Display = { emit: () => undefined, close: () => undefined };

interface Row {
  state: string;
  since: number;
  done: number | undefined;
}

const REFRESH_MS = 100;

/** Lines that stay, above a block that is drawn anew: a line for each node, what it waits for, and the time so far. */
class LiveDisplay implements Display {
  readonly #stream: NodeJS.WriteStream;
  readonly #style: Style;
  readonly #rows = new Map<string, Row>();
  #waiting: { text: string; since: number } | undefined;
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream, style: Style) {
    this.#stream = stream;
    this.#style = style;
  }

  readonly emit = (event: Event): void => {
    this.#erase();
    if (event.type === 'plan')
      for (const node of event.nodes)
        this.#rows.set(node, { state: 'planned', since: performance.now(), done: undefined });
    if (event.type === 'node') this.#note(event.node, event.state, event.detail);
    if (event.type === 'wait') this.#waiting = { text: event.text, since: performance.now() };
    if (event.type === 'check' || event.type === 'summary') this.#waiting = undefined;
    if (event.type === 'lab') {
      for (const [name, row] of this.#rows) this.#stream.write(`${this.#rowText(name, row)}\n`);
      this.#rows.clear();
    }
    if (event.type !== 'node') for (const line of eventLines(event, this.#style)) this.#stream.write(`${line}\n`);
    this.#draw();
    if ((this.#rows.size > 0 || this.#waiting) && !this.#timer) {
      this.#timer = setInterval(() => {
        this.#erase();
        this.#draw();
      }, REFRESH_MS);
      this.#timer.unref();
    }
  };

  close(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #note(node: string, state: string, detail: string | undefined): void {
    const row = this.#rows.get(node) ?? { state, since: performance.now(), done: undefined };
    row.state = detail === undefined ? state : `${state}: ${detail}`;
    if (state === 'ready' || state === 'failed') row.done = performance.now();
    this.#rows.set(node, row);
  }

  #rowText(name: string, row: Row): string {
    const time = formatMs((row.done ?? performance.now()) - row.since);
    const mark =
      row.state === 'ready' ? this.#style.green('✓') : row.state.startsWith('failed') ? this.#style.red('✗') : '·';
    return `  ${mark} ${name.padEnd(12)} ${row.state.padEnd(10)} ${this.#style.dim(time)}`;
  }

  #draw(): void {
    const lines = [...this.#rows].map(([name, row]) => this.#rowText(name, row));
    if (this.#waiting)
      lines.push(`  … ${this.#waiting.text} ${this.#style.dim(formatMs(performance.now() - this.#waiting.since))}`);
    const room = Math.max(1, (this.#stream.rows ?? 24) - 2);
    const shown =
      lines.length > room ? [...lines.slice(0, room - 1), `  … and ${lines.length - room + 1} more`] : lines;
    if (shown.length > 0) this.#stream.write(`${shown.join('\n')}\n`);
    this.#drawn = shown.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }
}
