import type { Verdict } from '../../src/events.ts';

const SHAPES: Readonly<Record<Verdict, string>> = {
  passed: 'M4 8.5 7 11.5 12.5 5',
  failed: 'M5 5l6 6M11 5l-6 6',
  inconclusive: 'M6 6.2a2 2 0 1 1 2.9 1.8c-.7.4-.9.8-.9 1.5M8 11.6v.1',
  skipped: 'M4.5 8h7',
};

/** The sign of a verdict: its colour and its shape. `label`: whether a screen reader is told it too. */
export function VerdictMark({ verdict, label = true }: { verdict: Verdict; label?: boolean }) {
  return (
    <>
      <svg class={`mark mark-${verdict}`} viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="8" />
        <path d={SHAPES[verdict]} />
      </svg>
      {label && <span class="visually-hidden">{verdict}: </span>}
    </>
  );
}
