import { takenName } from '../kernels/device-names.ts';
import type { Link } from '../model/lookup.ts';
import type { Device, HostAddress, Interface } from '../model/node.ts';
import { parseAddress } from '../net/cidr.ts';
import { onDevice, tellUnusable } from './resolve-address.ts';
import { mtuOfDevice } from './resolve-mtu.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawNode = RawLab['nodes'][string];
type RawDevice = NonNullable<RawNode['devices']>[string];

/** Resolves bonds, VLANs, bridges and tunnels of a node, each after the devices below it. */
export function resolveDevices(r: Resolver, node: string, raw: RawNode, interfaces: readonly Interface[]): Device[] {
  const made: Device[] = [];
  for (const [name, device] of Object.entries(raw.devices ?? {})) {
    const path = ['nodes', node, 'devices', name];
    const taken = takenName(name);
    if (taken !== undefined) r.wrong(path, `a device cannot be called "${name}": ${taken}`, 'key');
    if (interfaces.some((i) => i.name === name) && taken === undefined)
      r.wrong(path, `"${name}" is already the name of a card of "${node}"; choose another name`, 'key');
    if (interfaces.some((i) => i.segment === name))
      r.wrong(path, `"${name}" is already the name of a segment that "${node}" is on; choose another name`, 'key');
    const addresses = [device.address ?? []].flat().flatMap((text, i) => {
      const at = Array.isArray(device.address) ? [...path, 'address', i] : [...path, 'address'];
      return onDevice(r, text, at, `an address of node "${node}"`) ?? [];
    });
    const over = [device.over ?? []].flat().flatMap((below) => {
      const found =
        interfaces.find((i) => i.segment === below) ?? [...interfaces, ...made].find((l) => l.name === below);
      if (!found && !r.incomplete('segments'))
        r.wrong(
          [...path, 'over'],
          `node "${node}" has no card on a segment "${below}", and no device of that name before this one`,
        );
      return found ?? [];
    });
    const result = deviceOf(r, node, { name, raw: device, below: over, addresses });
    if (typeof result === 'string') r.wrong(path, result, 'key');
    else {
      tellStack(r, result, over, made, path);
      const mtu = mtuOfDevice(r, result, { raw: device.mtu, below: over }, path);
      made.push(mtu === undefined ? result : { ...result, mtu });
    }
  }
  return made;
}

/** A device in the file, with the links below it. */
interface NamedDevice {
  readonly name: string;
  readonly raw: RawDevice;
  readonly below: readonly Link[];
  readonly addresses: readonly HostAddress[];
}

/** Returns the device, or what it lacks. */
function deviceOf(r: Resolver, node: string, { name, raw, below, addresses }: NamedDevice): Device | string {
  const base = { name, addresses };
  const own = () => r.macs.give(addresses, `${node}/${name}`);
  const over = below.map((l) => l.name);
  const [first] = below;
  if (raw.bond !== undefined)
    return over.length > 0
      ? { ...base, mac: own(), kind: 'bond', mode: raw.bond, over }
      : `bond "${name}" has no slaves; add over: [SEGMENT, SEGMENT]`;
  if (raw.vlan !== undefined) {
    if (!first || over.length > 1) return `VLAN "${name}" needs exactly one lower device; add over: SEGMENT or DEVICE`;
    return { ...base, mac: first.mac, kind: 'vlan', id: raw.vlan, over };
  }
  if (raw.bridge !== undefined) return { ...base, mac: own(), kind: 'bridge', over };
  const kind = raw.gre === undefined ? 'ipip' : 'gre';
  const tunnel = raw[kind];
  if (!tunnel) return `device "${name}" has no kind`;
  if (raw.over !== undefined)
    return `tunnel "${name}" takes no over: routes to ${tunnel.remote} decide where its packets go`;
  tellEnds(r, tunnel, ['nodes', node, 'devices', name, kind]);
  return { ...base, mac: '', kind, local: tunnel.local, remote: tunnel.remote };
}

/** Reports invalid ends of a tunnel: not IPv4, not an address of a host, or both the same. */
function tellEnds(r: Resolver, ends: { readonly local: string; readonly remote: string }, path: Path): void {
  for (const end of ['local', 'remote'] as const) {
    const address = parseAddress(ends[end]);
    if (address?.family === 6) r.wrong([...path, end], 'GRE and IP-in-IP tunnels need IPv4 addresses at both ends');
    else if (address) tellUnusable(r, address, [...path, end]);
  }
  if (ends.local === ends.remote) r.wrong([...path, 'remote'], `${ends.remote} is the local end; give the other end`);
}

/** Reports combinations of devices that the kernel rejects, or that would not work. */
function tellStack(r: Resolver, device: Device, below: readonly Link[], made: readonly Device[], path: Path): void {
  const over = [...path, 'over'];
  const { name } = device;
  if (device.kind === 'gre' || device.kind === 'ipip') {
    const twin = made.find((d) => d.kind === device.kind && d.local === device.local && d.remote === device.remote);
    if (twin) r.wrong(path, `tunnel "${twin.name}" (${device.kind}) already connects the same addresses`, 'key');
    return;
  }
  for (const link of below) {
    const tunnel = 'kind' in link && (link.kind === 'gre' || link.kind === 'ipip');
    if (tunnel)
      r.wrong(over, `"${link.name}" is a tunnel, which carries IP packets; a ${device.kind} needs Ethernet frames`);
    const holder = made.find((d) => (d.kind === 'bond' || d.kind === 'bridge') && d.over.includes(link.name));
    if (holder) r.wrong(over, `${shown(link)} is already part of ${holder.kind} "${holder.name}"`);
  }
  if (device.kind === 'vlan') {
    const twin = made.find((d) => d.kind === 'vlan' && d.id === device.id && d.over[0] === device.over[0]);
    if (twin) r.wrong([...path, 'vlan'], `"${twin.name}" is already VLAN ${device.id} on ${device.over[0]}`);
    return;
  }
  for (const [i, link] of below.entries()) {
    if (below.indexOf(link) !== i) r.wrong(over, `${shown(link)} is listed twice`);
    if ('kind' in link && link.kind === 'bridge' && device.kind === 'bridge')
      r.wrong(over, `"${link.name}" is a bridge; a bridge cannot be part of another bridge`);
    const [own] = link.addresses;
    if (own)
      r.wrong(
        over,
        `${shown(link)} has the address ${own.address}, which does not work while it is part of ${device.kind} "${name}"; move the address to "${name}"`,
      );
  }
}

function shown(link: Link): string {
  return 'segment' in link ? `the card on segment "${link.segment}"` : `device "${link.name}"`;
}
