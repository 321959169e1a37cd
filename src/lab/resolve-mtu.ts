import { familyOf, type Link } from '../model/lookup.ts';
import { LEAST_MTU_6, WIRE_MTU } from '../model/mtu.ts';
import type { Device, HostAddress } from '../model/node.ts';
import type { Resolver } from './resolver.ts';
import type { Path } from './source.ts';

/** Reports an MTU that is too small for the IPv6 addresses on its link. */
function tellSmall(r: Resolver, mtu: number, addresses: readonly HostAddress[], path: Path): void {
  const six = addresses.find((a) => familyOf(a.address) === 6);
  if (six && mtu < LEAST_MTU_6)
    r.wrong(path, `IPv6 needs an MTU of at least ${LEAST_MTU_6} (RFC 8200), for ${six.address}; here it is ${mtu}`);
}

/** Reports segments whose MTU is too small for their IPv6 subnet. */
export function tellSegmentMtus(r: Resolver): void {
  for (const [name, mtu] of r.mtus) {
    const six = r.segments.get(name)?.find((s) => s.address.family === 6);
    if (six) tellSmall(r, mtu, [{ address: six.address.text, prefix: six.prefix }], ['segments', name, 'mtu']);
  }
}

/** A card in the file: its segment, its addresses and the MTU that the file gives it itself. */
interface RawCard {
  readonly segment: string;
  readonly addresses: readonly HostAddress[];
  readonly mtu: number | undefined;
}

/** Returns the MTU of a card, its own or its segment's; reports one that its wire does not carry. `path` is its address. */
export function mtuOfCard(r: Resolver, { segment, addresses, mtu }: RawCard, path: Path): number | undefined {
  const wire = r.mtus.get(segment);
  if (mtu === undefined) return wire;
  const at = [...path.slice(0, -1), 'mtu'];
  if (mtu > (wire ?? WIRE_MTU))
    r.wrong(at, `segment "${segment}" carries packets of at most ${wire ?? WIRE_MTU} bytes; give the segment the MTU`);
  tellSmall(r, mtu, addresses, at);
  return mtu;
}

/** An MTU in the file, and the links below the device. */
interface RawMtu {
  readonly raw: number | undefined;
  readonly below: readonly Link[];
}

/** Returns the MTU of a device, its own or what the links below allow; reports one that they do not allow. */
export function mtuOfDevice(r: Resolver, device: Device, { raw, below }: RawMtu, path: Path): number | undefined {
  const lowest = below.length === 0 ? undefined : Math.min(...below.map((l) => l.mtu ?? WIRE_MTU));
  if (raw === undefined) return below.some((l) => l.mtu !== undefined) ? lowest : undefined;
  if (lowest !== undefined && raw > lowest)
    r.wrong(
      [...path, 'mtu'],
      `"${device.name}" is built on ${below.map((l) => `"${l.name}"`).join(' and ')}, with an MTU of ${lowest}; its own must not be larger`,
    );
  tellSmall(r, raw, device.addresses, [...path, 'mtu']);
  return raw;
}
