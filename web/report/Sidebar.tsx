import type { LabPage } from '../../src/page/data.ts';
import { VerdictMark } from '../components/VerdictMark.tsx';
import { labVerdict } from './digest.ts';
import { fragmentOf } from './route.ts';

/** The labs of a report beside its page, to go from one to another. */
export function Sidebar({ labs, current }: { labs: readonly LabPage[]; current: string | undefined }) {
  return (
    <nav class="sidebar" aria-label="Labs">
      <a href="#/" aria-current={current === undefined ? 'page' : undefined} class="sidebar-all">
        Overview
      </a>
      <ul>
        {labs.map((lab) => (
          <li>
            <a href={`#${fragmentOf({ lab: lab.name })}`} aria-current={current === lab.name ? 'page' : undefined}>
              <VerdictMark verdict={labVerdict(lab)} />
              <span>{lab.name}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
