import { type Address, parseAddress } from '../net/cidr.ts';
import type { Instance, Tracked, TrackScript } from './conf.ts';
import { tellWords } from './keywords.ts';
import { addressIn, all, heldIn, isSet, last, numberOf, timeOf, wordOf } from './statements.ts';
import type { Told } from './told.ts';
import type { Statement } from './tree.ts';

/** What a whole configuration says about its instances. */
export interface VrrpGlobals {
  readonly group: string | undefined;
  readonly version: 2 | 3 | undefined;
  readonly refresh: number;
  readonly device: string | undefined;
  /** The instance that the sync daemon follows. */
  readonly daemon: string | undefined;
}

/** Reads what `global_defs` says about VRRP. */
export function readVrrpGlobals(globals: readonly Statement[], told: Told): VrrpGlobals {
  const daemon = last(globals, 'lvs_sync_daemon')?.words ?? [];
  const inst = daemon.indexOf('inst');
  const version = numberOf(globals, told, 'vrrp_version');
  return {
    group: wordOf(globals, 'vrrp_mcast_group4'),
    version: version === 2 || version === 3 ? version : undefined,
    refresh: timeOf(globals, told, 'vrrp_garp_master_refresh') ?? 0,
    device: wordOf(globals, 'default_interface'),
    daemon: inst > 0 ? daemon[inst + 1] : daemon[2],
  };
}

/** Reads every vrrp_script of a configuration, by its name. */
export function readScripts(tree: readonly Statement[], told: Told): ReadonlyMap<string, TrackScript> {
  const scripts = new Map<string, TrackScript>();
  for (const { words, place, block = [] } of all(tree, 'vrrp_script')) {
    tellWords('vrrp_script', block, told);
    const said = last(block, 'script');
    const command = said?.words.slice(1).join(' ') ?? '';
    if (command === '') {
      told.lose(place, `script "${words[1] ?? ''}" has no command; it is passed over`);
      continue;
    }
    scripts.set(words[1] ?? '', {
      command,
      every: timeOf(block, told, 'interval') ?? 1000,
      weight: numberOf(block, told, 'weight') ?? 0,
      rise: numberOf(block, told, 'rise') ?? 1,
      fall: numberOf(block, told, 'fall') ?? 1,
      place: said?.place ?? place,
    });
  }
  return scripts;
}

/** Returns the sync group of each instance, by the instance's name. */
export function readSyncGroups(tree: readonly Statement[], told: Told): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const { words, block = [] } of all(tree, 'vrrp_sync_group')) {
    tellWords('vrrp_sync_group', block, told);
    const members = all(block, 'group').flatMap((g) => [
      ...g.words.slice(1),
      ...(g.block ?? []).flatMap((s) => s.words),
    ]);
    for (const member of members) groups.set(member, words[1] ?? '');
  }
  return groups;
}

