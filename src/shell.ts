/**
 * A shell program as it stands in our source: `never` for a text that something was pasted into. A literal is the only
 * string type of which a record must have its one key.
 */
type Fixed<S extends string> = Record<never, never> extends Record<S, 1> ? never : S;

/**
 * A shell program with what it works on as arguments ($1 and so on): names, addresses and times of a lab are never
 * part of a program's text, which the compiler sees to. It ends at the first command that fails.
 */
export function shell<const S extends string>(program: S & Fixed<S>, ...args: readonly string[]): readonly string[] {
  return ['sh', '-ec', program, 'sh', ...args];
}

/** A command line that the user wrote as one, in the lab file: run by a shell as it is, because that is what it means. */
export function asWritten(command: string): readonly string[] {
  return ['sh', '-c', command];
}

/**
 * The command that runs a script of the image (images/node/lib) with arguments: programs of shell that are longer than a
 * line or two are files there, which shellcheck reads.
 */
export function script(name: string, ...args: readonly string[]): readonly [string, ...string[]] {
  return [`${SCRIPTS}/${name}.sh`, ...args];
}

/** Where the image has its scripts. */
export const SCRIPTS = '/usr/local/lib/lab';
