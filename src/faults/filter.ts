import type { Fault } from '../model/fault.ts';
import { servedPorts } from '../model/lookup.ts';
import type { FaultKind } from '../model/words.ts';
import { CannotObserve, type Hand } from '../plan/hand.ts';
import { script } from '../shell.ts';
import type { Stamp } from './fault.ts';
import { places } from './server.ts';

/** The treatment of segments to a real server's ports: refuse all of them, or drop those with payload. */
type What = 'reset' | 'silence';

/** Filters segments to a real server's ports, in its own kernel, and verifies the filter. */
export async function filter(hand: Hand, { kind, node, text }: Fault, what: What): Promise<Stamp> {
  const ports = [
    ...new Set(places(hand.lab, node).flatMap(({ service, real }) => servedPorts(service, real).map(String))),
  ];
  const by = (how: 'nft' | 'tc') => hand.tryTimed(node, script('filter', how, nameOf(kind), what, ...ports));
  const nft = await by('nft');
  if (nft.code === 0) return nft.at;
  const tc = await by('tc');
  if (tc.code !== 0)
    throw new CannotObserve(
      `the kernel of ${node} supports neither nftables (${firstLine(nft.stderr)}) nor traffic control (${firstLine(tc.stderr)}), one of which ${text} needs`,
    );
  return tc.at;
}

export async function unfilter(hand: Hand, { kind, node }: Fault): Promise<Stamp> {
  return (await hand.timed(node, script('filter', 'lift', nameOf(kind)))).at;
}

function nameOf(kind: FaultKind): string {
  return `fault_${kind}`;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
