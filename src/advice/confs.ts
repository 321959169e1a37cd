import type { Director } from '../import/conf.ts';
import { filesOf } from '../import/files.ts';
import { readDirector } from '../import/read-director.ts';
import { type ConfFile, readConfFrom } from '../import/reader.ts';
import { Told } from '../import/told.ts';
import type { Lab } from '../model/lab.ts';

/** What the directors' own configurations say, and the files that they consist of. */
export interface Confs {
  readonly directors: ReadonlyMap<string, Director>;
  readonly files: readonly ConfFile[];
}

/**
 * Reads the keepalived.conf of each director that has one of the user's own, with what it includes of the node's files.
 * `folder` is that of the lab file. What keepalived would not understand is passed over: keepalived itself tells it.
 */
export function confsOf({ nodes }: Pick<Lab, 'nodes'>, folder: string): Confs {
  const files: ConfFile[] = [];
  const directors = new Map<string, Director>();
  for (const node of nodes) {
    const from = filesOf(node, folder);
    const [main] = node.keepalived ? from.find('/etc/keepalived/keepalived.conf') : [];
    if (!main) continue;
    const told = new Told();
    // Without a config-id, keepalived takes the machine's name.
    const conf = readConfFrom(from, main.local, node.name, told);
    files.push(...conf.files);
    directors.set(node.name, readDirector(conf, node.name, told));
  }
  return { directors, files };
}
