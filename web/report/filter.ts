import type { CheckPage, LabPage } from '../../src/page/data.ts';
import type { Filter } from '../components/FilterBar.tsx';

/** Returns whether a check is shown: it has the verdict, and each word of the search is in one of its texts. */
export function shows(filter: Filter, lab: LabPage, step: string, check: CheckPage): boolean {
  if (filter.verdict !== undefined && check.verdict !== filter.verdict) return false;
  const words = wordsOf(filter);
  if (words.length === 0) return true;
  const text = [lab.name, lab.source, step, check.id, check.subject, check.promised, check.seen]
    .join('\n')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Returns whether a lab has a check that is shown. */
export function showsLab(filter: Filter, lab: LabPage): boolean {
  if (!isFiltering(filter)) return true;
  return lab.steps.some((step) => step.checks.some((check) => shows(filter, lab, step.title, check)));
}

/** Returns whether a filter hides anything. */
export function isFiltering(filter: Filter): boolean {
  return filter.verdict !== undefined || wordsOf(filter).length > 0;
}

function wordsOf({ text }: Filter): readonly string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}
