import { modes } from '../modes/index.ts';
import { didYouMean } from '../nearest.ts';
import {
  type Address,
  contains,
  isReserved,
  networkOf,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
} from '../net/cidr.ts';
import { parseDuration } from '../net/duration.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Diagnostic } from './diagnostic.ts';
import { checkShape } from './load.ts';
import type { HealthCheck, Interface, Lab, LabNode, Lip, Service, Step, UserFile, VrrpInstance } from './model.ts';
import { NODE_KEYS, type RawLab } from './schema.ts';
import type { Path, Source } from './source.ts';

/** Reads a file beside the lab file; undefined when it cannot be read. */
export type ReadBeside = (path: string) => string | undefined;

/** Names that a segment cannot have: its bridge would take the place of an interface that exists. */
const RESERVED_SEGMENTS = ['lo', 'all', 'default'];

class Resolver {
  readonly diagnostics: Diagnostic[] = [];
  readonly segments = new Map<string, Subnet>();
  readonly taken = new Map<string, { path: Path; what: string }>();
  readonly raw: RawLab;
  readonly source: Source;
  readonly readBeside: ReadBeside;
  /** Entries that are wrong in themselves and left out: `nodes.rs1`. */
  readonly dropped: ReadonlySet<string>;

  constructor(raw: RawLab, source: Source, readBeside: ReadBeside, dropped: ReadonlySet<string>) {
    this.raw = raw;
    this.source = source;
    this.readBeside = readBeside;
    this.dropped = dropped;
  }

  /** Whether an entry of a section was left out: what is missing then may be only that. */
  incomplete(section: string): boolean {
    return [...this.dropped].some((entry) => entry.startsWith(`${section}.`));
  }

  wrong(
    path: Path,
    message: string,
    where: 'key' | 'value' = 'value',
    related?: { message: string; path: Path },
  ): void {
    this.diagnostics.push(this.source.at(path, message, where, related));
  }

  /** Records who uses an address, and tells when two do. */
  claim(address: Address, path: Path, what: string): void {
    const other = this.taken.get(address.text);
    if (other)
      this.wrong(path, `${address.text} is taken already`, 'value', {
        message: `it is ${other.what}`,
        path: other.path,
      });
    else this.taken.set(address.text, { path, what });
  }

  readSegments(): void {
    for (const [name, text] of Object.entries(this.raw.segments)) {
      const subnet = parseSubnet(text);
      const path = ['segments', name];
      if (!subnet) continue;
      if (RESERVED_SEGMENTS.includes(name)) this.wrong(path, `a segment cannot be called "${name}"`, 'key');
      const network = networkOf(subnet);
      if (network.address.text !== subnet.address.text) {
        this.wrong(
          path,
          `${text} has bits set behind its prefix; the subnet is ${network.address.text}/${network.prefix}`,
        );
      }
      for (const [other, taken] of this.segments) {
        if (overlaps(network, taken))
          this.wrong(path, `${text} overlaps the subnet of segment "${other}"`, 'value', {
            message: `"${other}" stands here`,
            path: ['segments', other],
          });
      }
      this.segments.set(name, network);
    }
  }

  /** An address that a node has on a segment: inside it, not reserved, nobody else's. */
  own(text: string, subnet: Subnet, segment: string, path: Path, what: string): Address | undefined {
    const address = parseAddress(text);
    if (!address) return undefined;
    if (!contains(subnet, address)) {
      this.wrong(path, `${text} is outside segment "${segment}" (${subnet.address.text}/${subnet.prefix})`);
    } else if (isReserved(subnet, address)) {
      this.wrong(path, `${text} is the network or broadcast address of segment "${segment}"; no node can have it`);
    }
    this.claim(address, path, what);
    return address;
  }

  file(node: string, key: 'setup' | 'keepalived'): UserFile | undefined {
    const path = this.raw.nodes[node]?.[key] as string | undefined;
    if (path === undefined) return undefined;
    const content = this.readBeside(path);
    if (content === undefined) this.wrong(['nodes', node, key], `there is no file "${path}" beside the lab file`);
    return content === undefined ? undefined : { path, content };
  }

