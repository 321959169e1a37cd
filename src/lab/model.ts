/**
 * A lab as everything downstream sees it: complete and explicit, plain data, no YAML.
 * It travels as JSON with the running lab, so it holds no functions and no local paths.
 */
export interface Lab {
  /** The name of the running copy: the lab's own, or what `--name` gave. */
  readonly name: string;
  /** The name in the lab file. */
  readonly lab: string;
  readonly source: string;
  readonly segments: readonly Segment[];
  readonly nodes: readonly LabNode[];
  readonly services: readonly Service[];
  readonly snat: readonly SnatRule[];
  readonly vrrp: readonly VrrpInstance[];
  readonly ospf: readonly OspfDomain[];
  /** How long the directors keep connections; the kernel's own times where absent. */
  readonly timeouts?: Timeouts;
  readonly scenario: readonly Step[];
}

export interface Segment {
  readonly name: string;
  /** Networks in CIDR form, host bits cleared; none on a bare link. */
  readonly subnets: readonly string[];
}

export type NodeKind = 'client' | 'director' | 'realserver' | 'switch' | 'host';
/** What the lab asks for; `auto` is decided when the node is made. */
export type KernelChoice = 'auto' | 'host' | 'uml';
export type Protocol = 'tcp' | 'udp';

export interface LabNode {
  readonly name: string;
  readonly kind: NodeKind;
  readonly kernel: KernelChoice;
  /** Network cards, eth0 first. */
  readonly interfaces: readonly Interface[];
  /** Its cards show whether their wire is alive: VRRP tracks one, or instances change state together. */
  readonly carrier: boolean;
  /** Bonds, VLANs, bridges and tunnels, each after what it stands on. */
  readonly devices: readonly Device[];
  readonly routes: readonly Route[];
  /** Local addresses of Full-NAT. */
  readonly lips: readonly Lip[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Ports that a plain server answers on, beside those of services. */
  readonly serve: readonly ServedPort[];
  /** Nothing of the services is prepared here: the user's own script does it. */
  readonly manual: boolean;
  /** The user's own setup script. */
  readonly setup?: UserFile;
  /** The user's own keepalived.conf. */
  readonly keepalived?: UserFile;
  /** The user's own files, by their path in the node. */
  readonly files: Readonly<Record<string, UserFile>>;
}

export interface HostAddress {
  readonly address: string;
  readonly prefix: number;
}

export interface Interface {
  /** Name inside the node: eth0, eth1 and so on. */
  readonly name: string;
  readonly segment: string;
  readonly addresses: readonly HostAddress[];
  /** Nobody else's in the lab; made from the first address where it can be, so that a capture can be read by eye. */
  readonly mac: string;
}

interface DeviceBase {
  readonly name: string;
  readonly addresses: readonly HostAddress[];
  readonly mac: string;
}

/** A virtual device; `over` names interfaces and devices of the same node. */
export type Device =
  | (DeviceBase & { readonly kind: 'bond'; readonly mode: BondMode; readonly over: readonly string[] })
  | (DeviceBase & { readonly kind: 'vlan'; readonly id: number; readonly over: readonly string[] })
  | (DeviceBase & { readonly kind: 'bridge'; readonly over: readonly string[] })
  | (DeviceBase & { readonly kind: 'gre' | 'ipip'; readonly local: string; readonly remote: string });

/** 0: round robin; 1: active and backup; 4: LACP (IEEE 802.3ad). */
export type BondMode = 0 | 1 | 4;

/** A port of a node's own list: a plain server, one that speaks TLS, or one that answers DNS. */
export interface ServedPort {
  readonly protocol: Protocol | 'tls' | 'dns';
  readonly port: number;
}

export interface Port {
  readonly protocol: Protocol;
  readonly port: number;
}

/** A route: `default` or a network, by a gateway or a device; by neither, packets are dropped. */
export interface Route {
  readonly to: string;
  readonly via?: string;
  readonly dev?: string;
}

export interface Lip {
  readonly address: string;
  readonly interface: string;
}

/** A file of the user's: bytes, whatever they mean. */
export interface UserFile {
  /** As the lab file names it; only for messages. */
  readonly path: string;
  /** Its bytes (RFC 4648 §4). */
  readonly base64: string;
  readonly executable: boolean;
}

/** Modes of a balanced service. SNAT has no service: see SnatRule. */
export type Mode = 'nat' | 'fnat' | 'dr' | 'tun';

export interface Service {
  readonly name: string;
  readonly vip: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly mode: Mode;
  readonly scheduler: string;
  /** For sh and mh: the client's port counts beside its address. */
  readonly hashesPort: boolean;
  readonly reals: readonly Real[];
  readonly health?: HealthCheck;
  readonly persistence?: Persistence;
  readonly quorum?: Quorum;
  /** Who answers when no real server does. */
  readonly sorry?: { readonly node: string; readonly address: string; readonly port: number };
  /** What answers: HTTP, a database, or any server that speaks first (its banner is all that is asked for). */
  readonly app: 'http' | 'banner' | 'mysql';
}

export interface Real {
  readonly node: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

export interface Persistence {
  /** Milliseconds for which a client stays with its real server. */
  readonly time: number;
  /** Clients that share this many leading bits count as one. */
  readonly mask: number;
}

/** Milliseconds for which IPVS keeps a connection: established, after its FIN, and of UDP. */
export interface Timeouts {
  readonly tcp: number;
  readonly fin: number;
  readonly udp: number;
}

/** Hosts of a network reach the outside under an address of the director. */
export interface SnatRule {
  readonly name: string;
  /** Network in CIDR form. */
  readonly from: string;
  /** The address that the outside sees. */
  readonly to: string;
  /** The director's interface or device towards the outside. */
  readonly out: string;
  readonly director: string;
  readonly protocols: readonly SnatProtocol[];
  /** A node of `from`, and the address of one outside, between whom it is shown. */
  readonly inside: string;
  readonly outside: string;
  /** The port that the outside answers on, TCP and UDP alike. */
  readonly port: number;
}

export type SnatProtocol = Protocol | 'icmp';

/** What a health check does; each is one of keepalived's checkers (keepalived.conf(5)). */
export type HealthProbe =
  | { readonly kind: 'tcp' }
  | {
      readonly kind: 'http' | 'ssl';
      readonly path: string;
      readonly status?: number;
      /** MD5 of the answer's body, as genhash(1) prints it. */
      readonly digest?: string;
    }
  | {
      readonly kind: 'misc';
      readonly script: string;
      /** The exit code sets the weight: 2 to 255 means that much plus 2. */
      readonly dynamic: boolean;
    }
  | { readonly kind: 'dns'; readonly name: string; readonly type: string }
  | { readonly kind: 'udp' };

/** Times in milliseconds. */
export interface HealthCheck {
  readonly probe: HealthProbe;
  /** How long one attempt may take. */
  readonly timeout: number;
  readonly every: number;
  /** The port that is checked; undefined: the real server's own. */
  readonly port?: number;
  readonly retry: number;
  /** Pause before an attempt that failed is repeated (delay_before_retry). */
  readonly pause: number;
  readonly inhibit: boolean;
}

/** The weight of live real servers that a service needs, and what is run as it is reached and lost. */
export interface Quorum {
  readonly weight: number;
  readonly up?: string;
  readonly down?: string;
}

/** Directors that all announce the same VIPs to routers, which spread connections over them (OSPF with ECMP). */
export interface OspfDomain {
  readonly name: string;
  /** The segments on which OSPF is spoken, each a link between a director and a router. */
  readonly segments: readonly string[];
  readonly area: string;
  /** Milliseconds between two hellos, and of silence until a neighbour counts as dead. */
  readonly hello: number;
  readonly dead: number;
  readonly bfd?: Bfd;
  /** Milliseconds between two versions of one announcement (RFC 2328, MinLSInterval). */
  readonly throttle: number;
  /** The directors that announce, and the routers that listen. */
  readonly members: readonly string[];
  readonly routers: readonly string[];
  readonly services: readonly string[];
}

/** Bidirectional forwarding detection (RFC 5880): so many packets missed in a row, each so many milliseconds after the other. */
export interface Bfd {
  readonly every: number;
  readonly misses: number;
}

export interface VrrpInstance {
  readonly name: string;
  readonly segment: string;
  readonly id: number;
  readonly version: 2 | 3;
  /** Milliseconds between two adverts. */
  readonly advert: number;
  readonly password?: string;
  /** Highest priority first. */
  readonly members: readonly VrrpMember[];
  /** Every address that it moves, those of its services first. */
  readonly addresses: readonly HostAddress[];
  readonly services: readonly string[];
  /** Adverts go to the other members alone. */
  readonly unicast: boolean;
  /** The multicast group of adverts, where it is not the standard's. */
  readonly group?: string;
  /** Whether a better director takes over from one that works, and after how many milliseconds. */
  readonly preempt: boolean;
  readonly preemptDelay: number;
  /** Milliseconds after which the master announces its addresses again and again; 0: never. */
  readonly refresh: number;
  /** Instances of one group change state together. */
  readonly sync?: string;
  /** The master sends its connections to the others, from the instance's interface. */
  readonly syncDaemon: boolean;
  readonly track: readonly VrrpTrack[];
}

export interface VrrpMember {
  readonly node: string;
  readonly priority: number;
  /** The interface or device that speaks VRRP. */
  readonly device: string;
}

/** What moves a director's priority: a script that fails, or a segment whose interface is down; without weight it is a fault. */
export type VrrpTrack = { readonly weight: number } & (
  | { readonly script: string; readonly every: number }
  /** The link of each member on that segment. */
  | { readonly segment: string; readonly devices: readonly { readonly node: string; readonly device: string }[] }
);

export type FaultKind =
  | 'kill'
  | 'stop'
  | 'hang'
  | 'pause'
  | 'starve'
  | 'cut'
  | 'mute'
  | 'deaf'
  | 'flap'
  | 'partition'
  | 'loss'
  | 'duplicate'
  | 'delay'
  | 'rate'
  | 'poison'
  | 'drain'
  | 'withdraw'
  | 'slow'
  | 'reset'
  | 'halfopen';

/** A reversible injury, as `lab fault` and a scenario name it: see src/faults/index.ts. */
export interface Fault {
  /** As it was written: `kill:lb1/keepalived`. */
  readonly text: string;
  readonly kind: FaultKind;
  readonly node: string;
  /** The other side of a partition. */
  readonly other?: string;
  /** The program that is meant, where the fault is not the whole node's; `kernel` is the node's own. */
  readonly program?: string;
  /** The segments whose wires are meant. */
  readonly segments: readonly string[];
  /** How much: milliseconds, a share, bits per second, an address; see the fault. */
  readonly amount?: string;
}

/** What must hold, from its first true look on for `lasts` milliseconds, beginning `within` milliseconds. */
export type Expectation = {
  readonly within: number;
  readonly every: number;
  readonly lasts: number;
} & (
  | { readonly kind: 'master'; readonly nodes: readonly string[]; readonly instance?: string }
  | { readonly kind: 'answers'; readonly service: string; readonly by: readonly string[] }
  | { readonly kind: 'silent'; readonly service: string }
  | { readonly kind: 'weight'; readonly service: string; readonly node: string; readonly weight: number | 'none' }
  | { readonly kind: 'run'; readonly run: RunCommand }
);

/** A command in a node, and what must come of it. */
export interface RunCommand {
  readonly node: string;
  readonly command: string;
  readonly title: string;
  readonly exits: number;
  /** A regular expression that the output must match. */
  readonly prints?: string;
}

/** The most connections that a client holds open (images/node/src/probe.c). */
export const MOST_FLOWS = 256;

/** What clients may notice of a fault: what its kind and the lab's times allow, at most so many milliseconds, or that the service is gone until it is healed. */
export type Allowed = 'budget' | 'lasts' | number;

/** A fault, what must be seen while it stands, and after it is healed. */
export interface FaultStep {
  readonly kind: 'fault';
  readonly fault: Fault;
  /** The service that is probed all the while. */
  readonly service: string;
  /** The clients that probe it. */
  readonly clients: readonly string[];
  readonly outage: Allowed;
  /** How many connections each client holds open. */
  readonly flows: number;
  /** What becomes of connections that were open before: all survive, or not all. */
  readonly flow?: 'survives' | 'breaks';
  /** Whether clients must still be sent to their real servers while it stands. */
  readonly sticks: boolean;
  readonly during: readonly Expectation[];
  readonly healed: readonly Expectation[];
  readonly repeat: number;
}

export type Step =
  | { readonly kind: 'contract'; readonly service: string }
  | { readonly kind: 'snat'; readonly rule: string }
  | { readonly kind: 'health'; readonly service: string; readonly stop: string }
  | FaultStep
  | { readonly kind: 'check'; readonly expect: Expectation }
  | { readonly kind: 'persistence'; readonly service: string }
  | {
      readonly kind: 'arp';
      readonly address: string;
      readonly from: string;
      /** How many replies one request gets. */
      readonly replies: number;
    }
  | {
      readonly kind: 'cut';
      readonly service: string;
      readonly node: string;
      readonly links: readonly string[];
      /** Whether the service goes on while they are cut. */
      readonly answers: boolean;
    };
