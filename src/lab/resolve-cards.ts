import { takenCardName } from '../kernels/device-names.ts';
import type { Interface } from '../model/node.ts';
import { didYouMean } from '../nearest.ts';
import { onSegment } from './resolve-address.ts';
import { mtuOfCard } from './resolve-mtu.ts';
import type { Resolver } from './resolver.ts';
import { NODE_KEYS, type RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawNode = RawLab['nodes'][string];

/** A card in the file: its segment and addresses, and its name with the name's place, if the file gives one. */
interface Wanted {
  readonly segment: string;
  readonly value: unknown;
  readonly path: Path;
  readonly named: { readonly name: string; readonly path: Path } | undefined;
  /** The MTU that the file gives the card itself. */
  readonly mtu?: number | undefined;
}

/**
 * Resolves the cards: one for each segment that the node names, in the order of the segments, then those of its own
 * list. A card without a name in the file is called by its place: eth0, eth1 and so on.
 */
export function resolveCards(r: Resolver, node: string, raw: RawNode): Interface[] {
  const wanted = wantedCards(r, node, raw);
  tellNames(r, node, wanted);
  return wanted.map(({ segment, value, path, named, mtu }, i) => {
    const texts = value === 'none' ? [] : ([value].flat() as string[]);
    const addresses = texts.flatMap((text, n) => {
      const at = Array.isArray(value) ? [...path, n] : path;
      return onSegment(r, text, segment, at, `the address of node "${node}"`) ?? [];
    });
    const size = mtuOfCard(r, { segment, addresses, mtu }, path);
    return {
      name: named?.name ?? plain(i),
      segment,
      addresses,
      mac: r.macs.give(addresses, `${node}/${plain(i)}`),
      ...(size === undefined ? {} : { mtu: size }),
    };
  });
}

/** Returns the name of a card for which the file gives none. */
function plain(index: number): string {
  return `eth${index}`;
}

function wantedCards(r: Resolver, node: string, raw: RawNode): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const segment of r.segments.keys()) {
    if (NODE_KEYS.includes(segment) || raw[segment] === undefined) continue;
    const name = raw.cards?.[segment];
    const named = name === undefined ? undefined : { name, path: ['nodes', node, 'cards', segment] };
    wanted.push({ segment, value: raw[segment], path: ['nodes', node, segment], named });
  }
  for (const [segment] of Object.entries(raw.cards ?? {}))
    if (!wanted.some((w) => w.segment === segment) && !r.isDropped(`segments.${segment}`))
      r.wrong(
        ['nodes', node, 'cards', segment],
        r.segments.has(segment)
          ? `"${node}" has no address on segment "${segment}", so no card there; add ${segment}: ADDRESS to it`
          : `there is no segment "${segment}"${didYouMean(segment, r.segments.keys())}`,
        'key',
      );
  for (const [i, card] of (raw.interfaces ?? []).entries()) {
    const path = ['nodes', node, 'interfaces', i];
    const named = card.name === undefined ? undefined : { name: card.name, path: [...path, 'name'] };
    if (r.segments.has(card.on))
      wanted.push({
        segment: card.on,
        value: card.address ?? 'none',
        path: [...path, 'address'],
        named,
        mtu: card.mtu,
      });
    else if (!r.isDropped(`segments.${card.on}`))
      r.wrong([...path, 'on'], `there is no segment "${card.on}"${didYouMean(card.on, r.segments.keys())}`);
  }
  return wanted;
}

/** Reports names that no card can have, that two cards would have, or that mean another segment of the node. */
function tellNames(r: Resolver, node: string, wanted: readonly Wanted[]): void {
  for (const [i, { segment, named }] of wanted.entries()) {
    if (!named) continue;
    const { name, path } = named;
    const taken = takenCardName(name);
    const twin = wanted.findIndex((w, n) => n !== i && (w.named?.name ?? plain(n)) === name);
    const other = wanted[twin];
    if (taken !== undefined) r.wrong(path, `a card cannot be called "${name}": ${taken}`);
    else if (other?.named && twin < i)
      r.wrong(path, `"${node}" has a card "${name}" already, on segment "${other.segment}"`);
    else if (other && !other.named)
      r.wrong(path, `"${name}" is what the card on segment "${other.segment}" is called; name that card, too`);
    else if (segment !== name && wanted.some((w) => w.segment === name))
      r.wrong(path, `"${name}" is also a segment that "${node}" is on; choose another name`);
  }
}
