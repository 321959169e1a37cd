import type { Link } from '../model/lookup.ts';
import type { Device, LabNode } from '../model/node.ts';
import { BONDING, GRE, IPIP, type Module, VLAN } from './modules.ts';
import { type NodePart, nothing } from './part.ts';

/** The kernel modules of each kind of device. Every kernel has bridges. */
const MODULES: Readonly<Record<Device['kind'], readonly Module[]>> = {
  bond: [BONDING],
  vlan: [VLAN],
  bridge: [],
  gre: [GRE],
  ipip: [IPIP],
};

/** Milliseconds between two checks of a bond for its slaves' carriers. */
const MIIMON = 50;
/**
 * Names of bonding modes (ip-link(8)); LACP requests a message every second from its partner, so that three seconds
 * reveal a dead wire.
 */
const BOND_MODES = {
  0: 'balance-rr',
  1: 'active-backup',
  4: '802.3ad lacp_rate fast xmit_hash_policy layer3+4',
} as const;

/** Returns bonds, VLANs, bridges and tunnels of a node. Their lines come before any link is up. */
export function devices(node: LabNode): NodePart {
  return {
    ...nothing,
    modules: node.devices.flatMap((d) => MODULES[d.kind]),
    ip: node.devices.flatMap((d) => [...make(d), ...mtuLine(d)]),
  };
}

/** Returns the `ip -batch` line that sets the MTU of a card or a device; none if it has its usual one. */
export function mtuLine({ name, mtu }: Link): readonly string[] {
  return mtu === undefined ? [] : [`link set dev ${name} mtu ${mtu}`];
}

function make(device: Device): string[] {
  const { name } = device;
  switch (device.kind) {
    case 'bond':
      return [
        `link add name ${name} address ${device.mac} type bond mode ${BOND_MODES[device.mode]} miimon ${MIIMON}`,
        ...device.over.map((slave) => `link set dev ${slave} master ${name}`),
      ];
    case 'vlan':
      return [`link add link ${device.over[0]} name ${name} type vlan id ${device.id}`];
    case 'bridge':
      return [
        `link add name ${name} address ${device.mac} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
        ...device.over.map((port) => `link set dev ${port} master ${name}`),
      ];
    case 'gre':
    case 'ipip':
      return [`link add name ${name} type ${device.kind} local ${device.local} remote ${device.remote}`];
  }
}
