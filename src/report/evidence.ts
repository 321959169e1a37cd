import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../events.ts';
import { visible, visibleJson } from '../visible.ts';

/**
 * The folder of a test run: what its checks observed, written as it arrives, so that an interrupted run leaves it too.
 * A failed write stops nothing while a lab runs: the creator of the folder reports it at the end.
 */
export class Evidence {
  readonly folder: string;
  /** The reason of the first failed write. */
  trouble: unknown;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Writes a file, without anything that a terminal would act on, and returns its name. */
  write(name: string, content: string): string {
    this.#keep(() => writeFileSync(join(this.folder, name), visible(content)));
    return name;
  }

  /** Appends to a file: bytes unchanged, text like `write`. */
  append(name: string, content: string | Buffer): void {
    this.#keep(() => appendFileSync(join(this.folder, name), typeof content === 'string' ? visible(content) : content));
  }

  #keep(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.trouble ??= error;
    }
  }

  /** Appends bytes to a capture. */
  readonly keepPacket = (segment: string, bytes: Buffer): void => this.append(pcapName(segment), bytes);

  /** Appends an event to the run's log, one JSON object per line, with its time. */
  event(event: Event): void {
    this.append('events.ndjson', `${visibleJson({ at: new Date().toISOString(), ...event })}\n`);
  }
}

/** Returns the name of a segment's capture in the evidence folder. */
export function pcapName(segment: string): string {
  return `${segment}.pcap`;
}
