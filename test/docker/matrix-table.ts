/** How one combination came out. */
export interface Cell {
  readonly mode: string;
  readonly arm: string;
  readonly family: string;
  readonly protocol: string;
  /** How many checks decided it. */
  readonly checks: number;
  readonly passed: boolean;
}

/** The combinations as a Markdown table: a row for each mode and arm, a column for each family and protocol. */
export function matrixTable(cells: readonly Cell[]): string {
  const columns = ['4', '6'].flatMap((family) => ['TCP', 'UDP', 'ICMP'].map((p) => `IPv${family} ${p}`));
  const rows = [...new Set(cells.map((c) => `${c.mode}, ${c.arm}-arm`))];
  const cell = (row: string, column: string) => {
    const c = cells.find(
      (o) => `${o.mode}, ${o.arm}-arm` === row && `IPv${o.family} ${o.protocol.toUpperCase()}` === column,
    );
    return c ? `${c.passed ? 'passed' : 'FAILED'} (${c.checks})` : '';
  };
  return [
    `| mode | ${columns.join(' | ')} |`,
    `| --- | ${columns.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${row} | ${columns.map((column) => cell(row, column)).join(' | ')} |`),
  ].join('\n');
}
