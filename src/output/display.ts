import type { Emit, Event } from '../events.ts';
import { formatMs } from '../net/duration.ts';
import { checkLine, eventLines, shown } from './lines.ts';
import { type Channel, padded } from './print.ts';
import { type Style, styleFor } from './style.ts';

/** Shows events. `close` restores the terminal. */
export interface Display {
  readonly emit: Emit;
  close(): void;
}

/** How much a live display shows. */
export interface Shown {
  /** Whether checks that passed are shown in full, as without a terminal. */
  readonly verbose?: boolean | undefined;
}

/** Opens a live display on a terminal, or plain lines if there is no terminal or CI is set. */
export function openDisplay(channel: Channel, shown: Shown = {}): Display {
  return displayOn(process[channel], shown);
}

/**
 * Opens the display on a stream. Text from events reaches it without anything that a terminal would act on; colours and
 * cursor movement come from the display itself.
 */
export function displayOn(stream: NodeJS.WriteStream, { verbose = false }: Shown = {}): Display {
  const style = styleFor(stream);
  if (stream.isTTY && !process.env['CI']) return new LiveDisplay(stream, style, verbose);
  return {
    emit: (raw) => {
      const event = shown(raw);
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

/** A check that runs: what it is, its time limit in milliseconds (0 if it looks once), and when it began. */
interface Running {
  readonly text: string;
  readonly within: number;
  readonly since: number;
}

/**
 * Permanent lines above a block that is redrawn: a line for each node, for each check that runs, and for what is waited
 * for, with the time so far and the limit. A check that passed becomes one line; any other is shown in full.
 */
class LiveDisplay implements Display {
  readonly #stream: NodeJS.WriteStream;
  readonly #style: Style;
  readonly #verbose: boolean;
  readonly #rows = new Map<string, Row>();
  readonly #checks: Running[] = [];
  #waiting: { text: string; since: number } | undefined;
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream, style: Style, verbose: boolean) {
    this.#stream = stream;
    this.#style = style;
    this.#verbose = verbose;
  }

  readonly emit = (raw: Event): void => {
    const event = shown(raw);
    this.#erase();
    if (event.type === 'plan')
      for (const node of event.nodes)
        this.#rows.set(node, { state: 'planned', since: performance.now(), done: undefined });
    if (event.type === 'node') this.#note(event.node, event.state, event.detail);
    if (event.type === 'wait') this.#waiting = { text: event.text, since: performance.now() };
    if (event.type === 'check' || event.type === 'summary') this.#waiting = undefined;
    this.#follow(event);
    if (event.type === 'lab') {
      for (const [name, row] of this.#rows) this.#stream.write(`${this.#rowText(name, row)}\n`);
      this.#rows.clear();
    }
    for (const line of this.#lines(event)) this.#stream.write(`${line}\n`);
    this.#draw();
    if ((this.#rows.size > 0 || this.#waiting || this.#checks.length > 0) && !this.#timer) {
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

  /** Keeps the list of checks that run; a step, or the end, leaves none of those before it. */
  #follow(event: Event): void {
    if (event.type === 'step' || event.type === 'summary') this.#checks.length = 0;
    if (event.type === 'checking')
      this.#checks.push({ text: `${event.id} ${event.subject}`, within: event.within, since: performance.now() });
    if (event.type !== 'check') return;
    const { id, subject } = event.result;
    const at = this.#checks.findIndex((c) => c.text === `${id} ${subject}`);
    if (at >= 0) this.#checks.splice(at, 1);
  }

  #lines(event: Event): readonly string[] {
    if (event.type === 'node') return [];
    const brief = event.type === 'check' && event.result.verdict === 'passed' && !this.#verbose;
    return brief ? [checkLine(event.result, this.#style)] : eventLines(event, this.#style);
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
    return `  ${mark} ${padded(name, 12)} ${padded(row.state.slice(0, this.#room), 10)} ${this.#style.dim(time)}`;
  }

  /** Width of a line's text in characters: a line that wraps would be redrawn in the wrong place. */
  get #room(): number {
    return Math.max(10, (this.#stream.columns || 80) - 40);
  }

  #draw(): void {
    const lines = [...this.#rows].map(([name, row]) => this.#rowText(name, row));
    if (this.#waiting)
      lines.push(
        `  … ${this.#waiting.text.slice(0, this.#room)} ${this.#style.dim(formatMs(performance.now() - this.#waiting.since))}`,
      );
    for (const { text, within, since } of this.#checks) {
      const limit = within > 0 ? ` of ${formatMs(within)}` : '';
      lines.push(
        `  · ${text.slice(0, this.#room)} ${this.#style.dim(`${formatMs(performance.now() - since)}${limit}`)}`,
      );
    }
    const room = Math.max(1, (this.#stream.rows || 24) - 2);
    const block =
      lines.length > room ? [...lines.slice(0, room - 1), `  … and ${lines.length - room + 1} more`] : lines;
    if (block.length > 0) this.#stream.write(`${block.join('\n')}\n`);
    this.#drawn = block.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }
}
