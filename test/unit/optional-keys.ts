import type { z } from 'zod';

/** What of a zod schema's definition the walk looks at. */
interface Def {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
}

/** Every optional key of a schema by its path: `services.*.health.retry`; `*` is any name, `[]` any place in a list. */
export function optionalKeys(schema: z.ZodType, path = ''): readonly string[] {
  const def = schema.def as unknown as Def;
  const found: string[] = [];
  for (const [key, value] of Object.entries(def.shape ?? {})) {
    const at = path === '' ? key : `${path}.${key}`;
    if ((value.def as unknown as Def).type === 'optional') found.push(at);
    found.push(...optionalKeys(value, at));
  }
  if (def.innerType) found.push(...optionalKeys(def.innerType, path));
  if (def.valueType) found.push(...optionalKeys(def.valueType, `${path}.*`));
  if (def.element) found.push(...optionalKeys(def.element, `${path}[]`));
  for (const option of def.options ?? []) found.push(...optionalKeys(option, path));
  return [...new Set(found)];
}
