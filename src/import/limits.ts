/** Limits of what `lab import` reads; a configuration of 300 services uses a twentieth of them. */
export const IMPORT_LIMITS = {
  /** Bytes of one file. */
  bytes: 1024 * 1024,
  /** Files of one configuration, each included one counted each time. */
  files: 500,
  /** Files that include one another. */
  includes: 16,
  /** Lines of one configuration, after variables and repetitions are replaced. */
  lines: 100_000,
  /** Characters of one line, after its variables are replaced. */
  line: 64 * 1024,
  /** Blocks in one another. */
  depth: 32,
  /** Addresses of one range in a virtual_server_group. */
  range: 256,
  /** Services of the lab: as many as a mapping of a lab file holds. */
  services: 1000,
} as const;

/** Returns the message for an exceeded limit. */
export function beyond(most: number, what: string): string {
  return `more than ${most.toLocaleString('en')} ${what}; that is the limit for lab import`;
}
