import { expect } from 'vitest';
import { mistakesOf } from './lab.ts';

/** A lab that is right, and has something of everything that can be wrong. */
export const LAB = `lab: x
segments: { bare: none, lan: [10.0.0.0/24, "fd00::/64"], wan: [172.16.0.0/24, "fd01::/64"] }
nodes:
  c: { kind: client, lan: [10.0.0.9, "fd00::9"] }
  lb: { kind: director, lan: [10.0.0.1, "fd00::1"], wan: [172.16.0.1, "fd01::1"], lips: [10.0.0.200] }
  rs: { kind: realserver, lan: [10.0.0.2, "fd00::2"], bare: none }
services:
  web: { vip: 10.0.0.100, port: 80, mode: fnat, reals: { rs: 1 } }
  six: { vip: "fd00::100", port: 80, mode: dr, reals: { rs: 1 } }
  old: { vip: 10.0.0.99, port: 81, mode: nat, reals: { rs: 1 } }
`;

/** The lab with one text replaced by another, and the line that it stands on. */
export function change(from: string, to: string): { text: string; line: number } {
  const at = LAB.indexOf(from);
  if (at < 0) throw new Error(`the lab does not hold ${from}`);
  return { text: LAB.replace(from, to), line: LAB.slice(0, at).split('\n').length };
}

/** Every mistake that the change brings: at least one, told with its place on the changed line. */
export function told(from: string, to: string): string {
  const { text, line } = change(from, to);
  const found = mistakesOf(text);
  expect(found).not.toEqual([]);
  for (const mistake of found) expect(mistake).toMatch(new RegExp(`^lab\\.yaml:${line}:\\d+ [^\n]+\n +[^\n]+\n +~+`));
  return found.map((m) => m.split('\n')[0]).join('\n');
}
