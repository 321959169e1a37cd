import { counted } from '../counted.ts';

/**
 * What differs between two runs of the same program, by the programs that print it: versions and counters, and the
 * addresses that follow from MAC addresses. Each expression matches a line whose words one space separates.
 */
const VARIES: readonly (readonly [printed: RegExp, kept: string])[] = [
  // ipvsadm -ln: the version and the size of its hash table; open and closed connections of a real server
  [/^(IP Virtual Server) version \S+ \(size=\d+\)$/, '$1'],
  [/^(-> \S+ \S+ \d+) \d+ \d+$/, '$1'],
  // ipvsadm -G: conflicts and connections of a LIP
  [/^([0-9a-f.:]*[.:][0-9a-f.:]*) \d+ \d+$/, '$1'],
  // dpip -s addr show (in older releases without -s): ports of a LIP
  [/ ?\bsa_used \d+ sa_free \d+ sa_miss \d+$/, ''],
];
/** An address or a route of the link-local network (RFC 4291 §2.5.6), as ip and dpip print it. */
const LINK_LOCAL = /^inet6 fe[89ab][0-9a-f]:/;
/** Separates a line from the one that it belongs to. */
const BELOW = ' | ';
/** Number of lines that the words of a difference show. */
const SHOWN = 3;

/**
 * Reads what a program printed as lines that can be compared. A line that is indented belongs to the last one that is
 * indented less, and starts with it: a real server with its service. Spacing, blank lines, counters and link-local
 * addresses do not count.
 */
export function printedLines(output: string): readonly string[] {
  const above: { indent: number; line: string; counts: boolean }[] = [];
  return output.split(/\r?\n/).flatMap((raw) => {
    const words = raw.trim();
    if (words === '') return [];
    const indent = raw.length - raw.trimStart().length;
    while ((above.at(-1)?.indent ?? -1) >= indent) above.pop();
    const own = VARIES.reduce((line, [printed, kept]) => line.replace(printed, kept), words.replace(/\s+/g, ' '));
    if (own === '') return [];
    const parent = above.at(-1);
    const counts = (parent?.counts ?? true) && !LINK_LOCAL.test(own);
    const line = parent ? `${parent.line}${BELOW}${own}` : own;
    above.push({ indent, line, counts });
    return counts ? [line] : [];
  });
}

/** Returns whether the second line belongs to the first: it was indented below it. */
export function isAbove(line: string, other: string): boolean {
  return other.startsWith(`${line}${BELOW}`);
}

/** Replaces names by those that the lab has for the same things; all at once, so that two names can be exchanged. */
export function renamed(text: string, names: Readonly<Record<string, string>>): string {
  const longest = Object.keys(names).sort((a, b) => b.length - a.length);
  if (longest.length === 0) return text;
  const any = longest.map((name) => name.replace(/[^\w]/g, '\\$&')).join('|');
  return text.replace(new RegExp(`(?<![\\w.-])(?:${any})(?![\\w.-])`, 'g'), (name) => names[name] ?? name);
}

/** Returns the lines of the first list that the second does not have, each as often as it is missing. */
export function missingFrom(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/** How two outputs differ, in any order of their lines. */
export interface Difference {
  readonly same: boolean;
  readonly words: string;
  /** All lines: `-` only expected, `+` only printed. */
  readonly diff: string;
}

/** Compares what a program printed with what was expected. */
export function differenceOf(expected: readonly string[], printed: readonly string[]): Difference {
  const missing = missingFrom(expected, printed);
  const more = missingFrom(printed, expected);
  const both = missingFrom(expected, missing);
  const parts = [
    ...(missing.length > 0 ? [`missing: ${some(missing)}`] : []),
    ...(more.length > 0 ? [`not in the document: ${some(more)}`] : []),
  ];
  return {
    same: parts.length === 0,
    words: parts.length === 0 ? `${counted(printed.length, 'line')}, all as in the document` : parts.join('; '),
    diff: [...both.map((l) => `  ${l}`), ...missing.map((l) => `- ${l}`), ...more.map((l) => `+ ${l}`), ''].join('\n'),
  };
}

/** Shows the first lines, without those that belong to another one that differs. */
function some(lines: readonly string[]): string {
  const all = new Set(lines);
  const own = lines.filter((l) => !all.has(l.slice(0, Math.max(0, l.lastIndexOf(BELOW)))));
  const rest = own.length - SHOWN;
  const first = own.slice(0, SHOWN).map((l) => `"${l}"`);
  return `${first.join(', ')}${rest > 0 ? ` and ${counted(rest, 'line')} more` : ''}`;
}
