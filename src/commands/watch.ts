import { EXIT } from '../failure.ts';
import { masterWords } from '../live/changes.ts';
import type { LiveState, LogEntry, Told } from '../live/data.ts';
import { stripText } from '../live/strip-text.ts';
import { LabWatch } from '../live/watch.ts';
import { formatClock } from '../net/duration.ts';
import { isTerminal, print, redraw, table } from '../output/print.ts';
import type { Timeline } from '../page/data.ts';
import { mustRun } from '../plan/observe.ts';
import { withSession } from './session.ts';

/** Number of the newest events that the terminal shows. */
const EVENTS = 8;

/** `lab watch`: shows a lab as it is until it is interrupted; without a terminal, prints what happens. */
export async function watch(name: string, { probe }: { readonly probe: boolean }): Promise<number> {
  return withSession({ quiet: true }, async ({ engine, signal }) => {
    await mustRun(engine, name);
    const screen = isTerminal('stdout');
    const log: LogEntry[] = [];
    let state: LiveState | undefined;
    let timeline: Timeline | undefined;
    const tell = (told: Told) => {
      if (told.type === 'state') state = told.state;
      if (told.type === 'strip') timeline = told.timeline;
      if (told.type === 'log') {
        log.push(...told.entries);
        if (!screen) for (const entry of told.entries) print(entryText(entry));
      }
      if (screen && state && told.type !== 'facts') redraw(screenText(state, timeline, log.slice(-EVENTS)));
    };
    const watching = new LabWatch(engine, name, { probe, tell });
    await new Promise<void>((ended) => signal.addEventListener('abort', () => ended(), { once: true }));
    await watching.stop();
    return EXIT.ok;
  });
}

function entryText({ at, text }: LogEntry): string {
  return `${formatClock(at)} ${text}`;
}

/** Returns the whole screen: what the page of `lab ui` shows, as text. */
export function screenText(state: LiveState, timeline: Timeline | undefined, log: readonly LogEntry[]): string {
  const { name, up, trouble, nodes, masters, active, tables, probe } = state;
  return [
    `${name}  ${up}${trouble === undefined ? '' : `: ${trouble}`}`,
    ...masters.map((m) => masterWords(m.instance, m.nodes)),
    `active faults: ${active.join(', ') || 'none'}`,
    '',
    table(nodes.map((n) => [n.name, n.kind, n.state])),
    ...tables.map((t) => `\n${tableText(t)}`),
    '',
    `probe: ${probe}`,
    ...(timeline ? stripText(timeline) : []),
    '',
    ...log.map(entryText),
  ].join('\n');
}

function tableText({ node, services }: LiveState['tables'][number]): string {
  return table(
    services.flatMap((s) => [
      [`${node}: ${s.name}`, s.scheduler, '', 'active', 'inactive', 'per second'],
      ...s.reals.map((r) => [
        `  -> ${r.node}`,
        r.forward,
        `weight ${r.weight}`,
        String(r.active),
        String(r.inactive),
        String(r.rate ?? ''),
      ]),
    ]),
  );
}