  node(name: string): LabNode {
    const raw = this.raw.nodes[name] as RawLab['nodes'][string];
    const interfaces: Interface[] = [];
    for (const [segment, subnet] of this.segments) {
      const text = raw[segment];
      if (NODE_KEYS.includes(segment) || typeof text !== 'string') continue;
      const address = this.own(text, subnet, segment, ['nodes', name, segment], `the address of node "${name}"`);
      if (!address) continue;
      interfaces.push({
        name: `eth${interfaces.length}`,
        segment,
        address: address.text,
        prefix: subnet.prefix,
        mac: macOf(address),
      });
    }
    if (interfaces.length === 0 && !this.incomplete('segments')) {
      const names = [...this.segments.keys()].map((s) => `"${s}"`).join(' or ');
      this.wrong(['nodes', name], `node "${name}" is on no segment; give it an address on ${names || 'one'}`, 'key');
    }
    if (raw.lips && raw.kind !== 'director')
      this.wrong(['nodes', name, 'lips'], `only a director has LIPs; "${name}" is a ${raw.kind}`, 'key');
    if (raw.keepalived && raw.kind !== 'director')
      this.wrong(['nodes', name, 'keepalived'], `keepalived runs on directors; "${name}" is a ${raw.kind}`, 'key');
    const lips = (raw.lips ?? []).flatMap((text, i): Lip[] => {
      const address = parseAddress(text);
      const path = ['nodes', name, 'lips', i];
      const on = address && interfaces.find((f) => contains(this.segments.get(f.segment) as Subnet, address));
      if (!address) return [];
      this.claim(address, path, `a LIP of director "${name}"`);
      if (!on && this.incomplete('segments')) return [];
      if (!on) {
        this.wrong(path, `LIP ${text} is outside every segment that "${name}" is on; real servers could not answer it`);
        return [];
      }
      return [{ address: address.text, interface: on.name }];
    });
    const setup = this.file(name, 'setup');
    const keepalived = this.file(name, 'keepalived');
    return {
      name,
      kind: raw.kind,
      kernel: raw.kernel ?? this.raw.kernel ?? 'auto',
      interfaces,
      lips,
      sysctls: Object.fromEntries(Object.entries(raw.sysctls ?? {}).map(([k, v]) => [k, String(v)])),
      ...(setup ? { setup } : {}),
      ...(keepalived ? { keepalived } : {}),
    };
  }

  /** The node that a name in the file means, when it exists and is of the right kind. */
  lookup(
    nodes: readonly LabNode[],
    name: string,
    kind: LabNode['kind'],
    path: Path,
    where: 'key' | 'value' = 'value',
  ): LabNode | undefined {
    if (this.dropped.has(`nodes.${name}`)) return undefined;
    const node = nodes.find((n) => n.name === name);
    const fitting = nodes.filter((n) => n.kind === kind).map((n) => n.name);
    if (!node) {
      this.wrong(path, `there is no node "${name}"${didYouMean(name, fitting)}`, where);
    } else if (node.kind !== kind) {
      this.wrong(path, `"${name}" is a ${node.kind}; a ${kind} is needed here`, where, {
        message: `"${name}" stands here`,
        path: ['nodes', name],
      });
      return undefined;
    }
    return node;
  }

  service(name: string, nodes: readonly LabNode[]): Service | undefined {
    const raw = this.raw.services[name] as RawLab['services'][string];
    const path = ['services', name];
    const vip = parseAddress(raw.vip);
    if (!vip) return undefined;
    const twin = Object.entries(this.raw.services).find(
      ([other, s]) => other !== name && s.vip === raw.vip && s.port === raw.port,
    );
    if (twin && twin[0] < name) {
      this.wrong([...path, 'port'], `service "${twin[0]}" has ${raw.vip} port ${raw.port} already`, 'value', {
        message: `"${twin[0]}" stands here`,
        path: ['services', twin[0]],
      });
    }
    const user = this.taken.get(vip.text);
    if (user)
      this.wrong([...path, 'vip'], `${vip.text} is taken already`, 'value', {
        message: `it is ${user.what}`,
        path: user.path,
      });
    if (!this.incomplete('segments') && ![...this.segments.values()].some((s) => contains(s, vip))) {
      this.wrong([...path, 'vip'], `${vip.text} is outside every segment; no client could reach it`);
    }
    const reals = Object.entries(raw.reals).flatMap(([node, weight]) => {
      const real = this.lookup(nodes, node, 'realserver', [...path, 'reals', node], 'key');
      const address = real?.interfaces[0]?.address;
      return address === undefined ? [] : [{ node, address, port: raw.port, weight }];
    });
    if (Object.keys(raw.reals).length === 0)
      this.wrong([...path, 'reals'], `service "${name}" has no real server`, 'key');
    const health = raw.health && healthOf(raw.health, raw.port);
    return {
      name,
      vip: vip.text,
      port: raw.port,
      protocol: raw.protocol ?? 'tcp',
      mode: raw.mode,
      scheduler: raw.scheduler ?? 'rr',
      reals,
      ...(health ? { health } : {}),
    };
  }

