import { jsonSchema } from './schema.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
}

function rowsOf(schema: Schema, path: string): string[] {
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const need = schema.required?.includes(key) ? 'yes' : '';
    const choices = value.enum ? ` One of ${value.enum.map((e) => `\`${e}\``).join(', ')}.` : '';
    return [`| \`${at}\` | ${need} | ${value.description ?? ''}.${choices} |`, ...below(value, at)];
  });
  const more = schema.additionalProperties;
  if (typeof more !== 'object') return rows;
  const at = path === '' ? 'NAME' : `${path}.NAME`;
  return [...rows, ...(more.description ? [`| \`${at}\` | | ${more.description}. |`] : []), ...below(more, at)];
}

function below(schema: Schema, at: string): string[] {
  return schema.type === 'array' && schema.items ? rowsOf(schema.items, `${at}[]`) : rowsOf(schema, at);
}

/** The reference of the lab file as Markdown, from the schema: every key, whether it must be there, and what it means. */
export function reference(): string {
  return `# The lab file

Made by \`lab schema --reference\`; the schema in \`src/lab/schema.ts\` is its source. \`NAME\` stands for a name of yours.

| key | needed | meaning |
| --- | --- | --- |
${rowsOf(jsonSchema() as Schema, '').join('\n')}
`;
}
