import { contains } from '../net/cidr.ts';
import { type Dropped, type Given, keyOf, type Named, type Origin, type Out, serviceWords } from './given.ts';
import { healthOf, isThere, quotedText, timeText } from './health.ts';
import { isStranger, type Party, type Shared } from './parties.ts';
import { programOf } from './statements.ts';
import { addressText, cards, defaults, defaultsOf, guessed, mapKey, quotedIf6, weightText } from './texts.ts';
import { placeText, type Told } from './told.ts';
import { quotedSubnet, type Server, type Topology, topologyOf } from './topology.ts';

/** The multicast group of VRRP (RFC 3768 §5.2.2). */
const STANDARD_GROUP = '224.0.0.18';
const LAB: Origin = { kind: 'lab', name: 'lab' };

/** Returns the lab file of what was read, line by line, without what was dropped. Tells what of the rest is not said. */
export function linesOf(given: Given, dropped: Dropped, told: Told): readonly Out[] {
  return new Writer(given, dropped, told).lines();
}

class Writer {
  readonly #given: Given;
  readonly #dropped: Dropped;
  readonly #told: Told;
  readonly #services: readonly Named[];
  readonly #shared: readonly Shared[];
  readonly #net: Topology;
  readonly #out: Out[] = [];

  constructor(given: Given, dropped: Dropped, told: Told) {
    this.#given = given;
    this.#dropped = dropped;
    this.#told = told;
    this.#services = given.services.filter(
      (s) =>
        !this.#isOut({ kind: 'service', name: s.name }) &&
        !s.virtual.reals.some((r) => this.#isOut({ kind: 'real', name: r.address.text })),
    );
    this.#shared = given.shared.filter((s) => !this.#isOut({ kind: 'instance', name: s.name }));
    this.#net = topologyOf(given, this.#services);
  }

