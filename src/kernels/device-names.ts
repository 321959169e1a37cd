import { kernels } from './index.ts';

/** The names of cards for which the lab file gives none. */
const CARD = /^eth\d+$/;
/** Devices that exist in every Linux network namespace: loopback, and those that the tunnel modules create. */
const OF_KERNEL = ['lo', 'tunl0', 'gre0', 'gretap0', 'erspan0', 'sit0', 'ip6tnl0', 'ip6gre0'];
/** In names of sysctls, these mean all interfaces, and future ones. */
const OF_SYSCTLS = ['all', 'default'];
const OWN = 'reserved for lab’s own devices';

/** Returns why a device or bridge in a lab file cannot have this name; undefined if the name is free. */
export function takenName(name: string): string | undefined {
  return CARD.test(name) ? OWN : takenCardName(name);
}

/** Returns why a card in a lab file cannot have this name; undefined if it can. */
export function takenCardName(name: string): string | undefined {
  if (Object.values(kernels).some((k) => k.devices?.test(name))) return OWN;
  if (OF_KERNEL.includes(name)) return 'the kernel has a device of this name';
  return OF_SYSCTLS.includes(name) ? 'in sysctls this means all devices' : undefined;
}
