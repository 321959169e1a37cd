/** A block of a configuration: what stands before the brace, and what is in the braces. */
export type Block = readonly [head: string, body: readonly (string | Block)[]];

/** Writes lines and blocks in the form of keepalived.conf, which dpvs.conf has, too. */
export function writeBlocks(lines: readonly (string | Block)[], indent = ''): string {
  return lines
    .map((line) =>
      typeof line === 'string'
        ? `${indent}${line}\n`
        : `${indent}${line[0]} {\n${writeBlocks(line[1], `${indent}    `)}${indent}}\n`,
    )
    .join('');
}
