import { mapStrings, visibleLine } from '../visible.ts';
import type { Graph } from './graph.ts';

/**
 * Quotes a label: characters with a meaning in Mermaid (quotes, Markdown, directives, tags) become Mermaid's entities.
 */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((l) => l.replaceAll(/["#%&<>`{}\\]/g, (c) => `#${c.charCodeAt(0)};`));
  return `"${escaped.join('<br>')}"`;
}

/** Quotes a comment: directives have an effect there too. */
function comment(text: string): string {
  return text.replaceAll(/[{}%]/g, ' ');
}

/** Returns a lab's picture as a Mermaid flowchart: segments round, nodes square, addresses on the links. */
export function graphMermaid(raw: Graph): string {
  const graph = mapStrings(raw, visibleLine);
  const lines = ['flowchart LR'];
  for (const row of graph.rows) lines.push(`  segment_${id(row.segment)}([${quoted([row.segment, ...row.subnets])}])`);
  for (const c of graph.columns) lines.push(`  node_${id(c.name)}[${quoted([c.name, c.kind, ...c.notes])}]`);
  for (const row of graph.rows)
    row.ends.forEach((end, i) => {
      const column = graph.columns[i];
      if (!end || !column) return;
      const label = end.length > 0 ? `|${quoted(end)}|` : '';
      lines.push(`  segment_${id(row.segment)} ---${label} node_${id(column.name)}`);
    });
  for (const p of graph.paths) lines.push(`  %% ${comment(`${p.head}: ${p.request}; back ${p.reply}`)}`);
  return lines.join('\n');
}

function id(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '_');
}
