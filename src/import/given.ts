import type { Virtual } from './conf.ts';
import type { Machine } from './facts.ts';
import type { Party, Shared } from './parties.ts';
import type { Place } from './told.ts';

/** A service with its name in the lab. */
export interface Named {
  readonly name: string;
  readonly virtual: Virtual;
}

/** The files of a director in the lab's folder: its configuration, and others by their paths in the node. */
export interface Copies {
  readonly keepalived: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Everything that was read, before it becomes a lab. */
export interface Given {
  readonly lab: string;
  readonly source: string;
  readonly parties: readonly Party[];
  readonly shared: readonly Shared[];
  readonly services: readonly Named[];
  readonly machines: readonly Machine[];
  /** Paths on the real machine of the programs that came with the configurations. */
  readonly programs: ReadonlySet<string>;
  readonly copies: ReadonlyMap<string, Copies>;
}

/** What of a lab file a line comes from; a part can be left out without the rest of its entry. */
export interface Origin {
  readonly kind: 'service' | 'instance' | 'real' | 'director' | 'lab';
  readonly name: string;
  readonly part?: string | undefined;
}

/** A line of the lab file. */
export interface Out {
  readonly text: string;
  readonly origin: Origin;
  readonly place?: Place | undefined;
  /** What of the line is a guess, and how it came about. */
  readonly guesses: readonly string[];
}

/** What is left out of the lab, by its key, and why. */
export type Dropped = ReadonlyMap<string, { readonly place: Place | undefined; readonly text: string }>;

/** Returns the key of an entry or of its part. */
export function keyOf({ kind, name, part }: Origin): string {
  return `${kind}:${name}${part === undefined ? '' : `.${part}`}`;
}

/** A service in words of the user: `tcp 10.0.0.100:80`. */
export function serviceWords({ vip, port, protocol }: Pick<Virtual, 'vip' | 'port' | 'protocol'>): string {
  return `service ${protocol} ${vip.family === 6 ? `[${vip.text}]` : vip.text}:${port}`;
}
