/** A kernel module that a node requires. */
export interface Module {
  readonly name: string;
  /** Other modules that are needed with it. */
  readonly also?: readonly string[];
  readonly options?: string;
  /**
   * Commands that make a kernel with automatic module loading load it: needed for what exists only after it is loaded,
   * such as a sysctl or a device of the module. Objects that are requested by their kind need none. The words of the
   * commands contain no spaces.
   */
  readonly ask?: readonly string[];
}

export const BONDING: Module = { name: 'bonding', options: 'max_bonds=0' };
export const VLAN: Module = { name: '8021q' };
export const GRE: Module = { name: 'ip_gre' };
export const MACVLAN: Module = { name: 'macvlan' };
export const IPIP: Module = {
  name: 'ipip',
  ask: ['ip link add probe0 type ipip remote 127.0.0.2', 'ip link del probe0'],
};
export const IP6_TUNNEL: Module = {
  name: 'ip6_tunnel',
  ask: ['ip link add probe0 type ip6tnl remote ::2', 'ip link del probe0'],
};
