import { ServiceTables } from '../components/ServiceTables.tsx';
import { TimelineView } from '../components/TimelineView.tsx';
import { Topology } from '../components/Topology.tsx';
import { Capture } from './Capture.tsx';
import type { Connection } from './connection.ts';
import { Faults } from './Faults.tsx';
import type { KnownLab } from './known.ts';
import { Log } from './Log.tsx';
import { Nodes } from './Nodes.tsx';
import { signsOf } from './signs.ts';
import { TestPanel } from './TestPanel.tsx';
import { Weight } from './Weight.tsx';

/** One lab as it is now: its drawing, what a client gets, tables, faults, events, and a test of it. */
export function LiveLab({ lab, ask }: { lab: KnownLab; ask: Connection['ask'] }) {
  const { name, facts, state, strip, log, test, output, packets } = lab;
  const runs = state?.up === 'running';
  return (
    <div class="lab">
      <div class="head-row">
        <h1 class="lab-name">{name}</h1>
        <span class="buttons">
          <span class={runs || !state ? 'muted' : 'state-bad'}>{state?.up ?? 'looking'}</span>
          <button
            type="button"
            class="button"
            disabled={!state || state.up === 'gone'}
            onClick={() => ask({ type: 'down', lab: name })}
          >
            Take down
          </button>
        </span>
      </div>
      {facts && <p class="muted">{facts.source}</p>}
      {state?.trouble !== undefined && <p class="notice">{state.trouble}</p>}
      <section aria-labelledby="strip-title">
        <h2 id="strip-title">
          Clients <span class="muted">{state?.probe}</span>
        </h2>
        {strip && runs && <TimelineView timeline={strip} name={name} />}
      </section>
      {facts && state && <Topology picture={facts.picture} name={name} signs={signsOf(state)} />}
      <Faults lab={name} faults={facts?.faults ?? []} active={state?.active ?? []} ask={ask} />
      <Nodes lab={name} nodes={state?.nodes ?? []} active={state?.active ?? []} output={output} ask={ask} />
      <section aria-labelledby="tables-title">
        <h2 id="tables-title">Service tables</h2>
        <ServiceTables
          tables={(state?.tables ?? []).map((t) => ({
            node: t.node,
            services: t.services.map((s) => ({
              name: s.name,
              scheduler: s.scheduler,
              servers: s.reals.map((r) => [
                r.node,
                r.forward,
                String(r.weight),
                String(r.active),
                String(r.inactive),
                String(r.rate ?? ''),
              ]),
            })),
          }))}
          more={['Active', 'Inactive', 'Per second']}
          weigh={(table, service, real, weight) => (
            <Weight
              key={weight}
              label={`Weight of ${real} in ${service} on ${table}`}
              weight={weight}
              change={(to) => ask({ type: 'weight', lab: name, service, real, weight: to })}
            />
          )}
        />
      </section>
      <TestPanel lab={name} test={test} can={runs} ask={ask} />
      <Capture lab={name} segments={facts?.segments ?? []} packets={packets} can={runs} ask={ask} />
      <Log log={log} />
    </div>
  );
}
