import { type Address, contains, networkOf, parseAddress, type Subnet } from '../net/cidr.ts';
import { Addresses } from './addresses.ts';
import type { Virtual } from './conf.ts';
import type { Given, Named } from './given.ts';
import { isStranger, type Party, plainDevice } from './parties.ts';
import { isOn, subnetText, unusedSubnet, usualSubnet, type Wire, wireOf, wiresOf } from './wires.ts';

/** An address of a node on a wire. */
export interface Placed {
  readonly wire: Wire;
  readonly subnet: Subnet;
  readonly address: Address;
  readonly guess: boolean;
}

/** A machine behind the directors: a real server or a sorry server. */
export interface Server {
  readonly name: string;
  readonly placed: readonly Placed[];
  readonly modes: ReadonlySet<string>;
}

/** The network of a lab: its wires, and the addresses of all nodes. */
export interface Topology {
  readonly wires: readonly Wire[];
  readonly directors: ReadonlyMap<string, readonly Placed[]>;
  readonly router: readonly Placed[];
  readonly client: readonly Placed[];
  readonly servers: ReadonlyMap<string, Server>;
  readonly lips: ReadonlyMap<string, readonly Address[]>;
}

const OUTSIDE = {
  4: ['198.51.100.0/24', '203.0.113.0/24', '192.0.2.0/24'],
  6: ['2001:db8:ffff::/64', 'fd00:ffff::/64'],
} as const;
const UNKNOWN = Array.from({ length: 200 }, (_, i) => `10.254.${i}.0/24`);

/** Guesses the network of a lab from all addresses that are known. */
export function topologyOf(given: Given, services: readonly Named[]): Topology {
  return new Network(given, services).build();
}

class Network {
  readonly #given: Given;
  readonly #services: readonly Virtual[];
  readonly #addresses = new Addresses();
  readonly #vips: readonly Address[];
  #wires: Wire[] = [];
  readonly #routed = new Set<Wire>();

