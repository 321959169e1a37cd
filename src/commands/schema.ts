import { reference } from '../lab/reference.ts';
import { jsonSchema } from '../lab/schema.ts';
import { print, printJson } from '../output/print.ts';

/** `lab schema`: prints the lab file's JSON Schema, or its reference. */
export async function schema(options: { reference?: boolean }): Promise<number> {
  if (options.reference) print(reference());
  else printJson(jsonSchema());
  return 0;
}
