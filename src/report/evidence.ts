import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../events.ts';
import { visible, visibleJson } from '../visible.ts';

/**
 * The folder of a test run: what its checks looked at, written as it comes, so that an interrupted run leaves it too.
 * That something cannot be written ends nothing while a lab is up: it is for who made the folder to tell, at the end.
 */
export class Evidence {
  readonly folder: string;
  /** Why something could not be written, the first time. */
  trouble: unknown;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Writes a file, with nothing in it that a terminal would obey, and returns its name. */
  write(name: string, content: string): string {
    this.#keep(() => writeFileSync(join(this.folder, name), visible(content)));
    return name;
  }

  /** Adds to a file: bytes as they are, text as `write` has it. */
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

  /** Adds bytes to a capture. */
  readonly keepPacket = (segment: string, bytes: Buffer): void => this.append(pcapName(segment), bytes);

  /** Adds an event to the run's log, a JSON object a line, with its time. */
  event(event: Event): void {
    this.append('events.ndjson', `${visibleJson({ at: new Date().toISOString(), ...event })}\n`);
  }
}

/** The capture of a segment, in the evidence folder. */
export function pcapName(segment: string): string {
  return `${segment}.pcap`;
}
