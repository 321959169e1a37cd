import { setMaxListeners } from 'node:events';
import { adviceOn } from '../advice/advise.ts';
import { counted } from '../counted.ts';
import { drivers } from '../drivers/index.ts';
import { dockerEngine } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import type { Emit } from '../events.ts';
import { Failure } from '../failure.ts';
import { PLAIN } from '../kernels/index.ts';
import { formatDiagnostic } from '../lab/diagnostic.ts';
import { findLabFile, readLabFile } from '../lab/read.ts';
import { needsKernel } from '../layout/kernel-needs.ts';
import type { Lab } from '../model/lab.ts';
import type { DriverName, KernelChoice } from '../model/words.ts';
import { adviceBrief } from '../output/advice.ts';
import { type Display, openDisplay, silentDisplay } from '../output/display.ts';
import { type Channel, complain } from '../output/print.ts';

/** What a command works with: the engine, a display, and the signal by which the user ends it. */
export interface Session {
  readonly engine: Engine;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** The reason of the abort when a session is ended by Ctrl-C or a termination signal. */
export const INTERRUPTED = new Failure('interrupted', {});

/**
 * Runs a command with engine and display. The first SIGINT, SIGTERM or SIGHUP aborts it, so that it can clean up what
 * it started; a second one changes nothing, because half a clean-up is worse than a slow one.
 */
export async function withSession<T>(
  options: { quiet?: boolean; to?: Channel; verbose?: boolean | undefined },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const engine = dockerEngine();
  const display: Display = options.quiet ? silentDisplay : openDisplay(options.to ?? 'stderr', options);
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // everything that runs in parallel listens to it
  const interrupt = () => controller.abort(INTERRUPTED);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const s of signals) process.on(s, interrupt);
  try {
    for (const driver of Object.values(drivers)) await driver.look?.(engine);
    return await work({ engine, emit: display.emit, signal: controller.signal });
  } catch (error) {
    // Whatever failed after the user interrupted, the result is: interrupted, with what could not be undone.
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
  /** The folder, or the image, of the user's build of DPVS. */
  readonly dpvs?: string;
  /** The file of the user's keepalived, for directors of kernel LVS. */
  readonly keepalived?: string;
  /** The version, or the folder of the user's build, of the kernel of nodes under QEMU. */
  readonly qemu?: string;
  /** The folder of the user's build of FRR, for nodes that run it. */
  readonly frr?: string;
  /** Whether its files may be outside its folder. */
  readonly allowOutside?: boolean;
}

/** Takes what is the user's own, as far as the command line names it: before LAB_DPVS, LAB_KEEPALIVED, LAB_QEMU and LAB_FRR. */
export function useBuild({
  dpvs,
  keepalived,
  qemu,
  frr,
}: Pick<LabOptions, 'dpvs' | 'keepalived' | 'qemu' | 'frr'>): void {
  if (dpvs !== undefined) process.env['LAB_DPVS'] = dpvs;
  if (keepalived !== undefined) process.env['LAB_KEEPALIVED'] = keepalived;
  if (qemu !== undefined) process.env['LAB_QEMU'] = qemu;
  if (frr !== undefined) process.env['LAB_FRR'] = frr;
}

/** Checks the name of a running copy: container names must allow it, and the schema sets the same limit. */
function checkName(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(name)) {
    throw new Failure('invalid-lab-name', { name });
  }
}

/**
 * Finds, reads and checks the lab that an argument names. Throws a usage failure with every mistake in it. With
 * `advises`, advice about it is told on stderr, briefly.
 */
export function loadLab(argument: string, options: LabOptions = {}, { advises = false } = {}): Lab {
  useBuild(options);
  if (options.name !== undefined) checkName(options.name);
  const file = findLabFile(argument);
  const result = readLabFile(file, options);
  if (!result.ok)
    throw new Failure('invalid-lab-file', {
      mistakes: result.error.map(formatDiagnostic).join('\n'),
      summary: `${counted(result.error.length, 'mistake')} in ${file}`,
    });
  const brief = advises ? adviceBrief(argument, adviceOn(result.value)) : '';
  if (brief !== '') complain(brief);
  const { lab } = result.value;
  const { kernel } = options;
  if (kernel === undefined) return lab;
  // A kernel from the command line applies to nodes that need one; a node's own choice in the file stays.
  return {
    ...lab,
    nodes: lab.nodes.map((n) =>
      n.kernel === 'auto' && (kernel === PLAIN || needsKernel(lab, n)) ? { ...n, kernel } : n,
    ),
  };
}
