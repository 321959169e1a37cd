/**
 * A shell program as a literal in the source: `never` for a text with interpolated parts. A literal is the only string
 * type whose record must have its one key.
 */
type Fixed<S extends string> = Record<never, never> extends Record<S, 1> ? never : S;

/**
 * Returns the command of a shell program with its data as arguments ($1 and so on): names, addresses and times of a lab
 * are never part of a program's text, which the compiler enforces. The program ends at the first command that fails.
 */
export function shell<const S extends string>(program: S & Fixed<S>, ...args: readonly string[]): readonly string[] {
  return ['sh', '-ec', program, 'sh', ...args];
}

/**
 * Returns the command for a command line that the user wrote in the lab file: a shell runs it unchanged, because the
 * user wrote it for a shell.
 */
export function asWritten(command: string): readonly string[] {
  return ['sh', '-c', command];
}

/**
 * Returns the command that runs a script of the image (images/node/lib) with arguments: shell programs longer than a
 * line or two are files there, which shellcheck reads.
 */
export function script(name: string, ...args: readonly string[]): readonly [string, ...string[]] {
  return [`${SCRIPTS}/${name}.sh`, ...args];
}

/** The image's folder of scripts. */
export const SCRIPTS = '/usr/local/lib/lab';
