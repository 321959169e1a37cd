import type { CheckPage } from '../../src/page/data.ts';
import { Frames } from './Frames.tsx';
import { formatMs } from './format.ts';
import { VerdictMark } from './VerdictMark.tsx';

export interface CheckRowProps {
  readonly check: CheckPage;
  /** Its ID in the page, which is its deep link without the #; absent if the page has no such links. */
  readonly anchor?: string;
  readonly open: boolean;
  /** Whether the page was opened at this check. */
  readonly current: boolean;
}

/** A check: its verdict in a line, and unfolded what was promised, what was seen, and by which evidence. */
export function CheckRow({ check, anchor, open, current }: CheckRowProps) {
  const name = `${check.id} ${check.subject}`;
  return (
    <li id={anchor} class={`check check-${check.verdict}${current ? ' current' : ''}`}>
      <details open={open}>
        <summary>
          <VerdictMark verdict={check.verdict} />
          <code class="check-id">{check.id}</code>
          <span class="check-subject">{check.subject}</span>
          <span class="check-seen">{check.seen}</span>
          <span class="check-ms">{formatMs(check.ms)}</span>
        </summary>
        <div class="check-body">
          <dl class="told">
            <div>
              <dt>Promised</dt>
              <dd>{check.promised}</dd>
            </div>
            <div>
              <dt>Seen</dt>
              <dd class="seen">{check.seen}</dd>
            </div>
            {check.evidence.length > 0 && (
              <div>
                <dt>Evidence</dt>
                <dd>
                  <ul class="evidence">
                    {check.evidence.map((e) => (
                      <li>
                        {e.href === undefined ? <code>{e.name}</code> : <a href={e.href}>{e.name}</a>}
                        {e.about !== '' && <code class="muted"> {e.about}</code>}
                      </li>
                    ))}
                  </ul>
                </dd>
              </div>
            )}
            <Figures figures={check.figures} />
          </dl>
          <Frames frames={check.frames} name={name} />
          {anchor !== undefined && (
            <a class="permalink" href={`#${anchor}`}>
              Link to this check<span class="visually-hidden">, {name}</span>
            </a>
          )}
        </div>
      </details>
    </li>
  );
}

/** The figures that are no time: counts. */
const COUNTS = new Set(['lost', 'attempts', 'flaps', 'flows', 'flowsBroken', 'streamLost', 'streamAgain']);

/** Words a figure's name: `firstLossAfter` is `first loss after`. */
function worded(name: string): string {
  return name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
}

function Figures({ figures }: Pick<CheckPage, 'figures'>) {
  const all = Object.entries(figures);
  if (all.length === 0) return null;
  return (
    <div>
      <dt>Figures</dt>
      <dd>
        <ul class="figures">
          {all.map(([name, value]) => (
            <li>
              <span class="muted">{worded(name)}</span> {COUNTS.has(name) ? value : formatMs(value)}
            </li>
          ))}
        </ul>
      </dd>
    </div>
  );
}
