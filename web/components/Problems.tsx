import type { Verdict } from '../../src/events.ts';
import { VerdictMark } from './VerdictMark.tsx';

export interface Problem {
  readonly verdict: Verdict;
  /** Where it is: lab and check. */
  readonly lab: string;
  readonly name: string;
  readonly why: string;
  readonly href: string;
  /** How many checks have the same reason. */
  readonly times: number;
}

export interface ProblemsProps {
  readonly id: string;
  readonly title: string;
  readonly problems: readonly Problem[];
  /** Whether they are of several labs, so that each names its own. */
  readonly several: boolean;
}

/** Checks with what was seen, one sentence each, and a link to each. */
export function Problems({ id, title, problems, several }: ProblemsProps) {
  if (problems.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul class="problems">
        {problems.map((p) => (
          <li class={`problem edge-${p.verdict}`}>
            <VerdictMark verdict={p.verdict} />
            <div>
              <a href={p.href}>
                {several && <span class="problem-lab">{p.lab} › </span>}
                <code>{p.name}</code>
              </a>
              {p.times > 1 && <span class="muted"> and {p.times - 1} more</span>}
              <p class="why">{p.why}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