  vrrp(name: string, nodes: readonly LabNode[], services: readonly Service[]): VrrpInstance {
    const raw = this.raw.vrrp?.[name] as NonNullable<RawLab['vrrp']>[string];
    const path = ['vrrp', name];
    const subnet = this.segments.get(raw.on);
    if (!subnet && !this.dropped.has(`segments.${raw.on}`))
      this.wrong([...path, 'on'], `there is no segment "${raw.on}"${didYouMean(raw.on, this.segments.keys())}`);
    const members = Object.entries(raw.priorities).flatMap(([node, priority]) => {
      const found = this.lookup(nodes, node, 'director', [...path, 'priorities', node], 'key');
      if (found && subnet && !found.interfaces.some((i) => i.segment === raw.on)) {
        this.wrong([...path, 'priorities', node], `director "${node}" is not on segment "${raw.on}"`, 'key');
      }
      return found ? [{ node, priority }] : [];
    });
    members.sort((a, b) => b.priority - a.priority);
    for (const [i, member] of members.entries()) {
      const before = members[i - 1];
      if (before?.priority === member.priority) {
        this.wrong(
          [...path, 'priorities', member.node],
          `"${before.node}" has priority ${member.priority} too; who is master would be chance`,
        );
      }
    }
    for (const [i, service] of raw.addresses.entries()) {
      if (!this.dropped.has(`services.${service}`) && !services.some((s) => s.name === service)) {
        this.wrong(
          [...path, 'addresses', i],
          `there is no service "${service}"${didYouMean(
            service,
            services.map((s) => s.name),
          )}`,
        );
      }
    }
    const twin = Object.entries(this.raw.vrrp ?? {}).find(
      ([other, v]) => other < name && v.on === raw.on && v.id === raw.id,
    );
    if (twin) this.wrong([...path, 'id'], `instance "${twin[0]}" has id ${raw.id} on segment "${raw.on}" already`);
    return {
      name,
      segment: raw.on,
      id: raw.id,
      advert: ms(raw.advert ?? '1s'),
      members,
      services: raw.addresses,
      ...(raw.password === undefined ? {} : { password: raw.password }),
    };
  }

  /** What only the whole lab shows: VIPs that nobody announces, modes that lack something. */
  crossCheck(nodes: readonly LabNode[], services: readonly Service[], vrrp: readonly VrrpInstance[]): void {
    const balancers = nodes.filter((n) => n.kind === 'director');
    for (const service of services) {
      const path = ['services', service.name];
      const announcers = vrrp.filter((v) => v.services.includes(service.name));
      if (balancers.length === 0 && !this.incomplete('nodes'))
        this.wrong(path, `service "${service.name}" has no director; add a node of kind director`, 'key');
      if (announcers.length === 0 && balancers.length > 1 && !this.incomplete('vrrp')) {
        this.wrong(
          [...path, 'vip'],
          `nobody announces VIP ${service.vip}: the lab has ${balancers.length} directors, and no vrrp instance names service "${service.name}"`,
        );
      }
      for (const lack of modes[service.mode].lacks(service, balancers)) {
        this.wrong(
          lack.node === undefined ? [...path, 'mode'] : ['nodes', lack.node],
          lack.message,
          lack.node === undefined ? 'value' : 'key',
          { message: `service "${service.name}" stands here`, path },
        );
      }
    }
    if (!this.incomplete('nodes') && !nodes.some((n) => n.kind === 'client'))
      this.wrong(['nodes'], 'the lab has no client; add a node of kind client', 'key');
  }