/** Reads a vrrp_instance. Returns undefined, with the reason told, if it has no id or no address. */
export function readInstance(
  statement: Statement,
  globals: VrrpGlobals,
  sync: ReadonlyMap<string, string>,
  told: Told,
): Instance | undefined {
  const { words, place, block = [] } = statement;
  const name = words[1] ?? '';
  tellWords('vrrp_instance', block, told);
  const id = numberOf(block, told, 'virtual_router_id');
  if (id === undefined) {
    told.lose(place, `instance "${name}" has no virtual_router_id; it is not carried over`);
    return undefined;
  }
  const vips = all(block, 'virtual_ipaddress', 'virtual_ipaddress_excluded').flatMap((s) =>
    heldIn(s.block ?? [], told),
  );
  const source = last(block, 'unicast_src_ip', 'mcast_src_ip');
  const peers = all(block, 'unicast_peer')
    .flatMap((s) => s.block ?? [])
    .flatMap((s) => {
      const address = addressIn(s.words[0], s, told);
      return address ? [{ address, place: s.place }] : [];
    });
  const version = numberOf(block, told, 'version') ?? globals.version;
  const auth = last(block, 'authentication')?.block ?? [];
  return {
    name,
    place,
    places: new Map(block.map((s) => [s.words[0] ?? '', s.place])),
    master: wordOf(block, 'state') === 'MASTER',
    device: wordOf(block, 'interface') ?? vips.find((v) => v.dev !== undefined)?.dev ?? globals.device,
    id,
    priority: numberOf(block, told, 'priority') ?? 100,
    advert: timeOf(block, told, 'advert_int') ?? 1000,
    version: version === 2 || version === 3 ? version : undefined,
    password: passwordOf(auth, told),
    vips,
    source: source && addressIn(source.words[1], source, told),
    peers,
    group: wordOf(block, 'mcast_dst_ip') ?? globals.group,
    preempt: !isSet(block, 'nopreempt'),
    preemptDelay: timeOf(block, told, 'preempt_delay') ?? 0,
    refresh: timeOf(block, told, 'garp_master_refresh') ?? globals.refresh,
    sync: sync.get(name),
    syncDaemon: globals.daemon === name || last(block, 'lvs_sync_daemon_interface') !== undefined,
    tracked: [...trackedIn(block, 'track_script', told), ...trackedIn(block, 'track_interface', told)],
    vmac: vmacOf(block),
    beyond: beyondOf(block, auth),
  };
}

/** Returns what of an instance the lab cannot promise: addresses and adverts that come from other places than it says. */
function beyondOf(block: readonly Statement[], auth: readonly Statement[]): Instance['beyond'] {
  const ipvlan = last(block, 'use_ipvlan');
  if (ipvlan) return { place: ipvlan.place, text: 'use_ipvlan: a lab file cannot say it' };
  const mac = last(block, 'use_vmac');
  if (mac?.words.some((w) => /^([0-9a-f]{2}:){4,5}[0-9a-f]{2}$/i.test(w)))
    return { place: mac.place, text: 'use_vmac with a MAC address of its own: a lab file cannot say it' };
  const ah = last(auth, 'auth_type');
  if (ah?.words[1]?.toUpperCase() === 'AH')
    return { place: ah.place, text: 'auth_type AH: its adverts are packets of IPsec, which the lab does not read' };
  return undefined;
}

function vmacOf(block: readonly Statement[]): Instance['vmac'] {
  if (!last(block, 'use_vmac')) return undefined;
  return isSet(block, 'vmac_xmit_base') ? 'addresses' : 'all';
}

function passwordOf(auth: readonly Statement[], told: Told): string | undefined {
  const said = last(auth, 'auth_pass');
  const password = said?.words[1];
  if (!said || password === undefined) return undefined;
  const used = password.slice(0, 8);
  if (used !== password)
    told.lose(said.place, `auth_pass: keepalived uses its first 8 characters, and so does the lab`);
  if (/^[A-Za-z0-9]+$/.test(used)) return used;
  told.lose(said.place, 'auth_pass has other characters than letters and digits; the lab does not say it');
  return undefined;
}

function trackedIn(
  block: readonly Statement[],
  word: 'track_script' | 'track_interface',
  told: Told,
): readonly Tracked[] {
  return all(block, word)
    .flatMap((s) => s.block ?? [])
    .map((s): Tracked => {
      const at = s.words.indexOf('weight');
      const weight = at < 0 ? undefined : Number(s.words[at + 1]);
      if (s.words.includes('reverse')) told.lose(s.place, 'reverse is not carried over');
      return {
        kind: word === 'track_script' ? 'script' : 'device',
        name: s.words[0] ?? '',
        weight: weight === undefined || Number.isFinite(weight) ? weight : undefined,
        place: s.place,
      };
    });
}

/** Reads the local addresses of Full-NAT, which only DPVS's keepalived has. */
export function readLips(tree: readonly Statement[]): readonly Address[] {
  return all(tree, 'local_address_group').flatMap((g) =>
    (g.block ?? []).flatMap((s) => parseAddress(s.words[0] ?? '') ?? []),
  );
}
