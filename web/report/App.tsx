import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PageData } from '../../src/page/data.ts';
import { type Filter, FilterBar } from '../components/FilterBar.tsx';
import { formatDate } from '../components/format.ts';
import { Logo } from '../components/Logo.tsx';
import { showsLab } from './filter.ts';
import { LabView } from './LabView.tsx';
import { Overview } from './Overview.tsx';
import { fragmentOf, type Route, routeOf } from './route.ts';
import { Sidebar } from './Sidebar.tsx';
import { sumCounts } from './sum.ts';

/** The version of lvslab that made the page; the build gives it. */
declare const VERSION: string;

/** The page of a report. */
export function App({ data }: { data: PageData }) {
  const [filter, setFilter] = useState<Filter>({ verdict: undefined, text: '' });
  const [route, setRoute] = useState<Route>(() => routeOf(location.hash));
  const main = useRef<HTMLElement>(null);
  const several = data.labs.length > 1;
  const [only] = data.labs;
  const lab = several ? data.labs.find((l) => l.name === route.lab) : only;

  useLayoutEffect(() => {
    const changed = () => setRoute(routeOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useLayoutEffect(() => {
    document.title = `${lab && route.lab !== undefined ? lab.name : 'Report'} – lvslab`;
    show(route, several);
  }, [route, several, lab]);

  const shown = lab && several ? [lab] : data.labs;
  return (
    <>
      <header class="top">
        <button type="button" class="skip" onClick={() => main.current?.focus()}>
          Skip to the content
        </button>
        <a class="brand" href="#/">
          <Logo /> lvslab <span class="muted">test report</span>
        </a>
        <FilterBar filter={filter} counts={sumCounts(shown)} onChange={setFilter} />
      </header>
      <div class={several ? 'frame frame-several' : 'frame'}>
        {several && <Sidebar labs={data.labs.filter((l) => showsLab(filter, l))} current={lab?.name} />}
        <main id="main" ref={main} tabIndex={-1}>
          {several && lab && (
            <p class="crumbs">
              <a href="#/">← All {data.labs.length} labs</a>
            </p>
          )}
          {(!several || !lab) && <Overview data={data} filter={filter} />}
          {lab && <LabView key={lab.name} lab={lab} filter={filter} route={route} alone={!several} />}
          <footer class="muted">
            Made by lvslab {VERSION} on {formatDate(data.made)}.
          </footer>
        </main>
      </div>
    </>
  );
}

/** Brings the place of a route into view, and moves the focus there, as the browser does with a fragment. */
function show(route: Route, several: boolean): void {
  if (route.lab === undefined || route.step === undefined) {
    if (several) scrollTo(0, 0);
    if (several && route.lab !== undefined) document.getElementById('lab-name')?.focus({ preventScroll: true });
    return;
  }
  const found = document.getElementById(fragmentOf(route));
  found?.scrollIntoView({ block: 'start' });
  found?.querySelector('summary')?.focus({ preventScroll: true });
}
