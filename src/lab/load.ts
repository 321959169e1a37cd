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

/** Returns the keys that the schema has at a path, to suggest the nearest one for a misspelling. */
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

/**
 * Returns whether a path is a key of a node. To the schema, a node's unknown key may be a segment: only the lab knows
 * which segments exist.
 */
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
    const keys = path.length > 0 ? issue.keys : issue.keys.filter((key) => !source.unread.has(`${key}.`));
    for (const key of keys) wrong([...path, key], () => `unknown key "${key}"${didYouMean(key, known)}`, 'key');
    return;
  }
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues;
    if (inner) wrong(path, () => `invalid name "${String(path.at(-1))}": ${inner.message}`, 'key');
    return;
  }
  // resolve reports it, because it knows the segments
  if (isNodeKey(path) && valueAt(source.value, ['segments', String(path[2])]) === undefined) return;
  if (value === undefined && path.length > 0) {
    const parent = path.slice(0, -1);
    const owner = parent.length > 0 ? `"${parent.join('.')}"` : 'the lab';
    wrong(parent, () => `${owner} has no "${String(path.at(-1))}": ${issue.message}`, 'key');
    return;
  }
  const words = () => {
    const allowed = issue.code === 'invalid_value' ? issue.values.map(String) : [];
    const near = typeof value === 'string' ? didYouMean(value, allowed) : '';
    return `${issue.message}, not ${shown(value)}${near}`;
  };
  wrong(path, words, value !== null && typeof value === 'object' ? 'key' : 'value');
}

/** The readable part of a file. */
export interface Shape {
  /** The file without its invalid entries; undefined if too little is left to check further. */
  readonly raw: RawLab | undefined;
  /** Entries that were left out, such as `nodes.rs1`: references to them are not mistakes. */
  readonly dropped: ReadonlySet<string>;
}

/**
 * Checks a parsed file against the schema: adds every mistake of shape to `mistakes`, and returns the part that can
 * still be checked.
 */
export function checkShape(source: Source, mistakes: Mistakes): Shape {
  const parsed = labFile.safeParse(source.value);
  if (parsed.success && source.unread.size === 0) {
    unknownNodeKeys(source, parsed.data.segments, mistakes);
    return { raw: withoutPrototypes(parsed.data), dropped: new Set() };
  }
  const issues = (parsed.error?.issues ?? []).filter((issue) => !isUnread(source, issue.path as Path));
  for (const issue of issues) tell(source, issue, mistakes);
  unknownNodeKeys(source, valueAt(source.value, ['segments']), mistakes);
  // Without segments, addresses have no meaning.
  if (source.unread.has('segments.')) return { raw: undefined, dropped: new Set() };
  const { value, dropped } = withoutMistakes(source.value, issues, unreadOf(source));
  const rest = labFile.safeParse(value);
  return { raw: rest.success ? withoutPrototypes(rest.data) : undefined, dropped };
}

/** Returns whether nothing is known of a place, because there is a syntax mistake at it or before it. */
function isUnread(source: Source, [section, entry]: Path): boolean {
  const all = unreadOf(source);
  if (section === undefined) return false;
  if (valueAt(source.value, [section]) === undefined) return all.has(`${section}.`);
  return entry === undefined ? all.has(`${section}.`) : all.has(`${section}.${entry}`);
}

/** Returns what could not be read, including missing sections: a syntax mistake may have absorbed them. */
function unreadOf({ unread, value }: Source): ReadonlySet<string> {
  if (unread.size === 0) return unread;
  const missing = Object.keys(labFile.shape).filter((section) => valueAt(value, [section]) === undefined);
  return new Set([...unread, ...missing.map((section) => `${section}.`)]);
}

/**
 * Returns the same mappings as objects without a prototype: a segment called `constructor` exists only if the file
 * defines it.
 */
function withoutPrototypes<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutPrototypes) as T;
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutPrototypes(inner)] as const);
  return Object.assign(Object.create(null), Object.fromEntries(entries)) as T;
}

/**
 * Returns the value without its unreadable parts, and without the subjects of the issues: only an unknown key,
 * otherwise the whole entry (a node, a service, a step) that contains it.
 */
function withoutMistakes(
  value: unknown,
  issues: readonly Issue[],
  unread: ReadonlySet<string>,
): { value: unknown; dropped: ReadonlySet<string> } {
  const copy = structuredClone(value);
  const dropped = new Set<string>(unread);
  const steps = new Set<number>();
  for (const part of unread) if (/^scenario\.\d/.test(part)) steps.add(Number(part.slice('scenario.'.length)));
  for (const issue of issues) {
    const path = issue.path as Path;
    const owner = issue.code === 'unrecognized_keys' ? valueAt(copy, path) : undefined;
    if (issue.code === 'unrecognized_keys' && owner !== null && typeof owner === 'object') {
      for (const key of issue.keys) delete (owner as Record<string, unknown>)[key];
      // The misspelled key is gone, so the entry may lack the right one.
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

/** Reports keys of nodes that are neither known nor the name of a segment. */
function unknownNodeKeys(source: Source, segments: unknown, mistakes: Mistakes): void {
  const names = segments !== null && typeof segments === 'object' ? Object.keys(segments) : [];
  const known = new Set([...names, ...NODE_KEYS]);
  const nodes = valueAt(source.value, ['nodes']);
  if (source.unread.has('segments.')) return; // any key may be a segment
  if (nodes === null || typeof nodes !== 'object') return;
  for (const [node, value] of Object.entries(nodes) as [string, unknown][]) {
    const keys = value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
    if (source.unread.has(`nodes.${node}`)) continue;
    for (const key of keys.filter((k) => !known.has(k)))
      mistakes.add(() =>
        source.at(
          ['nodes', node, key],
          `"${key}" is neither a segment of this lab nor a key of nodes${didYouMean(key, known)}`,
          'key',
        ),
      );
  }
}
