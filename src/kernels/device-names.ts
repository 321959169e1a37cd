import { kernels } from './index.ts';

/** Names of our own in a node: its cards; a kernel may have more. */
const CARD = /^eth\d+$/;
/** Devices that Linux has in every network namespace: loopback, and what the tunnels' modules bring along. */
const OF_KERNEL = ['lo', 'tunl0', 'gre0', 'gretap0', 'erspan0', 'sit0', 'ip6tnl0', 'ip6gre0'];
/** Where sysctls name an interface, these mean all of them, and those to come. */
const OF_SYSCTLS = ['all', 'default'];

/** Why a device or a bridge that a lab file names cannot be called so; undefined when the name is free. */
export function takenName(name: string): string | undefined {
  if (CARD.test(name) || Object.values(kernels).some((k) => k.devices?.test(name)))
    return 'reserved for lab’s own devices';
  if (OF_KERNEL.includes(name)) return 'the kernel has a device of this name';
  return OF_SYSCTLS.includes(name) ? 'in sysctls this means all devices' : undefined;
}
