import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { findLabFile } from '../lab/read.ts';
import { print } from '../output/print.ts';
import { annotations, type Where } from '../report/annotations.ts';
import type { Report } from '../report/report.ts';
import { summaryMarkdown } from '../report/summary.ts';
import { stepLines } from '../scenario/step-lines.ts';
import { loadLab } from './session.ts';

/** Tells GitHub what did not pass, in its own form. */
export interface Annotator {
  tell(reports: readonly Report[]): void;
}

/**
 * Prepares the output for a job of GitHub Actions, where a line can be a command to its runner: until the command ends,
 * only what `tell` writes is one, whatever nodes print. Undefined elsewhere, and with `json`, where stdout is for a program.
 */
export function annotator({ json }: { readonly json?: boolean }): Annotator | undefined {
  if (process.env['GITHUB_ACTIONS'] !== 'true' || json) return undefined;
  const token = randomUUID();
  print(`::stop-commands::${token}`);
  process.once('exit', () => print(`::${token}::`));
  return {
    tell: (reports) =>
      print([`::${token}::`, ...annotations(reports, placer()), `::stop-commands::${token}`].join('\n')),
  };
}

/**
 * Appends a Markdown summary to the file that is named, or to GitHub's for the step; does nothing without either. Returns
 * why it could not, if so.
 */
export function summarise(reports: readonly Report[], file: string | undefined): string | undefined {
  const path = file ?? process.env['GITHUB_STEP_SUMMARY'];
  if (path === undefined || path === '') return undefined;
  try {
    appendFileSync(path, `${summaryMarkdown(reports)}\n`);
    return undefined;
  } catch (error) {
    return `the summary cannot be written to ${path}: ${(error as Error).message}`;
  }
}

/** Returns what finds the places of steps in lab files, each of which is read once. */
function placer(): (report: Report, step: string | undefined) => Where | undefined {
  const files = new Map<string, { readonly file: string; readonly lines: ReadonlyMap<string, number> } | undefined>();
  const root = process.env['GITHUB_WORKSPACE'] ?? resolve();
  return (report, step) => {
    const { file: argument } = report;
    if (!files.has(argument)) files.set(argument, found(argument, root));
    const known = files.get(argument);
    return known && { file: known.file, line: step === undefined ? 1 : known.lines.get(step) };
  };
}

/** Returns the file of a lab, relative to the repository, and the lines of its steps; undefined if it is not in there. */
function found(argument: string, root: string) {
  try {
    const file = findLabFile(argument);
    const shown = relative(root, resolve(file));
    return shown.startsWith('..') ? undefined : { file: shown, lines: stepLines(file, loadLab(argument)) };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
