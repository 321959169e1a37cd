import { describe, expect, it } from 'vitest';
import { courses, readSaved } from '../../src/scenario/flapping.ts';

const WEB = ['-A -t 10.0.0.100:80 -s rr', '-a -t 10.0.0.100:80 -r 10.0.0.2:80 -g -w 1'];
const MORE = ['-A -t 10.0.0.100:81 -s rr -p 60'];
type At = readonly [ms: number, lines: readonly string[]];
const tables = (all: readonly At[]) =>
  readSaved(all.flatMap(([at, lines]) => [String(at * 1000), ...lines, '--lvslab--']));
const told = (...all: readonly At[]) =>
  courses(tables(all), 9_000_000).map((c) => `${c.service}: ${c.end}, ${c.flapped}`);

describe('a service in the tables of a director', () => {
  it('that stays is the same', () => expect(told([1000, WEB])).toEqual(['-t 10.0.0.100:80: same, 0']));
  it('in another order of its servers is the same', () => {
    const second = '-a -t 10.0.0.100:80 -r 10.0.0.3:80 -g -w 1';
    expect(told([1000, [...WEB, second]], [2000, [WEB[0] ?? '', second, WEB[1] ?? '']])).toEqual([
      '-t 10.0.0.100:80: same, 0',
    ]);
  });
  it('that was otherwise in between has flapped for that long', () =>
    expect(told([1000, WEB], [2000, WEB.slice(0, 1)], [2040, WEB])).toEqual(['-t 10.0.0.100:80: same, 40']));
  it('may become new, changed or gone once', () => {
    expect(told([1000, WEB], [2000, [...WEB, ...MORE]])).toContain('-t 10.0.0.100:81: new, 0');
    expect(told([1000, WEB], [2000, WEB.slice(0, 1)])).toEqual(['-t 10.0.0.100:80: changed, 0']);
    expect(told([1000, WEB], [2000, []])).toEqual(['-t 10.0.0.100:80: gone, 0']);
  });
  it('that changes in steps has flapped', () =>
    expect(told([1000, WEB], [2000, []], [2100, [...WEB, WEB[1]?.replace('.2:', '.3:') ?? '']])).toEqual([
      '-t 10.0.0.100:80: changed, 100',
    ]));
  it('is unknown without a table', () => expect(courses([], 1)).toEqual([]));
  it('of a table that is cut off does not count', () => expect(readSaved(['1000', ...WEB])).toEqual([]));
});
