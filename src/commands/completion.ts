import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EXIT, Failure } from '../failure.ts';
import { print, printRaw } from '../output/print.ts';
import { SHELLS, type Shell, scripts } from './completion-scripts.ts';

/** `lab completion bash`, `zsh`, `fish`: prints the script. */
export async function printScript(shell: Shell): Promise<number> {
  printRaw(scripts[shell]);
  return EXIT.ok;
}

const BEGIN = '# lab completion: begin';
const END = '# lab completion: end';

/** Where a shell's completion goes. */
interface Places {
  readonly script: string;
  /** The file of the shell in which lines load the script; fish finds the script by itself. */
  readonly loader?: string;
}

function placesOf(shell: Shell): Places {
  const home = homedir();
  const data = join(process.env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'lvslab');
  if (shell === 'bash') return { script: join(data, 'lab.bash'), loader: join(home, '.bashrc') };
  if (shell === 'zsh') return { script: join(data, 'lab.zsh'), loader: join(process.env['ZDOTDIR'] ?? home, '.zshrc') };
  const config = process.env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  return { script: join(config, 'fish', 'completions', 'lab.fish') };
}

/** `lab completion install`: installs the completion of a shell once, or removes it, and tells where. */
export async function install(options: { readonly shell?: Shell; readonly uninstall?: boolean }): Promise<number> {
  const named = basename(process.env['SHELL'] ?? '');
  const shell = options.shell ?? SHELLS.find((s) => s === named);
  if (!shell) throw new Failure('unknown-shell', { shell: named, shells: SHELLS });
  const { script, loader } = placesOf(shell);
  const told = options.uninstall ? remove(script, loader) : add(shell, script, loader);
  print(told.join('\n'));
  return EXIT.ok;
}

function add(shell: Shell, script: string, loader: string | undefined): readonly string[] {
  mkdirSync(dirname(script), { recursive: true });
  writeFileSync(script, scripts[shell]);
  const before = loader === undefined ? '' : textOf(loader);
  const has = before.includes(BEGIN);
  if (loader !== undefined && !has) writeFileSync(loader, `${lined(before)}${BEGIN}\n. ${quoted(script)}\n${END}\n`);
  return [
    `${script} completes lab in ${shell}`,
    ...(loader === undefined ? [] : [`${loader} ${has ? 'loads it already' : 'loads it, by the lines at its end'}`]),
    'a new shell has it; `lab completion install --uninstall` removes it',
  ];
}

function remove(script: string, loader: string | undefined): readonly string[] {
  const text = loader === undefined ? '' : textOf(loader);
  const left = text.replace(new RegExp(`^${BEGIN}\n(?:.*\n)*?${END}\n?`, 'm'), '');
  const had = existsSync(script) || left !== text;
  rmSync(script, { force: true });
  if (loader !== undefined && left !== text) writeFileSync(loader, left);
  if (!had) return ['nothing is installed'];
  return [`removed ${script}`, ...(left === text ? [] : [`removed the lines in ${loader}`])];
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function lined(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** Returns a path as one word of a shell. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
