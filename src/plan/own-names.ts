import { KEEPALIVED_CONF } from '../drivers/keepalived-conf.ts';
import type { LabNode } from '../model/node.ts';

/** Returns a node's message with the paths of the user's files replaced by their names in the lab file. */
export function namedByLab(node: LabNode, words: string): string {
  const own = Object.entries(node.files).map(([place, file]): [string, string] => [place, file.path]);
  if (node.keepalived) own.push([KEEPALIVED_CONF, node.keepalived.path]);
  return own.reduce((text, [place, name]) => text.replaceAll(place, () => name), words);
}