  #isOut(origin: Origin): boolean {
    return this.#dropped.has(keyOf(origin));
  }

  #say(text: string, origin: Origin = LAB, more: Partial<Pick<Out, 'place' | 'guesses'>> = {}): void {
    this.#out.push({ text, origin, place: more.place, guesses: more.guesses ?? [] });
  }

  /** Says a part of an entry, unless the part was dropped. */
  #part(origin: Origin, text: string | undefined, place?: Out['place']): void {
    if (text !== undefined && !this.#isOut(origin)) this.#say(text, origin, { place });
  }

  lines(): readonly Out[] {
    this.#say(`lab: ${this.#given.lab}`);
    this.#say(`source: ${JSON.stringify(this.#given.source)}`);
    if (this.#services.some(({ virtual: v }) => v.reals.some((r) => r.address.family !== v.vip.family)))
      this.#say('driver: dpvs');
    this.#say('');
    this.#say('segments:');
    for (const wire of this.#net.wires) {
      const subnets = wire.subnets.map(quotedSubnet);
      this.#say(`  ${wire.name}: ${subnets.length === 1 ? subnets[0] : `[${subnets.join(', ')}]`}`, LAB, {
        guesses: wire.guesses,
      });
    }
    this.#nodes();
    const [first] = this.#given.parties;
    const timeouts = first?.director.timeouts;
    if (timeouts) {
      const { tcp, fin, udp } = timeouts;
      this.#say('');
      this.#say(`timeouts: { tcp: ${timeText(tcp)}, fin: ${timeText(fin)}, udp: ${timeText(udp)} }`, {
        kind: 'lab',
        name: 'timeouts',
      });
    }
    if (this.#services.length > 0) {
      this.#say('');
      this.#say('services:');
      for (const service of this.#services) this.#service(service);
    }
    if (this.#shared.length > 0) {
      this.#say('');
      this.#say('vrrp:');
      for (const shared of this.#shared) this.#instance(shared);
    }
    this.#scenario();
    return this.#out;
  }

  #nodes(): void {
    this.#say('');
    this.#say('nodes:');
    const { client, router } = this.#net;
    if (client.length > 0)
      this.#say(
        `  client: { kind: client, ${cards(client)}, routes: { ${defaults(router.filter((p) => p.wire === client[0]?.wire))} } }`,
      );
    if (router.length > 0)
      this.#say(`  gw: { kind: switch, ${cards(router)} }`, LAB, {
        guesses: guessed(router, 'the router’s address'),
      });
    for (const party of this.#given.parties) this.#director(party);
    const told = new Set<Server>();
    for (const [, server] of this.#net.servers) {
      if (told.has(server) || this.#net.directors.has(server.name)) continue;
      told.add(server);
      this.#server(server);
    }
  }

  #director(party: Party): void {
    const { name, generated, machine } = party;
    const origin: Origin = { kind: 'director', name };
    const placed = this.#net.directors.get(name) ?? [];
    const stranger = isStranger(party, this.#given.parties);
    const why = stranger ? [`${name} has no configuration here: the lab generates one`] : [];
    this.#say(`  ${name}:`, origin, { guesses: [...why, ...guessed(placed, `${name}’s address`)] });
    this.#say('    kind: director', origin);
    for (const wire of this.#net.wires) {
      const own = placed.filter((p) => p.wire === wire);
      if (own.length > 0) this.#say(`    ${cards(own)}`, origin);
    }
    const named = this.#net.wires.flatMap((w) => {
      const device = w.devices.get(name);
      return device !== undefined && placed.some((p) => p.wire === w) ? [`${w.name}: ${quotedText(device)}`] : [];
    });
    if (!generated && named.length > 0) this.#part({ ...origin, part: 'cards' }, `    cards: { ${named.join(', ')} }`);
    const routes = [
      ...defaultsOf(placed, this.#net.router),
      ...(machine?.routes ?? [])
        .filter((r) => r.to !== 'default' && placed.some((p) => contains(p.subnet, r.via)))
        .map((r) => `${mapKey(r.to)}: ${addressText(r.via)}`),
    ];
    if (routes.length > 0)
      this.#part({ ...origin, part: 'routes' }, `    routes: { ${[...new Set(routes)].join(', ')} }`);
    const lips = this.#net.lips.get(name) ?? [];
    if (lips.length > 0) this.#say(`    lips: [${lips.map(addressText).join(', ')}]`, origin);
    const copies = this.#given.copies.get(name);
    if (!copies || generated) return;
    this.#say(`    keepalived: ${quotedText(copies.keepalived)}`, origin);
    const files = Object.entries(copies.files);
    if (files.length > 0) this.#say('    files:', origin);
    for (const [to, from] of files)
      this.#part({ ...origin, part: `files:${to}` }, `      ${quotedText(to)}: ${quotedText(from)}`);
  }

  #server(server: Server): void {
    const [first] = server.placed;
    const origin: Origin = { kind: 'real', name: first?.address.text ?? '' };
    const ofSorry = this.#services.filter(
      (s) => s.virtual.sorry && server.placed.some((p) => p.address.text === s.virtual.sorry?.address.text),
    );
    const isReal = this.#services.some((s) =>
      s.virtual.reals.some((r) => server.placed.some((p) => p.address.text === r.address.text)),
    );
    const serve = new Set(
      isReal ? this.#checked(server) : ofSorry.map((s) => `${s.virtual.sorry?.port}/${s.virtual.protocol}`),
    );
    const { routes, guess } = this.#wayBack(server);
    const words = [
      `kind: ${isReal ? 'realserver' : 'host'}`,
      cards(server.placed),
      ...(routes.length > 0 ? [`routes: { ${routes.join(', ')} }`] : []),
      ...(serve.size > 0 ? [`serve: [${[...serve].join(', ')}]`] : []),
    ];
    this.#say(`  ${server.name}: { ${words.join(', ')} }`, origin, { guesses: guess });
  }

  /** Returns the ports of a real server that only health checks connect to. */
  #checked(server: Server): readonly string[] {
    return this.#services.flatMap((s) =>
      s.virtual.reals.some((r) => server.placed.some((p) => p.address.text === r.address.text))
        ? (this.#healthOf(s)?.serve ?? [])
        : [],
    );
  }

  readonly #healths = new Map<string, ReturnType<typeof healthOf>>();
  #healthOf(service: Named): ReturnType<typeof healthOf> {
    if (this.#isOut({ kind: 'service', name: service.name, part: 'health' })) return undefined;
    if (!this.#healths.has(service.name)) this.#healths.set(service.name, healthOf(service.virtual, this.#told));
    return this.#healths.get(service.name);
  }

  /** Returns the default routes of a server by the modes of its services: replies of NAT go by the director. */
  #wayBack(server: Server): { readonly routes: readonly string[]; readonly guess: readonly string[] } {
    const guess: string[] = [];
    const told = this.#given.machines.find((m) =>
      m.addresses.some((a) => server.placed.some((p) => p.address.text === a.address.text)),
    );
    const routes = new Map<string, string>();
    for (const { subnet, address } of server.placed) {
      const key = address.family === 4 ? 'default' : '"::/0"';
      if (routes.has(key)) continue;
      const real = told?.routes.find((r) => r.to === 'default' && contains(subnet, r.via))?.via;
      const moved = this.#shared
        .flatMap((s) => s.instance.vips.map((v) => v.address))
        .filter((v) => contains(subnet, v));
      const plain = moved.find((v) => !this.#services.some((s) => s.virtual.vip.text === v.text)) ?? moved[0];
      const director = [...this.#net.directors.values()].flat().find((p) => p.subnet === subnet)?.address;
      const router = this.#net.router.find((p) => p.subnet === subnet)?.address;
      const known = [...moved, ...(director ? [director] : []), ...(router ? [router] : [])].find(
        (a) => a.text === real?.text,
      );
      const nat = server.modes.has('nat');
      const straight = server.modes.has('dr') || server.modes.has('tun');
      const chosen = known ?? (nat ? (plain ?? director) : straight ? router : undefined);
      if (!chosen) continue;
      if (nat && !known && !plain && this.#given.parties.length > 1)
        guess.push(
          `${server.name}’s gateway is a director’s own address, which does not move: no instance has an address in ${quotedSubnet(subnet)}`,
        );
      if (nat && straight && !known)
        guess.push(
          `${server.name} is a real server of NAT and of ${server.modes.has('dr') ? 'DR' : 'TUN'}: its replies go by the director`,
        );
      routes.set(key, addressText(chosen));
    }
    return { routes: [...routes].map(([to, via]) => `${to}: ${via}`), guess };
  }

  #service({ name, virtual: v }: Named): void {
    const origin: Origin = { kind: 'service', name };
    const at = (part: string) => ({ ...origin, part });
    this.#say(`  # ${placeText(v.place)}`, origin);
    this.#say(`  ${name}:`, origin, { place: v.place });
    this.#say(`    vip: ${addressText(v.vip)}`, origin);
    this.#say(`    port: ${v.port}`, origin);
    if (v.protocol !== 'tcp') this.#say(`    protocol: ${quotedText(v.protocol)}`, origin);
    this.#say(`    mode: ${quotedText(v.mode)}`, origin);
    this.#say(`    scheduler: ${quotedText(v.scheduler)}`, origin);
    if (v.hashesPort) this.#say('    hash: port', origin);
    if (v.persistence) {
      const { time, mask } = v.persistence;
      this.#say(
        `    persistence: ${mask === undefined ? timeText(time) : `{ time: ${timeText(time)}, mask: ${mask} }`}`,
        origin,
      );
    }
    if (v.ops) this.#part(at('ops'), '    ops: true', v.place);
    const reals = v.reals.map((r) => {
      const server = this.#net.servers.get(r.address.text);
      const several = (server?.placed.length ?? 0) > 1;
      const more = [
        ...(r.mode === v.mode ? [] : [`mode: ${quotedText(r.mode)}`]),
        ...(r.port === v.port ? [] : [`port: ${r.port}`]),
        ...(several ? [`address: ${addressText(r.address)}`] : []),
      ];
      return `${server?.name ?? 'unknown'}: ${more.length === 0 ? r.weight : `{ weight: ${r.weight}, ${more.join(', ')} }`}`;
    });
    this.#say(`    reals: { ${reals.join(', ')} }`, origin);
    const health = this.#healthOf({ name, virtual: v });
    if (!health) {
      for (const [what, place] of [
        ['quorum', v.quorum && v.place],
        ['sorry_server', v.sorry?.place],
      ] as const)
        if (place) this.#told.lose(place, `${what} of ${serviceWords(v)}: a lab says it beside a health check only`);
      return;
    }
    this.#part(at('health'), `    health: ${health.text}`, v.reals[0]?.checkers[0]?.place);
    if (v.quorum) {
      const { weight, up, down } = v.quorum;
      const words = [
        `weight: ${weight}`,
        ...(up === undefined ? [] : [`up: ${quotedText(up)}`]),
        ...(down === undefined ? [] : [`down: ${quotedText(down)}`]),
      ];
      this.#part(at('quorum'), `    quorum: { ${words.join(', ')} }`, v.place);
    }
    const sorry = v.sorry && this.#net.servers.get(v.sorry.address.text);
    if (sorry) this.#part(at('sorry'), `    sorry: ${sorry.name}`, v.sorry?.place);
  }

  #instance({ name, instance, members }: Shared): void {
    const origin: Origin = { kind: 'instance', name };
    const at = (part: string) => ({ ...origin, part });
    const [first] = members;
    const wire = this.#wireOfDevice(first?.party, instance.device);
    this.#say(`  # ${placeText(instance.place)}`, origin);
    this.#say(`  ${name}:`, origin, { place: instance.place, guesses: members.flatMap((m) => m.guess ?? []) });
    this.#say(`    on: ${wire ?? 'unknown'}`, origin);
    this.#say(`    id: ${instance.id}`, origin);
    if (instance.version === 3) this.#say('    version: 3', origin);
    this.#say(`    advert: ${timeText(instance.advert)}`, origin);
    this.#part(
      at('password'),
      instance.password === undefined ? undefined : `    password: ${JSON.stringify(instance.password)}`,
      instance.place,
    );
    this.#say(`    priorities: { ${members.map((m) => `${m.party}: ${m.priority}`).join(', ')} }`, origin);
    const moves = this.#services.filter((s) => instance.vips.some((v) => v.address.text === s.virtual.vip.text));
    const plain = instance.vips.filter(
      (v) => v.prefix !== undefined || !moves.some((s) => s.virtual.vip.text === v.address.text),
    );
    const texts = plain.map((v) =>
      v.prefix === undefined ? addressText(v.address) : quotedIf6(`${v.address.text}/${v.prefix}`),
    );
    this.#say(`    addresses: [${[...moves.map((s) => s.name), ...new Set(texts)].join(', ')}]`, origin);
    if (instance.peers.length > 0) this.#say('    unicast: true', origin);
    else if (instance.group !== undefined && instance.group !== STANDARD_GROUP)
      this.#say(`    group: ${instance.group}`, origin);
    if (!instance.preempt) this.#say('    preempt: false', origin);
    else if (instance.preemptDelay > 0)
      this.#part(at('preempt'), `    preempt: ${timeText(instance.preemptDelay)}`, instance.place);
    if (instance.refresh > 0) this.#part(at('refresh'), `    refresh: ${timeText(instance.refresh)}`, instance.place);
    if (instance.sync !== undefined)
      this.#part(
        at('sync'),
        `    sync: ${quotedText(instance.sync.replaceAll(/[^A-Za-z0-9_-]/g, '_'))}`,
        instance.place,
      );
    if (instance.syncDaemon) this.#part(at('syncdaemon'), '    syncdaemon: true', instance.place);
    if (instance.vmac) this.#say(`    vmac: ${instance.vmac === 'all' ? 'true' : 'xmit_base'}`, origin);
    this.#tracks({ name, instance, members });
  }

  #wireOfDevice(party: string | undefined, device: string | undefined): string | undefined {
    const plain = (device ?? 'eth0').replace(/:.*$/, '');
    return this.#net.wires.find((w) => w.devices.get(party ?? '') === plain)?.name;
  }

  #tracks({ name, instance, members }: Shared): void {
    const scripts = this.#given.parties.find((p) => p.name === members[0]?.party)?.director.scripts;
    const said = instance.tracked.flatMap((t, i) => {
      const part = `track:${i}`;
      if (this.#isOut({ kind: 'instance', name, part })) return [];
      if (t.kind === 'device') {
        const wire = this.#wireOfDevice(members[0]?.party, t.name);
        return wire === undefined
          ? []
          : [{ part, place: t.place, text: `{ segment: ${wire}${weightText(t.weight ?? 0)} }` }];
      }
      const script = scripts?.get(t.name);
      const lose = (why: string) => this.#told.lose(t.place, `tracked script "${t.name}" ${why}`);
      if (!script) {
        lose('is not defined');
        return [];
      }
      if (!isThere(script.command, this.#given.programs)) {
        lose(`runs ${programOf(script.command)}, which a node does not have; put it beside the configuration`);
        return [];
      }
      const times = (['rise', 'fall'] as const).map((w) => (script[w] > 1 ? `, ${w}: ${script[w]}` : '')).join('');
      return [
        {
          part,
          place: t.place,
          text: `{ script: ${quotedText(script.command)}, every: ${timeText(script.every)}${times}${weightText(t.weight ?? script.weight)} }`,
        },
      ];
    });
    if (said.length > 0) this.#say('    track:', { kind: 'instance', name });
    for (const { part, place, text } of said) this.#say(`      - ${text}`, { kind: 'instance', name, part }, { place });
  }

  /** Says the steps where more than contracts is to be tested: the master lost, or who is master where no service is. */
  #scenario(): void {
    const moves = (s: Shared, vip: string) => s.instance.vips.some((v) => v.address.text === vip);
    const shared =
      this.#shared.find((s) => s.members.length > 1 && this.#services.some((n) => moves(s, n.virtual.vip.text))) ??
      this.#shared.find((s) => s.members.length > 1);
    if (!shared && this.#services.length > 0) return;
    if (this.#shared.length === 0) return;
    this.#say('');
    this.#say('scenario:');
    for (const { name } of this.#services) this.#say(`  - contract: ${name}`, { kind: 'service', name });
    const master = (s: Shared) => s.members.toSorted((a, b) => b.priority - a.priority)[0]?.party;
    if (this.#services.length === 0)
      for (const s of this.#shared)
        this.#say(`  - check: { master: ${master(s)}, of: ${s.name} }`, { kind: 'instance', name: s.name });
    const moved = this.#services.find((s) => shared?.instance.vips.some((v) => v.address.text === s.virtual.vip.text));
    if (shared && moved)
      this.#say(`  - fault: { inject: "kill:${master(shared)}", service: ${moved.name} }`, {
        kind: 'lab',
        name: 'fault',
        part: 'fault',
      });
  }
}
