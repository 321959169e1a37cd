import type { ConfigCheck } from '../nodes/part.ts';

/** The script that a node runs once its programs run, and that ends when they have started (images/node/src/init.c). */
export const STARTED = '/lab/started.sh';

/**
 * Lines of the init script that let every program check its configuration, side by side: the node does not come up
 * when one refuses it. What an earlier start left is removed, or it would be taken for this one's.
 */
export function beforeStart(checks: readonly ConfigCheck[], started: readonly string[]): string[] {
  const left = started.filter((condition) => condition.startsWith('/'));
  return [
    ...(left.length > 0 ? [`rm -f ${left.join(' ')}`] : []),
    ...(checks.length > 0 ? ['step configurations'] : []),
    ...checks.map(({ command }, i) => `{ ${command}; } & check${i}=$!`),
    ...checks.map(({ program, file }, i) => `wait $check${i} || { step "${program} refuses ${file}"; exit 1; }`),
  ];
}

/** The script that ends once the programs have started; none where there is nothing to see. */
export function startedFiles(started: readonly string[]): Readonly<Record<string, string>> {
  return started.length > 0 ? { [STARTED]: `exec nodectl await ${started.join(' ')}\n` } : {};
}
