// Formats the results of bench/mutants as the table of docs/mutants.md.

/** Returns the last result of each mutation, and whether its survival is explained. */
export function judged(results, equivalent) {
  const last = new Map(results.map((r) => [r.id, r]));
  return [...last.values()].map((r) => ({
    ...r,
    reason: r.result === 'survived' ? equivalent.find((e) => e.of.test(r.id))?.reason : undefined,
  }));
}

const count = (rows, of) => rows.filter(of).length;

/** Returns lines of Markdown: counts by lab and by kind, the checks that detect most, and every survivor. */
export function table(results, equivalent) {
  const rows = judged(results, equivalent);
  const by = (key) => [...new Set(rows.map((r) => r[key]))].sort();
  const line = (name, of) => {
    const n = (f) => count(of, f);
    return `| ${name} | ${of.length} | ${n((r) => r.result === 'caught')} | ${n((r) => r.reason)} | ${n((r) => r.result === 'survived' && !r.reason)} | ${n((r) => r.result === 'inconclusive' || r.result === 'no verdict')} | ${n((r) => r.result === 'not applicable')} |`;
  };
  const head = (what) => [
    `| ${what} | tried | caught | equivalent | survived | no verdict | not applicable |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  const checks = new Map();
  for (const id of rows.flatMap((r) => r.by)) checks.set(id, (checks.get(id) ?? 0) + 1);
  const only = (id) => count(rows, (r) => r.by.length === 1 && r.by[0] === id);
  return [
    ...head('lab'),
    ...by('lab').map((l) =>
      line(
        l,
        rows.filter((r) => r.lab === l),
      ),
    ),
    line('**all**', rows),
    '',
    ...head('kind'),
    ...by('kind').map((k) =>
      line(
        k,
        rows.filter((r) => r.kind === k),
      ),
    ),
    '',
    '| check | sees | it alone |',
    '| --- | --- | --- |',
    ...[...checks].sort((a, b) => b[1] - a[1]).map(([id, n]) => `| ${id} | ${n} | ${only(id)} |`),
    '',
    '| survivor | reason, or that it is a hole |',
    '| --- | --- |',
    ...rows
      .filter((r) => r.result === 'survived')
      .map((r) => `| ${r.id.replaceAll('|', '\\|')} | ${r.reason ?? '**hole**'} |`),
  ].join('\n');
}
