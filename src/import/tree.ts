import { beyond, IMPORT_LIMITS } from './limits.ts';
import type { Line } from './reader.ts';
import type { Place, Told } from './told.ts';
import { tokensOf } from './words.ts';

/** A statement of a configuration: its words, and what its block contains if it has one. */
export interface Statement {
  readonly words: readonly string[];
  readonly place: Place;
  readonly block?: readonly Statement[] | undefined;
}

interface Open extends Statement {
  block?: Open[];
}

/**
 * Returns the statements of a configuration, in blocks. Reports a block that is not closed, a brace that opens no block,
 * and blocks too deep; a brace that closes no block is told as keepalived tells it, and passed over.
 */
export function treeOf(lines: readonly Line[], told: Told): readonly Statement[] {
  const top: Open[] = [];
  const open: Open[] = [];
  for (const { text, place } of lines) {
    const { tokens, open: unquoted } = tokensOf(text);
    if (unquoted) told.lose(place, 'a quote does not end on its line; keepalived warns of it, too');
    let words: string[] = [];
    const into = () => open.at(-1)?.block ?? top;
    const end = () => {
      if (words.length > 0) into().push({ words, place });
      words = [];
    };
    for (const token of tokens) {
      if ('word' in token) words.push(token.word);
      else if (token.brace === '}') {
        end();
        if (open.pop() === undefined)
          told.lose(
            place,
            'this } closes no block: a { is missing before it, or it is one too many; keepalived complains of it, too',
          );
      } else {
        end();
        const owner = into().at(-1);
        if (!owner || owner.block) {
          told.wrong(place, 'this { follows no name of a block', text);
          return [];
        }
        owner.block = [];
        open.push(owner);
        if (open.length > IMPORT_LIMITS.depth) {
          told.wrong(place, beyond(IMPORT_LIMITS.depth, 'blocks in one another'), text);
          return [];
        }
      }
    }
    end();
  }
  for (const { words, place } of open)
    told.wrong(place, `the block "${words.join(' ')}" is not closed; a } is missing`, words.join(' '));
  return top;
}
