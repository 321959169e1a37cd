import { z } from 'zod';
import { isAbove, missingFrom, printedLines, renamed } from '../../checks/printed.ts';
import type { UserFile } from '../../model/node.ts';
import type { ShownOutput } from '../../model/step.ts';
import { DRIVERS } from '../../model/words.ts';
import { fail, ok, type Result } from '../../result.ts';
import type { Resolver } from '../resolver.ts';
import { command, mapping, nodeName, oneOf, path, text } from '../schema-words.ts';
import type { Path } from '../source.ts';
import type { Known } from './step-word.ts';

const lines = (description: string) => text('one or more lines of output', description, (v) => v.trim() !== '');

const name = (description: string) => text('a name without spaces', description, (v) => /^\S+$/.test(v));

/** The shape of a command with the output that a document shows. */
export const shownShape = z
  .strictObject(
    {
      on: nodeName('The node'),
      do: command('The command, run in the node’s own kernel; it only reads'),
      file: path('What the document shows as its output'),
      called: z
        .record(name('What the document calls it'), name('What the lab calls it'), mapping('names: { DOCUMENT: LAB }'))
        .meta({ description: 'Names in the document, each with that of the same thing in the lab' })
        .optional(),
      without: lines('What the document shows and the lab does not print, as in the document').optional(),
      besides: lines(
        'What the lab prints and the document does not show, as in the lab; an indented line stands below the one that it belongs to',
      ).optional(),
      driver: oneOf('Only if `on` runs this driver; otherwise the check is left out', DRIVERS).optional(),
    },
    mapping('{ on: NODE, do: COMMAND, file: FILE }'),
  )
  .meta({
    description:
      'A command must print the same lines as a document, in any order; spacing, counters and link-local addresses do not count',
  });

type RawShown = z.infer<typeof shownShape>;

/** Returns the output that must be shown; undefined if it has mistakes, or is for another driver. */
export function shownOutput(r: Resolver, known: Known, raw: RawShown, path: Path): ShownOutput | undefined {
  const node = r.lookup(known.nodes, raw.on, raw.driver === undefined ? undefined : 'director', [...path, 'on']);
  const file = r.file(raw.file, [...path, 'file']);
  if (!file) return undefined;
  const document = textOf(file);
  if (!document.ok) {
    r.wrong([...path, 'file'], `the file "${raw.file}" ${document.error}`);
    return undefined;
  }
  const names = raw.called ?? {};
  for (const name of Object.keys(names))
    if (renamed(document.value, { [name]: '' }) === document.value)
      r.wrong([...path, 'called', name], `the file "${raw.file}" has no name "${name}"`, 'key');
  const shown = printedLines(renamed(document.value, names));
  const without = printedLines(renamed(raw.without ?? '', names));
  for (const line of missingFrom(without, shown))
    r.wrong([...path, 'without'], `the file "${raw.file}" has no line "${line}"`);
  const kept = missingFrom(shown, without);
  const added = printedLines(raw.besides ?? '');
  // A line that the document has, too, may stand above others: it says to what they belong.
  const besides = added.filter((line) => !(kept.includes(line) && added.some((other) => isAbove(line, other))));
  for (const line of missingFrom(besides, missingFrom(besides, kept)))
    r.wrong([...path, 'besides'], `the file "${raw.file}" has this line, too: "${line}"`);
  if (raw.driver !== undefined && node?.driver !== raw.driver) return undefined;
  return {
    node: raw.on,
    command: raw.do,
    file: raw.file,
    lines: [...kept, ...besides],
  };
}

/** Returns the text of a file; fails with what it is instead, as the end of a sentence that begins with its name. */
function textOf({ base64 }: UserFile): Result<string, string> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return fail('is no text in UTF-8');
  }
  return printedLines(text).length > 0 ? ok(text) : fail('has no line to compare');
}
