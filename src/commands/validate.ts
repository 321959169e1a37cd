import { adviceOn } from '../advice/advise.ts';
import { counted } from '../counted.ts';
import { EXIT } from '../failure.ts';
import { formatDiagnostic } from '../lab/diagnostic.ts';
import { findLabFile, readLabFile } from '../lab/read.ts';
import { adviceText } from '../output/advice.ts';
import { complain, print, printJson } from '../output/print.ts';

/** `lab validate`: checks lab files and reports every mistake, and advice about those that are valid. Needs no engine. */
export async function validate(
  names: readonly string[],
  options: { json?: boolean; allowOutside?: boolean },
): Promise<number> {
  const results = names.map((name) => {
    const file = findLabFile(name);
    const result = readLabFile(file, options);
    const lab = result.ok ? result.value.lab : undefined;
    return {
      file,
      ok: result.ok,
      mistakes: result.ok ? [] : result.error,
      advice: result.ok ? adviceOn(result.value) : [],
      summary: lab ? `${counted(lab.nodes.length, 'node')}, ${counted(lab.services.length, 'service')}` : '',
    };
  });
  if (options.json) printJson(results);
  else {
    for (const r of results) {
      if (r.ok) print([`${r.file}: valid (${r.summary})`, adviceText(r.advice)].filter((t) => t !== '').join('\n'));
      else complain(r.mistakes.map(formatDiagnostic).join('\n'));
    }
  }
  return results.every((r) => r.ok) ? EXIT.ok : EXIT.usage;
}
