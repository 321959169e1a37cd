/** A kernel module that a node stands on. */
export interface Module {
  readonly name: string;
  /** Others that are wanted with it. */
  readonly also?: readonly string[];
  readonly options?: string;
  /**
   * Commands upon which a kernel that loads modules itself loads it: what only shows once it is there, a sysctl
   * or a device that it brings along. What is asked for by its kind anyway needs none. Their words have no spaces.
   */
  readonly ask?: readonly string[];
}

export const BONDING: Module = { name: 'bonding', options: 'max_bonds=0' };
export const VLAN: Module = { name: '8021q' };
export const GRE: Module = { name: 'ip_gre' };
export const IPIP: Module = {
  name: 'ipip',
  ask: ['ip link add probe0 type ipip remote 127.0.0.2', 'ip link del probe0'],
};
export const IP6_TUNNEL: Module = {
  name: 'ip6_tunnel',
  ask: ['ip link add probe0 type ip6tnl remote ::2', 'ip link del probe0'],
};
