import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.ts';

/** The file in a report folder that says which part of all labs the report is about. */
const SHARD_FILE = 'shard.json';

const shape = z.object({
  shard: z.object({ index: z.int().min(1), of: z.int().min(1) }),
  labs: z.array(z.string()).readonly(),
  all: z.array(z.string()).readonly(),
});

/** A shard, its labs, and those of all shards together, by name. */
export type Divided = z.infer<typeof shape>;

/** Notes in a report folder, which is created, which labs belong to it. */
export function noteShard(folder: string, divided: Divided): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, SHARD_FILE), `${JSON.stringify(divided, null, 2)}\n`);
}

/** Reads which labs belong to a report folder; undefined if it is not about a shard. Throws a Failure if it is damaged. */
export function readShard(folder: string): Divided | undefined {
  const path = join(folder, SHARD_FILE);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  try {
    return shape.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new Failure('no-report', { path, why: 'it is not what `lab test --shard` writes' });
  }
}
