import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed: its code is then null. */
  readonly deadline?: number;
}

const LAB = resolve('bin/lab');

/** Starts the real command. It was built by `npm test` before. */
export function startLab(
  args: readonly string[],
  options: RunOptions = {},
): { child: ChildProcess; done: Promise<Outcome> } {
  if (!existsSync('dist/main.js')) throw new Error('dist/ is missing: npm run build');
  const child = spawn(process.execPath, [LAB, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.deadline === undefined ? {} : { timeout: options.deadline, killSignal: 'SIGKILL' }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined); // it may end before it has read all
  child.stdin.end(options.input ?? '');
  const done = new Promise<Outcome>((resolved) =>
    child.once('close', (code, signal) => resolved({ code, signal, stdout, stderr })),
  );
  return { child, done };
}

/** Lets a command started with this environment say each command that it begins in a container: see `eachCommand`. */
export const TELLS_COMMANDS = { NODE_DEBUG: 'lvslab' };

/** Calls back with each command that a `lab` command begins in a container, with its container's ID before it. */
export function eachCommand(child: ChildProcess, tell: (command: string) => void): void {
  let open = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    const lines = (open + chunk.toString()).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) {
      const [, command] = /^LVSLAB \d+: (.*)$/.exec(line) ?? [];
      if (command !== undefined) tell(command);
    }
  });
}

/** Runs the real command to its end. */
export async function lab(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return startLab(args, options).done;
}

/** Runs it, and throws with its output when it does not end with 0. */
export async function labOk(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const outcome = await lab(args, options);
  if (outcome.code !== 0)
    throw new Error(`lab ${args.join(' ')} ended with ${outcome.code}\n${outcome.stdout}\n${outcome.stderr}`);
  return outcome;
}

/** The lab of the first slice as a plain value, to be changed. */
export function fnatFile(): LabFile {
  return withoutFiles(parse(readFileSync('labs/fnat-keepalived/lab.yaml', 'utf8')) as LabFile);
}

/** Returns a lab without the steps that need a file beside it: outputs of documents. */
export function withoutFiles(file: LabFile): LabFile {
  const shows = (step: unknown) => typeof step === 'object' && 'shows' in ((step as { check?: object }).check ?? {});
  return { ...file, scenario: (file.scenario ?? []).filter((step) => !shows(step)) };
}

export interface LabFile {
  lab: string;
  nodes: Record<string, Record<string, unknown>>;
  services: Record<string, Record<string, unknown>>;
  vrrp: Record<string, Record<string, unknown>>;
  scenario: unknown[];
  [key: string]: unknown;
}

/** Writes a lab and the files beside it; returns the lab file's path. */
export function writeLab(
  folder: string,
  file: LabFile,
  beside: Readonly<Record<string, string | Buffer>> = {},
): string {
  const path = join(folder, file.lab, 'lab.yaml');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, stringify(file, { aliasDuplicateObjects: false }));
  for (const [name, content] of Object.entries(beside)) writeFileSync(join(dirname(path), name), content);
  return path;
}
