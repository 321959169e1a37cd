import type { z } from 'zod';
import { didYouMean } from '../nearest.ts';
import type { Mistakes } from './diagnostic.ts';
import { labFile, NODE_KEYS, type RawLab } from './schema.ts';
import type { Path, Source } from './source.ts';

type Issue = z.core.$ZodIssue;

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (v, key) =>
      v !== null && typeof v === 'object' && Object.hasOwn(v, key)
        ? (v as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

/** The keys that the schema knows at a path: to name the nearest one for a misspelling. */
function knownKeys(schema: unknown, path: Path): readonly string[] {
  let at = schema as
    | {
        def?: {
          type?: string;
          innerType?: unknown;
          shape?: object;
          valueType?: unknown;
          element?: unknown;
          options?: readonly { def?: { type?: string } }[];
        };
      }
    | undefined;
  for (const key of [...path, undefined]) {
    while (at?.def?.innerType) at = at.def.innerType as typeof at;
    if (at?.def?.options) at = at.def.options.find((o) => o.def?.type === 'object') as typeof at;
    if (key === undefined) break;
    const def = at?.def;
    at = (
      def?.shape ? (def.shape as Record<string, unknown>)[String(key)] : (def?.valueType ?? def?.element)
    ) as typeof at;
  }
  return Object.keys(at?.def?.shape ?? {});
}

/** A node's unknown key is a segment, as far as the schema can tell: only the lab says which segments there are. */
function isNodeKey(path: Path): boolean {
  return path.length === 3 && path[0] === 'nodes' && !NODE_KEYS.includes(String(path[2]));
}

function tell(source: Source, issue: Issue, mistakes: Mistakes): void {
  const path = issue.path as Path;
  const value = valueAt(source.value, path);
  const wrong = (at: Path, message: () => string, where: 'key' | 'value') =>
    mistakes.add(() => source.at(at, message(), where));
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(labFile, path);
    for (const key of issue.keys) wrong([...path, key], () => `unknown key "${key}"${didYouMean(key, known)}`, 'key');
    return;
  }
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues;
    if (inner) wrong(path, () => `"${String(path.at(-1))}" is no good name here: ${inner.message}`, 'key');
    return;
  }
  // resolve tells it, with the segments at hand
  if (isNodeKey(path) && valueAt(source.value, ['segments', String(path[2])]) === undefined) return;
  if (value === undefined && path.length > 0) {
    const parent = path.slice(0, -1);
    const owner = parent.length > 0 ? `"${parent.join('.')}"` : 'the lab';
    wrong(parent, () => `${owner} lacks "${String(path.at(-1))}": ${issue.message}`, 'key');
    return;
  }
  const words = () => {
    const allowed = issue.code === 'invalid_value' ? issue.values.map(String) : [];
    const near = typeof value === 'string' ? didYouMean(value, allowed) : '';
    return `${issue.message}, not ${shown(value)}${near}`;
  };
  wrong(path, words, value !== null && typeof value === 'object' ? 'key' : 'value');
}

/** What of a file could be read, and what was wrong with the rest. */
export interface Shape {
  /** The file without the entries that are wrong; undefined when too little is left to look further. */
  readonly raw: RawLab | undefined;
  /** Entries that were left out, as `nodes.rs1`: what refers to them is not wrong for it. */
  readonly dropped: ReadonlySet<string>;
}

/** Checks a parsed file against the schema: every mistake of shape goes to `mistakes`; returns what can be looked into all the same. */
export function checkShape(source: Source, mistakes: Mistakes): Shape {
  const parsed = labFile.safeParse(source.value);
  if (parsed.success) {
    unknownNodeKeys(source, parsed.data.segments, mistakes);
    return { raw: withoutPrototypes(parsed.data), dropped: new Set() };
  }
  const { issues } = parsed.error;
  for (const issue of issues) tell(source, issue, mistakes);
  unknownNodeKeys(source, valueAt(source.value, ['segments']), mistakes);
  const { value, dropped } = withoutMistakes(source.value, issues);
  const rest = labFile.safeParse(value);
  return { raw: rest.success ? withoutPrototypes(rest.data) : undefined, dropped };
}

/** The same mappings as objects without a prototype: a segment called `constructor` is one only where it stands. */
function withoutPrototypes<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutPrototypes) as T;
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutPrototypes(inner)] as const);
  return Object.assign(Object.create(null), Object.fromEntries(entries)) as T;
}

/** The value less what the issues are about: an unknown key alone, else the whole entry (a node, a service, a step) that holds it. */
function withoutMistakes(value: unknown, issues: readonly Issue[]): { value: unknown; dropped: ReadonlySet<string> } {
  const copy = structuredClone(value);
  const dropped = new Set<string>();
  const steps = new Set<number>();
  for (const issue of issues) {
    const path = issue.path as Path;
    const owner = issue.code === 'unrecognized_keys' ? valueAt(copy, path) : undefined;
    if (issue.code === 'unrecognized_keys' && owner !== null && typeof owner === 'object') {
      for (const key of issue.keys) delete (owner as Record<string, unknown>)[key];
      // Without the misspelled key the entry may lack the right one.
      if (path.length >= 2) dropped.add(`${path[0]}.${path[1]}`);
    } else if (path[0] === 'scenario' && typeof path[1] === 'number') {
      steps.add(path[1]);
    } else if (path.length >= 2) {
      dropped.add(`${path[0]}.${path[1]}`);
    }
  }
  for (const entry of dropped) {
    const dot = entry.indexOf('.');
    const section = valueAt(copy, [entry.slice(0, dot)]);
    if (section !== null && typeof section === 'object')
      delete (section as Record<string, unknown>)[entry.slice(dot + 1)];
  }
  const scenario = valueAt(copy, ['scenario']);
  if (Array.isArray(scenario)) for (const i of steps) scenario[i] = null;
  if (Array.isArray(scenario) && steps.size > 0)
    (copy as { scenario: unknown }).scenario = scenario.filter((s) => s !== null);
  return { value: copy, dropped };
}

/** Keys of nodes that are neither known nor the name of a segment. */
function unknownNodeKeys(source: Source, segments: unknown, mistakes: Mistakes): void {
  const names = segments !== null && typeof segments === 'object' ? Object.keys(segments) : [];
  const known = new Set([...names, ...NODE_KEYS]);
  const nodes = valueAt(source.value, ['nodes']);
  if (nodes === null || typeof nodes !== 'object') return;
  for (const [node, value] of Object.entries(nodes) as [string, unknown][]) {
    const keys = value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
    for (const key of keys.filter((k) => !known.has(k)))
      mistakes.add(() =>
        source.at(
          ['nodes', node, key],
          `"${key}" is neither a segment of this lab nor a key of a node${didYouMean(key, known)}`,
          'key',
        ),
      );
  }
}