  constructor(given: Given, services: readonly Named[]) {
    this.#given = given;
    this.#services = services.map((s) => s.virtual);
    this.#vips = [
      ...given.shared.flatMap((s) => s.members.flatMap((m) => m.instance.vips.map((v) => v.address))),
      ...given.services.map((s) => s.virtual.vip),
    ];
  }

  build(): Topology {
    const { parties, shared, machines, services } = this.#given;
    const backs = services.flatMap(({ virtual: v }) => [
      ...v.reals.map((r) => r.address),
      ...(v.sorry ? [v.sorry.address] : []),
    ]);
    this.#addresses.use([
      ...[...this.#vips, ...backs],
      ...parties.flatMap((p) => [
        ...p.own.map((o) => o.address),
        ...p.director.lips,
        ...p.director.statics.map((s) => s.address),
      ]),
      ...machines.flatMap((m) => [...m.addresses.map((a) => a.address), ...m.routes.map((r) => r.via)]),
      ...shared.flatMap((s) => s.instance.peers.map((p) => p.address)),
    ]);
    const machineOwn = new Set(machines.flatMap((m) => m.addresses.map((a) => a.address.text)));
    this.#wires = wiresOf(
      parties,
      shared,
      new Set(this.#vips.map((v) => v.text).filter((t) => !machineOwn.has(t) || this.#isMoved(t))),
    );
    this.#placeVips();
    this.#placeServers();
    for (const wire of this.#wires.filter((w) => w.subnets.length === 0)) {
      const subnet = unusedSubnet(UNKNOWN, this.#wires);
      wire.subnets.push(subnet);
      wire.guesses.push(`${subnetText(subnet)}: nothing is known of what is on this wire`);
    }
    const directors = new Map(parties.map((p) => [p.name, this.#director(p)]));
    const router = this.#router(directors);
    const { client, gate } = this.#client();
    this.#name();
    return {
      wires: this.#wires,
      directors,
      router: [...router, ...gate],
      client,
      servers: this.#servers(directors),
      lips: this.#lips(directors),
    };
  }

  #isMoved(vip: string): boolean {
    return this.#given.shared.some((s) => s.instance.vips.some((v) => v.address.text === vip));
  }

  /** Puts VIPs that no device is known for on a wire of their own. */
  #placeVips(): void {
    let wire: Wire | undefined;
    for (const { vip } of this.#given.services.map((s) => s.virtual)) {
      if (wireOf(this.#wires, vip)) continue;
      wire ??= this.#newWire(this.#given.parties);
      this.#guessSubnet(wire, vip, 'the VIP');
    }
  }

  #newWire(parties: readonly Party[]): Wire {
    const wire: Wire = { name: '', subnets: [], guesses: [], devices: new Map() };
    for (const party of parties) this.#join(wire, party);
    this.#wires.push(wire);
    return wire;
  }

  /** Gives a director a card on a wire, by the first name that none of its cards has. */
  #join(wire: Wire, party: Party): void {
    const taken = this.#wires.flatMap((w) => w.devices.get(party.name) ?? []);
    const free = Array.from({ length: taken.length + 1 }, (_, i) => `eth${i}`).find((n) => !taken.includes(n));
    wire.devices.set(party.name, free ?? 'eth99');
  }

  #guessSubnet(wire: Wire, address: Address, what: string): void {
    const own = this.#given.machines.flatMap((m) => m.addresses).find((a) => a.address.text === address.text);
    const known = this.#wires.flatMap((w) => w.subnets);
    const told = own && networkOf({ address, prefix: own.prefix });
    const subnet = told && !known.some((s) => contains(s, told.address)) ? told : usualSubnet(address, known);
    wire.subnets.push(subnet);
    if (subnet !== told) wire.guesses.push(`${subnetText(subnet)}: of it only ${what} ${address.text} is known`);
  }

  /** Puts real servers and sorry servers on a wire: one that is known, one whose subnet is not known yet, or a new one. */
  #placeServers(): void {
    for (const service of this.#services)
      for (const { address, mode } of [
        ...service.reals,
        ...(service.sorry ? [{ address: service.sorry.address, mode: service.mode }] : []),
      ]) {
        if (wireOf(this.#wires, address)) continue;
        const far = mode === 'tun';
        const blank = far ? undefined : this.#wires.find((w) => w.subnets.length === 0);
        const wire = blank ?? this.#newWire(far ? [] : this.#given.parties);
        this.#guessSubnet(wire, address, 'the real server');
        if (far) this.#routed.add(wire);
      }
    for (const service of this.#services) {
      for (const { address, mode } of service.reals) {
        const wire = wireOf(this.#wires, address);
        if (!wire) continue;
        if (mode === 'dr' || mode === 'tun') this.#routed.add(wire);
        if (mode === 'tun') continue;
        for (const party of this.#given.parties) if (!wire.devices.has(party.name)) this.#join(wire, party);
      }
      const front = wireOf(this.#wires, service.vip);
      if (!front) continue;
      this.#routed.add(front);
      for (const party of this.#given.parties) if (!front.devices.has(party.name)) this.#join(front, party);
    }
  }

  #place(address: Address, guess = false): Placed[] {
    const wire = wireOf(this.#wires, address);
    const subnet = wire?.subnets.find((s) => contains(s, address));
    return wire && subnet ? [{ wire, subnet, address, guess }] : [];
  }

  /** Returns a director's addresses: those that are known, and one that is free where it needs another. */
  #director(party: Party): readonly Placed[] {
    const statics = isStranger(party, this.#given.parties) ? [] : party.director.statics;
    const known = [
      ...(party.machine?.addresses ?? []).filter((a) => !this.#isMoved(a.address.text)),
      ...[...party.own, ...statics.map((s) => ({ address: s.address, dev: plainDevice(s.dev ?? 'eth0') }))],
    ].map((a) => a.address);
    const placed: Placed[] = [];
    for (const address of known)
      if (!placed.some((p) => p.address.text === address.text))
        placed.push(...this.#place(address).filter((p) => p.wire.devices.has(party.name)));
    for (const wire of this.#wires.filter((w) => w.devices.has(party.name)))
      for (const subnet of wire.subnets) {
        const { family } = subnet.address;
        if (placed.some((p) => p.subnet === subnet)) continue;
        const here = placed.some((p) => p.wire === wire && p.address.family === family);
        const served = this.#services.some((s) => s.reals.some((r) => r.mode !== 'tun' && contains(subnet, r.address)));
        if (here && !served) continue;
        const address = this.#addresses.free(subnet);
        if (address) placed.push({ wire, subnet, address, guess: true });
      }
    return placed;
  }

  /** Returns the router between the clients, the directors, and the real servers that reply by themselves. */
  #router(directors: ReadonlyMap<string, readonly Placed[]>): readonly Placed[] {
    if (this.#services.length === 0) return [];
    const taken = new Set([...this.#vips, ...[...directors.values()].flat().map((p) => p.address)].map((a) => a.text));
    const gateways = this.#given.machines.flatMap((m) => m.routes.map((r) => r.via)).filter((a) => !taken.has(a.text));
    const placed: Placed[] = [];
    for (const address of gateways)
      if (!placed.some((p) => p.address.text === address.text))
        placed.push(...this.#place(address).filter((p) => this.#routed.has(p.wire)));
    for (const wire of this.#routed) {
      const [first] = [...directors.values()].flatMap((own) => own.filter((p) => p.wire === wire));
      for (const subnet of wire.subnets) {
        if (placed.some((p) => p.subnet === subnet)) continue;
        const used =
          subnet === first?.subnet ||
          this.#services.some(
            (s) => contains(subnet, s.vip) || s.reals.some((r) => r.mode !== 'nat' && contains(subnet, r.address)),
          );
        const address = used ? this.#addresses.free(subnet) : undefined;
        if (address) placed.push({ wire, subnet, address, guess: true });
      }
    }
    return placed;
  }

  /** Returns the client behind the router, and the router's addresses on its wire. */
  #client(): { readonly client: readonly Placed[]; readonly gate: readonly Placed[] } {
    const families = [...new Set(this.#services.map((s) => s.vip.family))].sort();
    if (families.length === 0) return { client: [], gate: [] };
    const gate: Placed[] = [];
    const wire: Wire = {
      name: 'outside',
      subnets: [],
      guesses: ['where clients are is not known: they are behind a router'],
      devices: new Map(),
    };
    const client = families.flatMap((family): Placed[] => {
      const subnet = unusedSubnet(OUTSIDE[family], this.#wires);
      wire.subnets.push(subnet);
      const [at, near] = [10n, 1n].map((n) => parseAddress(subnetHost(subnet, n)));
      if (near) gate.push({ wire, subnet, address: near, guess: false });
      return at ? [{ wire, subnet, address: at, guess: false }] : [];
    });
    this.#wires.push(wire);
    return { client, gate };
  }

  #servers(directors: ReadonlyMap<string, readonly Placed[]>): ReadonlyMap<string, Server> {
    const servers = new Map<string, Server & { modes: Set<string>; placed: Placed[] }>();
    const nodes: (Server & { modes: Set<string>; placed: Placed[] })[] = [];
    const add = (address: Address, mode: string, stem: string) => {
      const own = [...directors].find(([, placed]) => placed.some((p) => p.address.text === address.text));
      const machine = this.#given.machines.find((m) => m.addresses.some((a) => a.address.text === address.text));
      const twin =
        machine &&
        nodes.find((n) => n.placed.some((p) => machine.addresses.some((a) => a.address.text === p.address.text)));
      const found = servers.get(address.text) ?? twin;
      if (found) {
        if (!found.placed.some((p) => p.address.text === address.text)) found.placed.push(...this.#place(address));
        found.modes.add(mode);
        servers.set(address.text, found);
        return;
      }
      const name = own ? own[0] : `${stem}${nodes.filter((n) => n.name.startsWith(stem)).length + 1}`;
      const node = { name, placed: this.#place(address), modes: new Set([mode]) };
      if (!own) nodes.push(node);
      servers.set(address.text, node);
    };
    for (const { reals } of this.#services) for (const { address, mode } of reals) add(address, mode, 'rs');
    for (const { sorry, mode } of this.#services)
      if (sorry && !servers.has(sorry.address.text)) add(sorry.address, mode, 'sorry');
    return servers;
  }

  /** Returns the LIPs of each director, if a service needs them: those of its configuration, else a free address. */
  #lips(directors: ReadonlyMap<string, readonly Placed[]>): ReadonlyMap<string, readonly Address[]> {
    const needing = this.#services.flatMap((s) => s.reals.filter((r) => r.mode === 'fnat'));
    const used = new Set<string>();
    return new Map(
      this.#given.parties.map((party) => {
        const own = party.director.lips.filter(
          (l) => !used.has(l.text) && directors.get(party.name)?.some((p) => contains(p.subnet, l)),
        );
        for (const lip of own) used.add(lip.text);
        const subnets = new Set(needing.flatMap((r) => this.#place(r.address).map((p) => p.subnet)));
        const lacking = [...subnets].filter((s) => !own.some((l) => contains(s, l)));
        return [
          party.name,
          needing.length === 0 ? [] : [...own, ...lacking.flatMap((s) => this.#addresses.free(s) ?? [])],
        ];
      }),
    );
  }

  /** Names the wires: those with VIPs are the front, the others the back; if there is one only, it is the LAN. */
  #name(): void {
    const inside = this.#wires.filter((w) => w.name === '');
    const isFront = (w: Wire) =>
      this.#vips.some(
        (v) => isOn(w, v) && (this.#services.length === 0 || this.#services.some((s) => s.vip.text === v.text)),
      );
    const count = { front: 0, back: 0, far: 0 };
    for (const wire of inside) {
      const kind = wire.devices.size === 0 ? 'far' : isFront(wire) ? 'front' : 'back';
      count[kind]++;
      wire.name = inside.length === 1 ? 'lan' : `${kind}${count[kind] === 1 ? '' : count[kind]}`;
    }
  }
}

function subnetHost(subnet: Subnet, host: bigint): string {
  const { text } = networkOf(subnet).address;
  return text.includes(':') ? `${text}${host.toString(16)}` : text.replace(/\d+$/, String(host));
}

/** Returns the subnet as a lab file has it. */
export function quotedSubnet(subnet: Subnet): string {
  const text = subnetText(subnet);
  return text.includes(':') ? `"${text}"` : text;
}
