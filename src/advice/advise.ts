import { type Place, shownPath } from '../import/told.ts';
import type { Diagnostic } from '../lab/diagnostic.ts';
import type { LabFile } from '../lab/read.ts';
import type { AdviceId } from '../model/words.ts';
import { ADVICE } from '../model/words.ts';
import { type Confs, confsOf } from './confs.ts';
import { rules } from './index.ts';

/** A piece of advice about a lab: its place, what was found there, why it matters, and how to turn it off. */
export interface Advice extends Diagnostic {
  readonly id: AdviceId;
  readonly why: string;
  readonly instead: string;
  /** What to write at the top of the lab file to turn it off. */
  readonly off: string;
}

/** Returns the advice about a lab, without what it turns off: by rule, and for each in the order of the lab. */
export function adviceOn({ lab, source, folder }: LabFile): readonly Advice[] {
  const confs = confsOf(lab, folder);
  const subject = { lab, confs: confs.directors };
  return ADVICE.filter((id) => lab.advice?.[id] === undefined).flatMap((id) => {
    const { why, instead, find } = rules[id];
    const off = `advice: { ${id}: "the reason" }`;
    return find(subject).map(({ at, message }) => {
      const told = 'path' in at ? source.at(at.path, message, at.where) : atLine(confs, at.place, message);
      return { ...told, id, why, instead, off };
    });
  });
}

/** Returns the diagnostic of a line of a configuration. */
function atLine({ files }: Confs, { file, line }: Place, message: string): Diagnostic {
  const lines =
    files
      .find((f) => f.local === file)
      ?.bytes.toString('utf8')
      .split(/\r?\n/) ?? [];
  const text = lines[line - 1]?.trimEnd() ?? '';
  const indent = text.length - text.trimStart().length;
  return {
    file: shownPath(file),
    message,
    place: { line, column: indent + 1, length: Math.max(1, text.length - indent) },
    source: text,
  };
}
