/**
 * Every closed list of words in a lab file, defined once. The schema, its messages, the types, the command line's
 * choices and their completion use these lists; the meaning of a word is in the registry of its kind, whose type
 * requires an entry for each word (`modes/index.ts`, `faults/index.ts` and so on).
 */

/** The kinds of nodes. */
export const NODE_KINDS = ['client', 'director', 'realserver', 'switch', 'host'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** The kernels whose network stack a node can use. */
export const KERNELS = ['host', 'uml', 'qemu'] as const;
export type KernelName = (typeof KERNELS)[number];
/** The choices in a lab file; `auto` selects the best kernel that works here when the node is created. */
export const KERNEL_CHOICES = ['auto', ...KERNELS] as const;
export type KernelChoice = (typeof KERNEL_CHOICES)[number];

/**
 * What a node can need of its kernel beyond what every kernel here has: iptables and nftables with everything that they
 * load, and SCTP.
 */
export const NEEDS = ['netfilter', 'sctp'] as const;
export type Need = (typeof NEEDS)[number];

/** The load balancers that a director can run; the first is the default. */
export const DRIVERS = ['ipvs', 'dpvs'] as const;
export type DriverName = (typeof DRIVERS)[number];
/** The choices of a test on the command line; `both` tests a lab with every driver that can run it. */
export const DRIVER_CHOICES = [...DRIVERS, 'both'] as const;
export type DriverChoice = (typeof DRIVER_CHOICES)[number];

/** The kinds of devices. */
export const DEVICES = ['bond', 'vlan', 'bridge', 'gre', 'ipip'] as const;
export type DeviceKind = (typeof DEVICES)[number];
/** Bonding modes. 0: round robin; 1: active and backup; 4: LACP (IEEE 802.3ad). */
export const BOND_MODES = [0, 1, 4] as const;
export type BondMode = (typeof BOND_MODES)[number];

/** Forwarding modes of a service. SNAT has no service: see snat.ts. */
export const MODES = ['nat', 'fnat', 'dr', 'tun'] as const;
export type Mode = (typeof MODES)[number];
/** The default mode of `lab init`. */
export const STANDARD_MODE: Mode = 'fnat';

/** Transports of a service. */
export const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];
/** The protocols that SNAT can translate. */
export const SNAT_PROTOCOLS = ['tcp', 'udp', 'icmp'] as const;
export type SnatProtocol = (typeof SNAT_PROTOCOLS)[number];
/** The protocols of a port in a node's own list: a plain server, one with TLS, or one that answers DNS. */
export const SERVED_PROTOCOLS = [...PROTOCOLS, 'tls', 'dns'] as const;
export type ServedProtocol = (typeof SERVED_PROTOCOLS)[number];

/** Schedulers, by their names in ipvsadm(8), option -s. */
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
  'conhash',
] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/**
 * The apps that answer for a service: HTTP, the same in TLS, a name server, any server that speaks first (only its banner is read), a database, and a
 * server that reads the client's own address from TOA (over UDP from UOA).
 */
export const APPS = ['http', 'https', 'dns', 'banner', 'mysql', 'toa'] as const;
export type App = (typeof APPS)[number];

/** The kinds of health checks; each is one of keepalived's checkers (keepalived.conf(5)). */
export const HEALTH_PROBES = ['tcp', 'http', 'ssl', 'misc', 'dns', 'udp', 'ping'] as const;
export type HealthProbeKind = (typeof HEALTH_PROBES)[number];
/** Record types that a DNS check can query. */
export const DNS_TYPES = ['A', 'AAAA', 'NS', 'SOA', 'MX', 'TXT', 'CNAME'] as const;
export type DnsType = (typeof DNS_TYPES)[number];
/** Their codes (RFC 1035 §3.2.2, RFC 3596). */
export const DNS_TYPE_CODES: Readonly<Record<DnsType, number>> = {
  A: 1,
  AAAA: 28,
  NS: 2,
  SOA: 6,
  MX: 15,
  TXT: 16,
  CNAME: 5,
};

/** What a lab is advised about (src/advice/): it is valid, but hardly what its author wants. */
export const ADVICE = [
  'equal-priorities',
  'track-weight',
  'nopreempt-weight',
  'nopreempt-master',
  'advert-differs',
  'slow-health',
  'mapped-port',
  'nat-client-segment',
  'route-around',
] as const;
export type AdviceId = (typeof ADVICE)[number];

/** Reversible faults. */
export const FAULTS = [
  'kill',
  'stop',
  'hang',
  'pause',
  'starve',
  'cut',
  'mute',
  'deaf',
  'flap',
  'partition',
  'loss',
  'duplicate',
  'delay',
  'rate',
  'poison',
  'drain',
  'withdraw',
  'reload',
  'slow',
  'reset',
  'halfopen',
] as const;
export type FaultKind = (typeof FAULTS)[number];

/**
 * How the master of a VRRP instance uses a device with the virtual MAC address of the instance: for its addresses and its
 * adverts, or only for its addresses, while adverts leave from the card itself.
 */
export const VMACS = ['whole', 'xmit_base'] as const;
export type Vmac = (typeof VMACS)[number];

/** Steps of a scenario, by their keys in a lab file. */
export const STEPS = ['contract', 'health', 'failover', 'fault', 'check', 'persistence', 'run', 'arp', 'cut'] as const;
export type StepWord = (typeof STEPS)[number];
/** The kinds of expectations in a scenario. */
export const EXPECTATIONS = ['master', 'answers', 'silent', 'weight', 'run', 'shows'] as const;
export type ExpectationKind = (typeof EXPECTATIONS)[number];
/** The fates of connections that were open before a fault. */
export const FLOW_FATES = ['survives', 'breaks'] as const;
export type FlowFate = (typeof FLOW_FATES)[number];
