import { byLab, historyIn, verdictsOf } from './history.ts';
import type { Report } from './report.ts';

/** Where something is: a file, relative to the repository, and a line of it, from 1. */
export interface Where {
  readonly file: string;
  readonly line?: number | undefined;
}

/**
 * Returns GitHub's workflow commands that mark what did not pass, at the steps of the lab files: failed checks and runs
 * that ended early as errors, inconclusive checks and flaky labs as warnings. `whereOf`: the place of a step, or of a lab.
 */
export function annotations(
  reports: readonly Report[],
  whereOf: (report: Report, step: string | undefined) => Where | undefined,
): readonly string[] {
  const told = byLab(reports).flatMap((runs) => {
    const verdicts = verdictsOf(runs);
    const [first] = runs;
    const history = historyIn(runs);
    const flaky =
      first && history?.flaky
        ? [command('warning', whereOf(first, undefined), `${first.lab} is flaky`, `runs: ${history.runs.join(', ')}`)]
        : [];
    // A check that fails in every run is marked once.
    const marked = [...verdicts.values()].flatMap(({ check, step, verdicts: each }) => {
      const kind = each.includes('failed') ? 'error' : each.includes('inconclusive') ? 'warning' : undefined;
      const run = kind && runs[each.indexOf(kind === 'error' ? 'failed' : 'inconclusive')];
      const bad = run?.results.find(
        (r) => r.step === step && `${r.id} ${r.subject}` === check && r.verdict !== 'passed',
      );
      if (!kind || !run || !bad) return [];
      const word = kind === 'error' ? '' : 'inconclusive: ';
      return [
        command(
          kind,
          whereOf(run, step),
          `${run.lab}: ${check}`,
          `${word}${step}\npromised: ${bad.promised}\nseen: ${bad.seen}`,
        ),
      ];
    });
    const early = runs.flatMap((run) =>
      run.error === undefined ? [] : command('error', whereOf(run, undefined), `${run.lab} ended early`, run.error),
    );
    return [...early.slice(0, 1), ...marked, ...flaky];
  });
  // GitHub shows ten of each kind for a step, the first ones.
  return [...told].sort((a, b) => Number(b.startsWith('::error')) - Number(a.startsWith('::error')));
}

function command(kind: 'error' | 'warning', where: Where | undefined, title: string, message: string): string {
  const properties = [
    ...(where ? [`file=${property(where.file)}`] : []),
    ...(where?.line === undefined ? [] : [`line=${where.line}`]),
    `title=${property(title)}`,
  ];
  return `::${kind} ${properties.join(',')}::${data(message)}`;
}

/** Escapes the message of a workflow command (actions/toolkit, packages/core/src/command.ts). */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Escapes the value of a property of a workflow command, by the same source. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
