import { counted } from '../counted.ts';
import { EXIT } from '../failure.ts';
import { formatDiagnostic } from '../lab/diagnostic.ts';
import { findLabFile, readLab } from '../lab/read.ts';
import { complain, print, printJson } from '../output/print.ts';

/** `lab validate`: checks lab files and reports every mistake. Needs no engine. */
export async function validate(
  names: readonly string[],
  options: { json?: boolean; allowOutside?: boolean },
): Promise<number> {
  const results = names.map((name) => {
    const file = findLabFile(name);
    const result = readLab(file, options);
    return {
      file,
      ok: result.ok,
      mistakes: result.ok ? [] : result.error,
      summary: result.ok
        ? `${counted(result.value.nodes.length, 'node')}, ${counted(result.value.services.length, 'service')}`
        : '',
    };
  });
  if (options.json) printJson(results);
  else {
    for (const r of results) {
      if (r.ok) print(`${r.file}: valid (${r.summary})`);
      else complain(r.mistakes.map(formatDiagnostic).join('\n'));
    }
  }
  return results.every((r) => r.ok) ? EXIT.ok : EXIT.usage;
}
