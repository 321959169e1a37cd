import type { Address } from '../net/cidr.ts';
import type { Placed } from './topology.ts';

/** Returns a tracked weight after a comma, if there is one. */
export function weightText(weight: number): string {
  return weight === 0 ? '' : `, weight: ${weight}`;
}

/** Returns an address or network as YAML has it: in quotes if it has colons. */
export function quotedIf6(text: string): string {
  return text.includes(':') ? `"${text}"` : text;
}

/** Returns an address as YAML has it. */
export function addressText({ text }: Address): string {
  return quotedIf6(text);
}

/** Returns a route’s destination as YAML has it. */
export function mapKey(to: string): string {
  return quotedIf6(to);
}

/** Returns the cards of a node: `SEGMENT: ADDRESS`, for each segment. */
export function cards(placed: readonly Placed[]): string {
  const wires = [...new Set(placed.map((p) => p.wire))];
  return wires
    .map((wire) => {
      const own = placed.filter((p) => p.wire === wire).map((p) => addressText(p.address));
      return `${wire.name}: ${own.length === 1 ? own[0] : `[${own.join(', ')}]`}`;
    })
    .join(', ');
}

/** Returns what of these addresses is a guess. */
export function guessed(placed: readonly Placed[], whose: string): readonly string[] {
  return placed.filter((p) => p.guess).map((p) => `${whose} on ${p.wire.name} is not known: ${p.address.text} is free`);
}

/** Returns default routes by these addresses. */
export function defaults(gates: readonly Placed[]): string {
  return gates
    .map(({ address }) => `${address.family === 4 ? 'default' : '"::/0"'}: ${addressText(address)}`)
    .join(', ');
}

/** Returns the default routes of a node by the router, of each family in whose subnet both are. */
export function defaultsOf(placed: readonly Placed[], router: readonly Placed[]): readonly string[] {
  return ([4, 6] as const).flatMap((family) => {
    const gate = router.find((g) => g.address.family === family && placed.some((p) => p.subnet === g.subnet));
    return gate ? [defaults([gate])] : [];
  });
}
