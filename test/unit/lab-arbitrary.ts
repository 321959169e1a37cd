import * as fc from 'fast-check';
import type { z } from 'zod';

/** What of a zod schema's definition is needed to make values of it. */
interface Def {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, string>>;
  readonly catchall?: z.ZodType;
}

/** Texts that lab files are made of, right ones and wrong ones, so that what is made of a schema comes to mean something. */
const TEXTS = [
  ...['lan', 'wan', 'bare', 'c', 'lb', 'lb2', 'rs', 'rs2', 'web', 'V', 'o', 'eth0', 'bond1', 'all', 'none', 'default'],
  ...['10.0.0.0/24', '172.16.0.0/24', 'fd00::/64', '10.0.0.1', '10.0.0.2', '10.0.0.2/24', '10.0.0.100', '172.16.0.9'],
  ...['fd00::1', 'fd00::100', '224.0.0.18', '0.0.0.0', '127.0.0.1', '10.0.0.255', '::', 'ff02::1', '10.0.0.0/0'],
  ...[
    '1s',
    '0s',
    '500ms',
    '3s',
    '100000000000000000000s',
    '80/tcp',
    '80/tls',
    '53/dns',
    '99999/tcp',
    'kill:lb',
    'kill:rs/nginx',
  ],
  ...[
    '/',
    '/x y',
    '/etc',
    '/root/x',
    '/lab/x',
    './x',
    '../x',
    'true',
    'a"}\n{',
    '',
    '\u0000',
    'blackhole',
    'net.ipv4.ip_forward',
  ],
  ...['__proto__', 'constructor', 'toString', 'www.lab', 'x'.repeat(300)],
];

const someText = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...TEXTS) }, { weight: 1, arbitrary: fc.string() });
/** A value of any shape, as somebody may write who has not read the reference. */
const anything = fc.oneof(
  someText,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(someText, { maxLength: 2 }),
);

/** Values of a schema's shape, most of them; what its leaves say of their texts is not kept. */
export function shaped(schema: z.ZodType): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 60, arbitrary: right(schema) }, { weight: 1, arbitrary: anything });
}

function right(schema: z.ZodType): fc.Arbitrary<unknown> {
  const def = schema.def as unknown as Def;
  switch (def.type) {
    case 'optional':
      return shaped(def.innerType as z.ZodType);
    case 'object':
      return object(def);
    case 'record': {
      const key = fc.constantFrom(...TEXTS.slice(0, 30));
      return fc.dictionary(key, shaped(def.valueType as z.ZodType), { maxKeys: 4, noNullPrototype: false });
    }
    case 'array':
      return fc.array(shaped(def.element as z.ZodType), { maxLength: 3 });
    case 'union':
      return fc.oneof(...(def.options ?? []).map(shaped));
    case 'literal':
      return fc.constantFrom(...(def.values ?? []));
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries ?? {}));
    case 'boolean':
      return fc.boolean();
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer(), fc.double());
    case 'string':
      return someText;
    case 'never': // a key that a shape does not have
      return anything;
    default:
      throw new Error(`no values of a ${def.type}`);
  }
}

function object({ shape = {}, catchall }: Def): fc.Arbitrary<unknown> {
  const keys = Object.keys(shape);
  const required = keys.filter((key) => (shape[key] as z.ZodType).def.type !== 'optional');
  const known = fc.record(Object.fromEntries(keys.map((key) => [key, shaped(shape[key] as z.ZodType)])), {
    requiredKeys: required,
    noNullPrototype: true,
  });
  if ((catchall?.def as unknown as Def | undefined)?.type !== 'union') return known;
  const more = fc.dictionary(fc.constantFrom('lan', 'wan', 'bare', 'lam'), shaped(catchall as z.ZodType), {
    maxKeys: 2,
    noNullPrototype: true,
  });
  return fc.tuple(known, more).map(([a, b]) => ({ ...(a as object), ...b }));
}

/** The schemas that a value may have at a path: several, where there is a choice of shapes. */
function schemasAt(schemas: readonly z.ZodType[], path: readonly (string | number)[]): readonly z.ZodType[] {
  const open = (s: z.ZodType): readonly z.ZodType[] => {
    const def = s.def as unknown as Def;
    if (def.innerType) return open(def.innerType);
    return def.options ? def.options.flatMap(open) : [s];
  };
  const [key, ...rest] = path;
  const here = schemas.flatMap(open);
  if (key === undefined) return here;
  const below = here.flatMap((s) => {
    const { shape, valueType, element, catchall } = s.def as unknown as Def;
    return (shape ? (shape[key] ?? catchall) : (valueType ?? element)) ?? [];
  });
  return schemasAt(below, rest);
}

/** Every path into a value. */
function pathsOf(value: unknown, at: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (value === null || typeof value !== 'object') return [at];
  const entries = Array.isArray(value) ? value.map((v, i) => [i, v] as const) : Object.entries(value);
  return [at, ...entries.flatMap(([key, v]) => pathsOf(v, [...at, key]))];
}

/** The value with another one at a path, or without what stands there. */
function put(value: unknown, [key, ...rest]: readonly (string | number)[], leaf: { readonly with?: unknown }): unknown {
  if (key === undefined) return leaf.with;
  if (Array.isArray(value)) {
    if (rest.length === 0 && !('with' in leaf)) return value.filter((_, i) => i !== key);
    return value.map((v, i) => (i === key ? put(v, rest, leaf) : v));
  }
  const entries = Object.entries(value as object);
  if (rest.length === 0 && !('with' in leaf)) return Object.fromEntries(entries.filter(([k]) => k !== key));
  return Object.fromEntries(entries.map(([k, v]) => [k, k === key ? put(v, rest, leaf) : v]));
}

/** Values like those given, with one to three places that hold something else of their shape, or nothing any more. */
export function altered(values: fc.Arbitrary<unknown>, schema: z.ZodType): fc.Arbitrary<unknown> {
  const once = (value: unknown): fc.Arbitrary<unknown> =>
    fc.constantFrom(...pathsOf(value).filter((p) => p.length > 0)).chain((path) => {
      const schemas = schemasAt([schema], path);
      const others = schemas.length > 0 ? fc.oneof(...schemas.map(shaped)) : anything;
      return fc.oneof(
        { weight: 4, arbitrary: others.map((other) => put(value, path, { with: other })) },
        { weight: 1, arbitrary: fc.constant(put(value, path, {})) },
      );
    });
  return values.chain(once).chain((v) => fc.oneof(fc.constant(v), once(v), once(v).chain(once)));
}
