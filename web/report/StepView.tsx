import type { CheckPage, LabPage, StepPage } from '../../src/page/data.ts';
import { CheckRow } from '../components/CheckRow.tsx';
import { DotPlot } from '../components/DotPlot.tsx';
import type { Filter } from '../components/FilterBar.tsx';
import { countVerdicts, formatMs, verdictOf } from '../components/format.ts';
import { TimelineView } from '../components/TimelineView.tsx';
import { VerdictMark } from '../components/VerdictMark.tsx';
import { outagesOfStep } from './digest.ts';
import { isFiltering, shows } from './filter.ts';
import { fragmentOf, type Route } from './route.ts';

export interface StepViewProps {
  readonly lab: LabPage;
  /** The number of the step, from 0. */
  readonly index: number;
  readonly filter: Filter;
  readonly route: Route;
  readonly heading: 'h2' | 'h3';
}

/** The timelines of a step: one as it is; of several their outages, and each to unfold. */
function Timelines({ step, lab, index }: { step: StepPage } & Pick<StepViewProps, 'lab' | 'index'>) {
  const [first, ...more] = step.timelines;
  if (!first) return null;
  if (more.length === 0) return <TimelineView timeline={first} name={step.title} />;
  return (
    <>
      <DotPlot rows={outagesOfStep(lab, index)} />
      {step.timelines.map((timeline, i) => (
        <details class="run" open={timeline.outages.some((o) => o.verdict !== 'passed')}>
          <summary>
            Run {i + 1}: {timeline.title}
            <span class="muted">
              {' '}
              {timeline.outages.map((o) => `${o.check.split(':')[0]} ${formatMs(o.outage)}`).join(', ')}
            </span>
          </summary>
          <TimelineView timeline={timeline} name={`${step.title}, run ${i + 1}`} />
        </details>
      ))}
    </>
  );
}

/** A step of a scenario: its timelines, then its checks. */
export function StepView({ lab, index, filter, route, heading: Heading }: StepViewProps) {
  const step = lab.steps[index];
  if (!step) return null;
  const checks = step.checks.filter((check) => shows(filter, lab, step.title, check));
  if (checks.length === 0) return null;
  const anchor = fragmentOf({ lab: lab.name, step: index + 1 });
  const isCurrent = (check: CheckPage) => route.step === index + 1 && route.check === check.key;
  const counts = countVerdicts(step.checks);
  return (
    <section class="step" id={anchor} aria-label={step.title}>
      <Heading class="step-head">
        <VerdictMark verdict={verdictOf(counts)} />
        <span class="step-number">{index + 1}</span>
        <a href={`#${anchor}`}>{step.title}</a>
        <span class="muted step-count">
          {isFiltering(filter) ? `${checks.length} of ${step.checks.length}` : step.checks.length} checks
        </span>
      </Heading>
      <Timelines step={step} lab={lab} index={index} />
      <ul class="checks">
        {checks.map((check) => (
          <CheckRow
            key={check.key}
            check={check}
            anchor={fragmentOf({ lab: lab.name, step: index + 1, check: check.key })}
            open={check.verdict === 'failed' || check.verdict === 'inconclusive' || isCurrent(check)}
            current={isCurrent(check)}
          />
        ))}
      </ul>
    </section>
  );
}
