import type { Address } from '../net/cidr.ts';
import type { Director, Instance } from './conf.ts';
import type { Machine } from './facts.ts';
import type { Told } from './told.ts';

/** A director of the lab: of a configuration, or a peer that one names. */
export interface Party {
  readonly name: string;
  /** Its configuration; of a peer without one, that of the director that names it. */
  readonly director: Director;
  /** Whether there is no configuration of its own: the lab generates one. */
  readonly generated: boolean;
  readonly machine: Machine | undefined;
  /** Addresses that are its own by its configuration or its peers', with the device that has each. */
  readonly own: readonly { readonly address: Address; readonly dev: string }[];
}

/** A VRRP instance with the directors that take part in it, the master first if priorities say so. */
export interface Shared {
  readonly name: string;
  readonly instance: Instance;
  readonly members: readonly {
    readonly party: string;
    readonly priority: number;
    readonly instance: Instance;
    readonly guess: string | undefined;
  }[];
}

/** The device of an instance; an alias (eth0:1) is its device. */
export function deviceOf({ device }: Pick<Instance, 'device'>): string {
  return plainDevice(device ?? 'eth0');
}

/** Returns a device's name without the number of an alias. */
export function plainDevice(name: string): string {
  return name.replace(/:.*$/, '');
}

/** Returns whether two instances of different directors are the same one. */
function isSame(a: Instance, b: Instance): boolean {
  return (
    a.id === b.id && (a.name === b.name || a.vips.some((v) => b.vips.some((w) => w.address.text === v.address.text)))
  );
}

/** Returns the directors of the lab: one for each configuration, and one for each peer that has none. */
export function partiesOf(directors: readonly Director[], machines: readonly Machine[]): readonly Party[] {
  const hosts = directors.map((d) => d.host).filter((h) => h !== undefined && /^[a-z][a-z0-9-]{0,11}$/.test(h));
  const nameOf = (d: Director, i: number) => (d.host !== undefined && hosts.includes(d.host) ? d.host : `lb${i + 1}`);
  const own = directors.map((d) => ownOf(d, directors));
  const free = [...machines];
  const parties = directors.map((director, i): Party => {
    const name = nameOf(director, i);
    const mine = own[i] ?? [];
    const machine =
      free.find((m) => m.addresses.some((a) => mine.some((o) => o.address.text === a.address.text))) ??
      free.find((m) => m.name === name || m.name === director.host || director.file.includes(m.name)) ??
      (directors.length === 1 ? free.find((m) => !isServer(m, directors)) : undefined);
    if (machine) free.splice(free.indexOf(machine), 1);
    return { name, director, generated: director.dpvs || director.file === '', machine, own: mine };
  });
  return [...parties, ...strangers(directors, parties, free)];
}

function isServer(machine: Machine, directors: readonly Director[]): boolean {
  return directors.some((d) =>
    d.services.some((s) => s.reals.some((r) => machine.addresses.some((a) => a.address.text === r.address.text))),
  );
}

/** Returns the addresses of a director by its own configuration, or else by its peers': the one that all of them name. */
function ownOf(director: Director, all: readonly Director[]): Party['own'] {
  return director.instances.flatMap((instance) => {
    const dev = deviceOf(instance);
    if (instance.source) return [{ address: instance.source, dev }];
    const others = all.filter((d) => d !== director).flatMap((d) => d.instances.filter((i) => isSame(i, instance)));
    const named = (others[0]?.peers ?? []).filter(
      ({ address }) =>
        others.every((o) => o.peers.some((p) => p.address.text === address.text)) &&
        !instance.peers.some((p) => p.address.text === address.text),
    );
    const [only, second] = named;
    return only && !second ? [{ address: only.address, dev }] : [];
  });
}

/** Returns a director for each peer that no configuration is of: the first peers of all instances are one machine. */
function strangers(
  directors: readonly Director[],
  parties: readonly Party[],
  machines: readonly Machine[],
): readonly Party[] {
  const known = new Set(parties.flatMap((p) => [...p.own, ...(p.machine?.addresses ?? [])].map((o) => o.address.text)));
  const [first] = directors;
  if (!first || directors.length > 1) return [];
  const rows = first.instances.map((instance) => ({
    dev: deviceOf(instance),
    peers: instance.peers.filter((p) => !known.has(p.address.text)),
  }));
  const count = Math.max(0, ...rows.map((r) => r.peers.length));
  return Array.from({ length: count }, (_, k): Party => {
    const own = rows.flatMap(({ dev, peers }) => (peers[k] ? [{ address: peers[k].address, dev }] : []));
    const machine = machines.find((m) => m.addresses.some((a) => own.some((o) => o.address.text === a.address.text)));
    return { name: `lb${k + 2}`, director: first, generated: true, machine, own };
  });
}

/** Returns the VRRP instances of the lab, each with its members. */
export function sharedOf(parties: readonly Party[], told: Told): readonly Shared[] {
  const shared: { name: string; instance: Instance; members: Shared['members'][number][] }[] = [];
  for (const party of parties.filter((p) => p.director.file !== '' && !isStranger(p, parties)))
    for (const instance of party.director.instances) {
      const known = shared.find((s) => isSame(s.instance, instance) && !s.members.some((m) => m.party === party.name));
      const member = { party: party.name, priority: instance.priority, instance, guess: undefined };
      if (known) {
        tellDifferences(known.instance, instance, told);
        known.members.push(member);
      } else shared.push({ name: freeName(instance.name, shared), instance, members: [member] });
    }
  const peers = parties.filter((p) => isStranger(p, parties));
  for (const { instance, members } of shared)
    for (const [k, peer] of peers.entries()) {
      const step = 10 * (k + 1);
      const priority = instance.master
        ? Math.max(1, instance.priority - step)
        : Math.min(254, instance.priority + step);
      const guess = `${peer.name} has priority ${priority}: its configuration is not given, and this one starts as ${instance.master ? 'MASTER' : 'BACKUP'}`;
      members.push({ party: peer.name, priority, instance, guess });
    }
  return shared;
}

/** Returns whether a director is a peer without a configuration. */
export function isStranger(party: Party, parties: readonly Party[]): boolean {
  return parties.some(
    (p) => p !== party && p.director === party.director && parties.indexOf(p) < parties.indexOf(party),
  );
}

function freeName(name: string, shared: readonly { readonly name: string }[]): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 28);
  const whole = /^[A-Za-z]/.test(plain) ? plain : `VI_${plain}`.slice(0, 28);
  for (let n = 1; ; n++) {
    const tried = n === 1 ? whole : `${whole}_${n}`;
    if (!shared.some((s) => s.name === tried)) return tried;
  }
}

/** Tells what of an instance differs between two directors: the lab says it once. */
function tellDifferences(a: Instance, b: Instance, told: Told): void {
  const differ = (what: string, one: unknown, other: unknown) => {
    if (one !== other)
      told.lose(
        b.place,
        `instance "${b.name}": ${what} differs between the directors (${String(one)} and ${String(other)}); the lab says the first`,
      );
  };
  differ('advert_int', a.advert / 1000, b.advert / 1000);
  differ('version', a.version ?? 2, b.version ?? 2);
  differ('auth_pass', a.password ?? 'none', b.password ?? 'none');
  differ('nopreempt', !a.preempt, !b.preempt);
  const texts = (i: Instance) =>
    i.vips
      .map((v) => v.address.text)
      .sort()
      .join(', ');
  differ('virtual_ipaddress', texts(a), texts(b));
}
