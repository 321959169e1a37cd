/**
 * Every closed list of words of a lab file, once. The schema, its messages, the types, the command line's choices and
 * what completes them take a list from here; what a word stands for is in the registry of its kind, whose type demands
 * an entry for each (`modes/index.ts`, `faults/index.ts` and so on).
 */

/** What a node can be. */
export const NODE_KINDS = ['client', 'director', 'realserver', 'switch', 'host'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** Whose network stack a node can use. */
export const KERNELS = ['host', 'uml'] as const;
export type KernelName = (typeof KERNELS)[number];
/** What a lab can ask for; `auto` takes the best that works here, decided when the node is made. */
export const KERNEL_CHOICES = ['auto', ...KERNELS] as const;
export type KernelChoice = (typeof KERNEL_CHOICES)[number];

/** Which load balancer a director can run; the first is what it runs where nobody says. */
export const DRIVERS = ['ipvs'] as const;
export type DriverName = (typeof DRIVERS)[number];

/** The kinds of device that a node can be given. */
export const DEVICES = ['bond', 'vlan', 'bridge', 'gre', 'ipip'] as const;
export type DeviceKind = (typeof DEVICES)[number];
/** Bonding modes. 0: round robin; 1: active and backup; 4: LACP (IEEE 802.3ad). */
export const BOND_MODES = [0, 1, 4] as const;
export type BondMode = (typeof BOND_MODES)[number];

/** Forwarding modes of a service. SNAT has no service: see snat.ts. */
export const MODES = ['nat', 'fnat', 'dr', 'tun'] as const;
export type Mode = (typeof MODES)[number];
/** What `lab init` makes where nobody says. */
export const STANDARD_MODE: Mode = 'fnat';

/** Transports of a service. */
export const PROTOCOLS = ['tcp', 'udp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];
/** What SNAT can translate. */
export const SNAT_PROTOCOLS = [...PROTOCOLS, 'icmp'] as const;
export type SnatProtocol = (typeof SNAT_PROTOCOLS)[number];
/** What a port of a node's own list can speak: a plain server, one that speaks TLS, or one that answers DNS. */
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
] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** What answers for a service: HTTP, any server that speaks first (its banner is all that is asked for), a database. */
export const APPS = ['http', 'banner', 'mysql'] as const;
export type App = (typeof APPS)[number];

/** What a health check can do; each is one of keepalived's checkers (keepalived.conf(5)). */
export const HEALTH_PROBES = ['tcp', 'http', 'ssl', 'misc', 'dns', 'udp'] as const;
export type HealthProbeKind = (typeof HEALTH_PROBES)[number];
/** Record types that a DNS check can ask for. */
export const DNS_TYPES = ['A', 'AAAA', 'NS', 'SOA', 'MX', 'TXT', 'CNAME'] as const;
export type DnsType = (typeof DNS_TYPES)[number];

/** Reversible injuries. */
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
  'slow',
  'reset',
  'halfopen',
] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Steps of a scenario, as a lab file writes them. */
export const STEPS = ['contract', 'health', 'failover', 'fault', 'check', 'persistence', 'run', 'arp', 'cut'] as const;
export type StepWord = (typeof STEPS)[number];
/** What a scenario can expect. */
export const EXPECTATIONS = ['master', 'answers', 'silent', 'weight', 'run'] as const;
export type ExpectationKind = (typeof EXPECTATIONS)[number];
/** What can become of connections that were open before a fault. */
export const FLOW_FATES = ['survives', 'breaks'] as const;
export type FlowFate = (typeof FLOW_FATES)[number];
