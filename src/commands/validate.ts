import { EXIT } from '../failure.ts';
import { formatDiagnostic } from '../lab/diagnostic.ts';
import { findLabFile, readLab } from '../lab/read.ts';
import { complain, print, printJson } from '../output/print.ts';

/** `lab validate`: checks lab files and tells every mistake. Needs no engine. */
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
      summary: result.ok ? `${result.value.nodes.length} nodes, ${result.value.services.length} services` : '',
    };
  });
  if (options.json) printJson(results);
  else {
    for (const r of results) {
      if (r.ok) print(`${r.file}: right (${r.summary})`);
      else complain(r.mistakes.map(formatDiagnostic).join('\n'));
    }
  }
  return results.every((r) => r.ok) ? EXIT.ok : EXIT.usage;
}
