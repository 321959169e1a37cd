import { type Dropped, type Given, keyOf, type Out, serviceWords } from './given.ts';
import { dooms } from './health.ts';

/** Returns why services cannot be in the lab at all, by their keys. */
export function firstDropped(given: Given): Dropped {
  const dropped = new Map<string, { place: Out['place']; text: string }>();
  for (const { name, instance } of given.shared) {
    const why =
      instance.beyond ??
      (instance.vips.length === 0 ? { place: instance.place, text: 'it moves no address' } : undefined);
    if (why)
      dropped.set(keyOf({ kind: 'instance', name }), {
        place: why.place,
        text: `instance "${instance.name}" is not carried over: ${why.text}`,
      });
  }
  const lost = given.shared.filter((s) => dropped.has(keyOf({ kind: 'instance', name: s.name })));
  for (const { name, virtual } of given.services) {
    const mover = lost.find((s) => s.instance.vips.some((v) => v.address.text === virtual.vip.text));
    const addresses = virtual.reals.map((r) => r.address.text);
    const twice = addresses.find((a, i) => addresses.indexOf(a) < i);
    const why =
      virtual.beyond ??
      dooms(virtual, given.programs) ??
      (mover && {
        place: virtual.place,
        text: `instance "${mover.instance.name}", which moves its VIP, is not carried over`,
      }) ??
      (twice === undefined
        ? undefined
        : { place: virtual.place, text: `a lab file cannot say two real servers on one address (${twice})` });
    if (why)
      dropped.set(keyOf({ kind: 'service', name }), {
        place: why.place,
        text: `${serviceWords(virtual)} is not carried over: ${why.text}`,
      });
  }
  return dropped;
}
