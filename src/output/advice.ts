import type { Advice } from '../advice/advise.ts';
import { counted } from '../counted.ts';
import { formatDiagnostic } from '../lab/diagnostic.ts';

/** Describes advice in full: the place of each, its source line, and how to turn it off; empty if there is none. */
export function adviceText(all: readonly Advice[]): string {
  if (all.length === 0) return '';
  const each = all.map((a) => formatDiagnostic({ ...a, message: `advice ${a.id}: ${a.message}` }));
  const offs = [...new Set(all.map((a) => a.off))];
  return [
    ...each,
    ...offs.map((off) => `  \`${off}\` in the lab file turns it off`),
    '  docs/advice.md says why, and what to do instead',
  ].join('\n');
}

/** Describes advice in a line for each rule that speaks; empty if there is none. */
export function adviceBrief(argument: string, all: readonly Advice[]): string {
  if (all.length === 0) return '';
  const lines = [...new Set(all.map((a) => a.id))].map((id) => {
    const [first, ...more] = all.filter((a) => a.id === id);
    const place = first?.place ? `${first.file}:${first.place.line}:${first.place.column}` : (first?.file ?? '');
    const others = more.length > 0 ? `; and ${counted(more.length, 'more place')}` : '';
    return `advice ${id}: ${place} ${first?.message ?? ''}${others}`;
  });
  return [...lines, `  (\`lab validate ${argument}\` shows it in full, and how to turn it off)`].join('\n');
}
