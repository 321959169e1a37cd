import { setMaxListeners } from 'node:events';
import { counted } from '../counted.ts';
import { dockerEngine } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Emit } from '../events.ts';
import { Failure } from '../failure.ts';
import { PLAIN } from '../kernels/index.ts';
import { formatDiagnostic } from '../lab/diagnostic.ts';
import { findLabFile, readLab } from '../lab/read.ts';
import { needsModules } from '../layout/files.ts';
import type { Lab } from '../model/lab.ts';
import type { DriverName, KernelChoice } from '../model/words.ts';
import { type Display, openDisplay, silentDisplay } from '../output/display.ts';
import type { Channel } from '../output/print.ts';

/** What a command works with: the engine, a display, and the word that the user wants it to end. */
export interface Session {
  readonly engine: Engine;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** The reason with which a session is aborted by Ctrl-C or a request to end. */
export const INTERRUPTED = new Failure('interrupted', {});

/**
 * Runs a command with engine and display. SIGINT, SIGTERM and SIGHUP abort it once, so that it can clear up
 * what it began; a second one changes nothing, because half a clean-up is worse than a slow one.
 */
export async function withSession<T>(
  options: { quiet?: boolean; to?: Channel },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const engine = dockerEngine();
  const display: Display = options.quiet ? silentDisplay : openDisplay(options.to ?? 'stderr');
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // everything that runs side by side listens to it
  const interrupt = () => controller.abort(INTERRUPTED);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const s of signals) process.on(s, interrupt);
  try {
    return await work({ engine, emit: display.emit, signal: controller.signal });
  } catch (error) {
    // Whatever broke while the user wanted out, the answer is: interrupted; and what could not be put back then.
    const told = error instanceof Failure && error.ending === 'interrupted';
    throw controller.signal.aborted && !told ? INTERRUPTED : error;
  } finally {
    display.close();
    engine.close();
    for (const s of signals) process.off(s, interrupt);
  }
}

/** Overrides of a lab from the command line. */
export interface LabOptions {
  readonly name?: string;
  readonly kernel?: KernelChoice;
  readonly driver?: DriverName;
  /** Its files may come from outside its folder. */
  readonly allowOutside?: boolean;
}

/** A running copy's name: what container names allow, and no more than the schema does. */
function checkName(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(name)) {
    throw new Failure('invalid-lab-name', { name });
  }
}

/** Finds, reads and checks the lab that an argument means. Throws a usage failure with every mistake in it. */
export function loadLab(argument: string, options: LabOptions = {}): Lab {
  if (options.name !== undefined) checkName(options.name);
  const file = findLabFile(argument);
  const result = readLab(file, options);
  if (!result.ok)
    throw new Failure('invalid-lab-file', {
      mistakes: result.error.map(formatDiagnostic).join('\n'),
      summary: `${counted(result.error.length, 'mistake')} in ${file}`,
    });
  const { kernel } = options;
  if (kernel === undefined) return result.value;
  // A kernel from the command line is for the nodes that need one; a node's own choice in the file stays.
  return {
    ...result.value,
    nodes: result.value.nodes.map((n) =>
      n.kernel === 'auto' && (kernel === PLAIN || needsModules(result.value, n)) ? { ...n, kernel } : n,
    ),
  };
}
