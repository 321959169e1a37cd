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
  readonly vrrp: readonly VrrpInstance[];
  readonly scenario: readonly Step[];
}

export interface Segment {
  readonly name: string;
  /** Network in CIDR form, host bits cleared. */
  readonly subnet: string;
}

export type NodeKind = 'client' | 'director' | 'realserver';
/** What the lab asks for; `auto` is decided when the node is made. */
export type KernelChoice = 'auto' | 'host' | 'uml';

export interface LabNode {
  readonly name: string;
  readonly kind: NodeKind;
  readonly kernel: KernelChoice;
  readonly interfaces: readonly Interface[];
  /** Local addresses of Full-NAT. */
  readonly lips: readonly Lip[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** The user's own setup script. */
  readonly setup?: UserFile;
  /** The user's own keepalived.conf. */
  readonly keepalived?: UserFile;
}

export interface Interface {
  /** Name inside the node: eth0, eth1 in the order of the lab's segments. */
  readonly name: string;
  readonly segment: string;
  readonly address: string;
  readonly prefix: number;
  /** Locally administered, made from the address, so that a capture can be read by eye. */
  readonly mac: string;
}

export interface Lip {
  readonly address: string;
  readonly interface: string;
}

export interface UserFile {
  /** As the lab file names it; only for messages. */
  readonly path: string;
  readonly content: string;
}

export type Mode = 'fnat';

export interface Service {
  readonly name: string;
  readonly vip: string;
  readonly port: number;
  readonly protocol: 'tcp';
  readonly mode: Mode;
  readonly scheduler: string;
  readonly reals: readonly Real[];
  readonly health?: HealthCheck;
}

export interface Real {
  readonly node: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** Times in milliseconds. */
export interface HealthCheck {
  readonly connectTimeout: number;
  readonly every: number;
  readonly port: number;
  readonly retry: number;
  readonly inhibit: boolean;
}

export interface VrrpInstance {
  readonly name: string;
  readonly segment: string;
  readonly id: number;
  /** Milliseconds between two adverts. */
  readonly advert: number;
  readonly password?: string;
  /** Highest priority first. */
  readonly members: readonly VrrpMember[];
  readonly services: readonly string[];
}

export interface VrrpMember {
  readonly node: string;
  readonly priority: number;
}

export type Step =
  | { readonly kind: 'contract'; readonly service: string }
  | { readonly kind: 'health'; readonly service: string; readonly stop: string }
  | { readonly kind: 'failover'; readonly service: string; readonly kill: string; readonly to: string };

/** The node of that name. It exists: resolve has seen to it. */
export function nodeOf(lab: Lab, name: string): LabNode {
  return found(
    lab.nodes.find((n) => n.name === name),
    `node ${name}`,
  );
}

/** The service of that name. It exists: resolve has seen to it. */
export function serviceOf(lab: Lab, name: string): Service {
  return found(
    lab.services.find((s) => s.name === name),
    `service ${name}`,
  );
}

/** The VRRP instance that moves a service's VIP, if any does. */
export function vrrpOf(lab: Lab, service: string): VrrpInstance | undefined {
  return lab.vrrp.find((v) => v.services.includes(service));
}

/** The directors of the lab, in the file's order. */
export function directors(lab: Lab): readonly LabNode[] {
  return lab.nodes.filter((n) => n.kind === 'director');
}

/** The node's interface on a segment. It exists: resolve has seen to it. */
export function interfaceOn(node: LabNode, segment: string): Interface {
  return found(
    node.interfaces.find((i) => i.segment === segment),
    `interface of ${node.name} on ${segment}`,
  );
}

/** The value, which is there by construction. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}