  steps(nodes: readonly LabNode[], services: readonly Service[], vrrp: readonly VrrpInstance[]): readonly Step[] {
    const raw = this.raw.scenario ?? services.map((s) => ({ contract: s.name }));
    return raw.flatMap((step, i): Step[] => {
      const known = (name: string, path: Path) => {
        const service = services.find((s) => s.name === name);
        if (!service && !this.dropped.has(`services.${name}`))
          this.wrong(
            path,
            `there is no service "${name}"${didYouMean(
              name,
              services.map((s) => s.name),
            )}`,
          );
        return service;
      };
      if ('contract' in step && step.contract !== undefined) {
        return known(step.contract, ['scenario', i, 'contract']) ? [{ kind: 'contract', service: step.contract }] : [];
      }
      if ('health' in step && step.health !== undefined) {
        const path = ['scenario', i, 'health'];
        const service = known(step.health.service, [...path, 'service']);
        this.lookup(nodes, step.health.stop, 'realserver', [...path, 'stop']);
        if (service && !service.health)
          this.wrong([...path, 'service'], `service "${service.name}" has no health check`);
        return service ? [{ kind: 'health', ...step.health }] : [];
      }
      if ('failover' in step && step.failover !== undefined) {
        const path = ['scenario', i, 'failover'];
        const { service, kill, to } = step.failover;
        known(service, [...path, 'service']);
        const members = vrrp.find((v) => v.services.includes(service))?.members ?? [];
        for (const [key, name] of [
          ['kill', kill],
          ['to', to],
        ] as const) {
          const director = this.lookup(nodes, name, 'director', [...path, key]);
          if (director && !this.incomplete('vrrp') && !members.some((m) => m.node === name)) {
            this.wrong([...path, key], `"${name}" is in no vrrp instance that moves service "${service}"`);
          }
        }
        if (kill === to) this.wrong([...path, 'to'], `"${to}" is the director that is killed`);
        return [{ kind: 'failover', service, kill, to }];
      }
      return [];
    });
  }
}

function ms(text: string): number {
  return parseDuration(text) ?? 0;
}

function healthOf(raw: NonNullable<RawLab['services'][string]['health']>, port: number): HealthCheck {
  return {
    connectTimeout: ms(raw.tcp),
    every: ms(raw.every),
    port: raw.port ?? port,
    retry: raw.retry ?? 1,
    inhibit: raw.inhibit ?? false,
  };
}

/** 02:00 and the address's last four bytes: 02:00:c0:a8:64:0b is 192.168.100.11. */
function macOf(address: Address): string {
  const low = (address.value & 0xffffffffn).toString(16).padStart(8, '0');
  return ['02', address.family === 4 ? '00' : '06', ...(low.match(/../g) ?? [])].join(':');
}

/**
 * Makes a Lab of a file that parsed.
 * Fails with every mistake in it, all at once: of shape, and of names, addresses and combinations in
 * whatever has the right shape. `name` is the running copy's name when it is not the lab's own.
 */
export function checkLab(source: Source, readBeside: ReadBeside, name?: string): Result<Lab, readonly Diagnostic[]> {
  const { raw, dropped, diagnostics } = checkShape(source);
  if (!raw) return fail(diagnostics);
  const r = new Resolver(raw, source, readBeside, dropped);
  r.readSegments();
  const nodes = Object.keys(raw.nodes).map((n) => r.node(n));
  const services = Object.keys(raw.services).flatMap((s) => r.service(s, nodes) ?? []);
  const vrrp = Object.keys(raw.vrrp ?? {}).map((v) => r.vrrp(v, nodes, services));
  r.crossCheck(nodes, services, vrrp);
  const scenario = r.steps(nodes, services, vrrp);
  const all = [...diagnostics, ...r.diagnostics].sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0));
  if (all.length > 0) return fail(all);
  const segments = [...r.segments].map(([segment, s]) => ({ name: segment, subnet: `${s.address.text}/${s.prefix}` }));
  return ok({
    name: name ?? raw.lab,
    lab: raw.lab,
    source: raw.source ?? '',
    segments,
    nodes,
    services,
    vrrp,
    scenario,
  });
}
