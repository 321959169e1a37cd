/** Returns a number with its noun, in the plural unless it is one: `1 node`, `5 nodes`, `1,200 nodes`. */
export function counted(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}
