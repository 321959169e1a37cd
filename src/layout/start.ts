import type { ConfigCheck } from '../nodes/part.ts';

/**
 * Lines of the init script that let every program check its configuration, side by side: the node does not come up
 * when one refuses it.
 */
export function configChecks(checks: readonly ConfigCheck[]): string[] {
  return [
    ...(checks.length > 0 ? ['step configurations'] : []),
    ...checks.map(({ command }, i) => `{ ${command}; } & check${i}=$!`),
    ...checks.map(({ program, file }, i) => `wait $check${i} || { step "${program} refuses ${file}"; exit 1; }`),
  ];
}
