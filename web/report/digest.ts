import type { LabPage, PageData } from '../../src/page/data.ts';
import type { DotRow } from '../components/DotPlot.tsx';
import type { Fact } from '../components/Environment.tsx';
import type { Filter } from '../components/FilterBar.tsx';
import { VERDICTS, verdictOf } from '../components/format.ts';
import type { Problem } from '../components/Problems.tsx';
import { shows } from './filter.ts';
import { fragmentOf } from './route.ts';

/** Returns what did not pass, the worst first; checks of one lab with the same reason are one. */
export function problemsOf({ labs }: PageData): readonly Problem[] {
  const all = labs.flatMap((lab) => {
    const found = new Map<string, Problem>();
    for (const [i, step] of lab.steps.entries())
      for (const check of step.checks) {
        if (check.verdict === 'passed') continue;
        const reason = `${check.verdict} ${check.seen}`;
        const same = found.get(reason);
        const why = check.verdict === 'failed' ? `${check.seen}; promised: ${check.promised}` : check.seen;
        found.set(
          check.verdict === 'failed' ? `${reason} ${check.key}` : reason,
          same && check.verdict !== 'failed'
            ? { ...same, times: same.times + 1 }
            : {
                verdict: check.verdict,
                lab: lab.name,
                name: `${check.id} ${check.subject}`,
                why,
                href: `#${fragmentOf({ lab: lab.name, step: i + 1, check: check.key })}`,
                times: 1,
              },
        );
      }
    return [...runProblems(lab), ...found.values()];
  });
  return VERDICTS.flatMap((v) => all.filter((p) => p.verdict === v));
}

/** Returns the checks of labs that a filter shows. */
export function hitsOf(labs: readonly LabPage[], filter: Filter): readonly Problem[] {
  return labs.flatMap((lab) =>
    lab.steps.flatMap((step, i) =>
      step.checks
        .filter((check) => shows(filter, lab, step.title, check))
        .map((check) => ({
          verdict: check.verdict,
          lab: lab.name,
          name: `${check.id} ${check.subject}`,
          why: check.seen,
          href: `#${fragmentOf({ lab: lab.name, step: i + 1, check: check.key })}`,
          times: 1,
        })),
    ),
  );
}

/** Returns what went wrong with a run itself. */
function runProblems(lab: LabPage): readonly Problem[] {
  const one = (name: string, why: string): Problem => ({
    verdict: 'inconclusive',
    lab: lab.name,
    name,
    why,
    href: `#${fragmentOf({ lab: lab.name })}`,
    times: 1,
  });
  return [
    ...(lab.ended === undefined ? [] : [one('the run ended early', lab.ended)]),
    ...lab.left.map((change) => one('not undone', change)),
  ];
}

/** Returns what the results of labs were produced on. */
export function factsOf(labs: readonly LabPage[]): readonly Fact[] {
  const nodes = labs.flatMap((lab) => lab.nodes);
  const tallied = (values: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts].map(([value, n]) => `${value} (${n} ${n === 1 ? 'node' : 'nodes'})`);
  };
  const distinct = (values: readonly string[]) => [...new Set(values.filter((v) => v !== ''))];
  return [
    { what: 'Engine', values: distinct(labs.map((lab) => lab.engine.version)).map((v) => `Docker ${v}`) },
    { what: 'Kernel of the engine', values: distinct(labs.map((lab) => lab.engine.kernel)) },
    {
      what: 'Kernels of nodes',
      values: tallied(nodes.filter((n) => n.kernel !== 'none').map((n) => `${n.kernel} ${n.kernelVersion}`)),
    },
    { what: 'Load balancers', values: tallied(nodes.flatMap((n) => n.driver ?? [])) },
  ].filter((fact) => fact.values.length > 0);
}

/** Returns the rows of the dot plot of all labs: one for each step and check that measured outages. */
export function outagesOf(labs: readonly LabPage[]): readonly DotRow[] {
  return labs.flatMap((lab) =>
    lab.steps.flatMap((_, index) =>
      outagesOfStep(lab, index).map((row) => (labs.length > 1 ? { ...row, name: `${lab.name}: ${row.name}` } : row)),
    ),
  );
}

/** Returns the rows of the dot plot of one step, by its number from 0: one for each check that measured outages. */
export function outagesOfStep(lab: LabPage, index: number): readonly DotRow[] {
  const rows = new Map<string, DotRow>();
  for (const timeline of lab.steps[index]?.timelines ?? [])
    for (const o of timeline.outages) {
      const about = `${o.check.split(':')[0]} ${o.subject}`;
      const dots = [...(rows.get(about)?.dots ?? []), { value: o.outage, verdict: o.verdict }];
      rows.set(about, {
        name: timeline.title,
        about,
        href: `#${fragmentOf({ lab: lab.name, step: index + 1 })}`,
        dots,
        ...(o.budget === undefined ? {} : { budget: o.budget }),
        margin: o.margin,
      });
    }
  return [...rows.values()];
}

/** Returns the verdict of a lab. */
export function labVerdict(lab: LabPage) {
  return verdictOf(lab.counts, lab.ended !== undefined || lab.left.length > 0);
}
