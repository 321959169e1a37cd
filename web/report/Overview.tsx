import type { PageData } from '../../src/page/data.ts';
import { DotPlot } from '../components/DotPlot.tsx';
import { Environment } from '../components/Environment.tsx';
import type { Filter } from '../components/FilterBar.tsx';
import { counted, VERDICTS, verdictOf } from '../components/format.ts';
import { LabList } from '../components/LabList.tsx';
import { Problems } from '../components/Problems.tsx';
import { Summary } from '../components/Summary.tsx';
import { factsOf, hitsOf, labVerdict, outagesOf, problemsOf } from './digest.ts';
import { isFiltering, showsLab } from './filter.ts';
import { fragmentOf } from './route.ts';
import { sumCounts } from './sum.ts';

/** Greatest number of checks that a search lists. */
const MOST_HITS = 50;

/** The first screen: the verdict, what did not pass and why, the labs, their outages, and what they ran on. */
export function Overview({ data, filter }: { data: PageData; filter: Filter }) {
  const { labs } = data;
  const counts = sumCounts(labs);
  const starts = labs.map((lab) => lab.started).sort();
  const ends = labs.map((lab) => Date.parse(lab.started) + lab.ms);
  const outages = outagesOf(labs);
  const several = labs.length > 1;
  const hits = several && isFiltering(filter) ? hitsOf(labs, filter) : [];
  const shown = VERDICTS.flatMap((v) => labs.filter((lab) => labVerdict(lab) === v && showsLab(filter, lab)));
  return (
    <>
      <Summary
        verdict={verdictOf(
          counts,
          labs.some((lab) => labVerdict(lab) === 'inconclusive'),
        )}
        counts={counts}
        labs={labs.length}
        labsGood={labs.filter((lab) => labVerdict(lab) === 'passed').length}
        started={starts[0] ?? ''}
        ms={Math.max(0, ...ends) - Date.parse(starts[0] ?? '')}
      />
      {data.shortened !== undefined && <p class="notice">{data.shortened}</p>}
      {several && isFiltering(filter) ? (
        <Problems id="hits" title={hitsTitle(hits.length)} problems={hits.slice(0, MOST_HITS)} several={several} />
      ) : (
        <Problems id="problems" title="What did not pass" problems={problemsOf(data)} several={several} />
      )}
      {several && (
        <section aria-labelledby="labs">
          <h2 id="labs">
            Labs{' '}
            {shown.length < labs.length && (
              <span class="muted">
                {shown.length} of {labs.length}
              </span>
            )}
          </h2>
          <LabList
            labs={shown.map((lab) => ({
              name: lab.name,
              href: `#${fragmentOf({ lab: lab.name })}`,
              verdict: labVerdict(lab),
              counts: lab.counts,
              source: lab.source,
              modes: waysIn(lab.picture?.ways.map((w) => w.head) ?? []),
              ms: lab.ms,
            }))}
          />
        </section>
      )}
      {outages.length > 0 && (
        <section aria-labelledby="outages">
          <h2 id="outages">Outages against their budgets</h2>
          <DotPlot rows={outages} />
        </section>
      )}
      <Environment facts={factsOf(labs)} software={[...new Set(labs.flatMap((lab) => lab.software))].sort()} />
    </>
  );
}

function hitsTitle(found: number): string {
  return found > MOST_HITS
    ? `The first ${MOST_HITS} of ${counted(found, 'check')} found`
    : `${counted(found, 'check')} found`;
}

/** Returns the modes of services, from the heads of their ways: `fnat, rr`. */
function waysIn(heads: readonly string[]): string {
  return [...new Set(heads.map((head) => (head.split('  ').at(-1) ?? '').split(',')[0]))].join(', ');
}
