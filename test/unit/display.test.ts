import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CheckResult, Event, Verdict } from '../../src/events.ts';
import { displayOn, type Shown } from '../../src/output/display.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'performance'] });
  vi.stubEnv('CI', '');
  vi.stubEnv('NO_COLOR', '1');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** A terminal that shows what is on it: the display moves up by lines, and clears below. */
function terminal(isTTY = true) {
  let lines = [''];
  const write = (chunk: string) => {
    const [up = '', cleared] = chunk.startsWith('\u001b[') ? chunk.slice(2).split('A\u001b[0J') : [];
    if (cleared !== undefined) lines = [...lines.slice(0, -1 - Number(up)), ''];
    const rest = cleared ?? chunk;
    const [first = '', ...more] = rest.split('\n');
    lines = [...lines.slice(0, -1), `${lines.at(-1)}${first}`, ...more];
    return true;
  };
  return {
    stream: { isTTY, write, columns: 100, rows: 24 } as unknown as NodeJS.WriteStream,
    shows: () => lines.slice(0, -1),
  };
}

function result(id: string, verdict: Verdict): CheckResult {
  return { id, subject: 'web', step: 's', verdict, promised: 'much', seen: 'little', evidence: [], ms: 80 };
}
const EVENTS: readonly Event[] = [
  { type: 'step', lab: 'x', title: 'web works' },
  { type: 'checking', lab: 'x', id: 'dr.source', subject: 'web', within: 3000 },
  { type: 'checking', lab: 'x', id: 'wire.errors', subject: 'web', within: 0 },
];
const FULL = ['       promised  much', '       seen      little'];

function shown(given: Shown, isTTY = true) {
  const { stream, shows } = terminal(isTTY);
  const display = displayOn(stream, given);
  for (const event of EVENTS) display.emit(event);
  vi.advanceTimersByTime(1500);
  const running = shows();
  display.emit({ type: 'check', lab: 'x', result: result('dr.source', 'passed') });
  const first = shows();
  display.emit({ type: 'check', lab: 'x', result: result('wire.errors', 'failed') });
  display.close();
  return { running, first, all: shows() };
}

it('a terminal shows checks that run, with their time and limit, then a line each, and details of what failed', () => {
  const { running, first, all } = shown({});
  expect(running).toEqual(['web works', '  · dr.source web 1.50 s of 3.00 s', '  · wire.errors web 1.50 s']);
  expect(first).toEqual(['web works', '  pass dr.source web  80 ms', '  · wire.errors web 1.50 s']);
  expect(all).toEqual(['web works', '  pass dr.source web  80 ms', '  FAIL wire.errors web  80 ms', ...FULL]);
});

it.each([
  [{ verbose: true }, true],
  [{}, false],
])('with %j, on a terminal: %s, everything is shown in full', (given, isTTY) => {
  expect(shown(given, isTTY).all).toEqual([
    'web works',
    '  pass dr.source web  80 ms',
    ...FULL,
    '  FAIL wire.errors web  80 ms',
    ...FULL,
  ]);
});
