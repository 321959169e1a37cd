import type { LabPage } from '../../src/page/data.ts';
import { CountsBar } from '../components/CountsBar.tsx';
import { Environment } from '../components/Environment.tsx';
import { Files } from '../components/Files.tsx';
import type { Filter } from '../components/FilterBar.tsx';
import { formatDate, formatMs } from '../components/format.ts';
import { ServiceTables } from '../components/ServiceTables.tsx';
import { Topology } from '../components/Topology.tsx';
import { VerdictMark } from '../components/VerdictMark.tsx';
import { factsOf, labVerdict } from './digest.ts';
import type { Route } from './route.ts';
import { StepView } from './StepView.tsx';

export interface LabViewProps {
  readonly lab: LabPage;
  readonly filter: Filter;
  readonly route: Route;
  /** Whether the page has this lab only, so that its summary has said the rest. */
  readonly alone: boolean;
}

/** One lab: its drawing, its steps with their checks, its tables and files. */
export function LabView({ lab, filter, route, alone }: LabViewProps) {
  const Heading = alone ? 'h2' : 'h1';
  return (
    <article class="lab" aria-labelledby="lab-name">
      <header class="lab-head">
        <Heading class="lab-name" id="lab-name" tabIndex={-1}>
          {!alone && <VerdictMark verdict={labVerdict(lab)} />}
          {lab.name}
        </Heading>
        <p class="muted">
          {lab.source}
          {!alone && ` · ${formatDate(lab.started)} · ${formatMs(lab.ms)}`}
        </p>
        {!alone && <CountsBar counts={lab.counts} />}
        {lab.ended !== undefined && <p class="notice">The run ended early: {lab.ended}</p>}
        {lab.left.map((change) => (
          <p class="notice">Not undone in the lab: {change}</p>
        ))}
        {lab.earlier.map((why) => (
          <p class="notice">An earlier run could not be judged: {why}</p>
        ))}
      </header>
      {lab.picture && <Topology picture={lab.picture} name={lab.name} />}
      <div class="steps">
        {lab.steps.map((_, index) => (
          <StepView lab={lab} index={index} filter={filter} route={route} heading={alone ? 'h3' : 'h2'} />
        ))}
      </div>
      {!alone && <Environment facts={factsOf([lab])} software={lab.software} />}
      {lab.tables.length > 0 && (
        <details class="fold">
          <summary>Service tables ({lab.tables.length})</summary>
          <ServiceTables tables={lab.tables} />
        </details>
      )}
      <details class="fold">
        <summary>Logs and raw files ({lab.files.length})</summary>
        <Files files={lab.files} />
      </details>
    </article>
  );
}
