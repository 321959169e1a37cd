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

/** Programs of shell that are longer than a line or two are files of the image (images/node/lib), which shellcheck reads. */
type Script =
  | 'ask-neighbours'
  | 'check-keepalived'
  | 'filter'
  | 'flap'
  | 'guest'
  | 'hold-lab'
  | 'hold-mysql'
  | 'hop'
  | 'hop-init'
  | 'ipvs-table'
  | 'slow'
  | 'start-again'
  | 'tell-node'
  | 'try-host'
  | 'try-ipvs'
  | 'try-uml';

/** The command that runs a script of the image with arguments. */
export function script(name: Script, ...args: readonly string[]): readonly [string, ...string[]] {
  return [`${SCRIPTS}/${name}.sh`, ...args];
}

/** Where the image has its scripts. */
export const SCRIPTS = '/usr/local/lib/lab';
