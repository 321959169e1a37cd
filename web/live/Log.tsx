import type { LogEntry } from '../../src/live/data.ts';

/** What happened, the newest first. */
export function Log({ log }: { log: readonly LogEntry[] }) {
  return (
    <section aria-labelledby="log-title">
      <h2 id="log-title">Events</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1) */}
      <ul class="log" tabIndex={0} aria-labelledby="log-title">
        {[...log].reverse().map((entry) => (
          <li>
            <time dateTime={new Date(entry.at).toISOString()}>{clock(entry.at)}</time>
            <span class={`log-${entry.kind}`}>{entry.text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function clock(at: number): string {
  const date = new Date(at);
  return `${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
