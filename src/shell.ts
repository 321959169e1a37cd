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

/** The same for bash, whose clock is a variable. */
export function bash<const S extends string>(program: S & Fixed<S>, ...args: readonly string[]): readonly string[] {
  return ['bash', '-ec', program, 'bash', ...args];
}

/** A command line that the user wrote as one, in the lab file: run by a shell as it is, because that is what it means. */
export function asWritten(command: string): readonly string[] {
  return ['sh', '-c', command];
}
