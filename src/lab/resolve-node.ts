import { createHash } from 'node:crypto';
import { didYouMean } from '../nearest.ts';
import { type Address, contains, isReserved, parseAddress, parseSubnet, type Subnet } from '../net/cidr.ts';
import type { Link } from './lookup.ts';
import { linkTo } from './lookup.ts';
import type { Device, HostAddress, Interface, LabNode, Lip, Route, ServedPort, UserFile } from './model.ts';
import type { Resolver } from './resolver.ts';
import { NODE_KEYS, type RawLab } from './schema.ts';
import type { Path } from './source.ts';

type RawNode = RawLab['nodes'][string];
type RawDevice = NonNullable<RawNode['devices']>[string];

/** A node of the file, complete: cards, devices, addresses, routes and files. */
export function resolveNode(r: Resolver, name: string): LabNode {
  const raw = r.raw.nodes[name] as RawNode;
  const path = ['nodes', name];
  const interfaces = cards(r, name, raw);
  if (interfaces.length === 0 && !r.incomplete('segments')) {
    const names = [...r.segments.keys()].map((s) => `"${s}"`).join(' or ');
    r.wrong(path, `node "${name}" is on no segment; give it an address on ${names || 'one'}`, 'key');
  }
  if (raw.lips && raw.kind !== 'director')
    r.wrong([...path, 'lips'], `only a director has LIPs; "${name}" is a ${raw.kind}`, 'key');
  if (raw.keepalived && raw.kind !== 'director')
    r.wrong([...path, 'keepalived'], `keepalived runs on directors; "${name}" is a ${raw.kind}`, 'key');
  const devices = resolveDevices(r, name, raw, interfaces);
  const setup = raw.setup === undefined ? undefined : r.file(raw.setup, [...path, 'setup']);
  const keepalived = raw.keepalived === undefined ? undefined : r.file(raw.keepalived, [...path, 'keepalived']);
  const bare = {
    name,
    kind: raw.kind,
    kernel: raw.kernel ?? r.raw.kernel ?? 'auto',
    interfaces,
    devices,
    carrier: watched(r.raw, name),
    lips: [],
    routes: [],
    sysctls: Object.fromEntries(Object.entries(raw.sysctls ?? {}).map(([k, v]) => [k, String(v)])),
    serve: (raw.serve ?? []).map(portOf),
    manual: raw.manual ?? false,
    files: Object.fromEntries(
      Object.entries(raw.files ?? {}).flatMap(([to, from]): [string, UserFile][] => {
        const file = r.file(from, [...path, 'files', to]);
        return file ? [[to, file]] : [];
      }),
    ),
    ...(setup ? { setup } : {}),
    ...(keepalived ? { keepalived } : {}),
  } satisfies LabNode;
  return { ...bare, lips: lips(r, bare, raw), routes: routes(r, bare, raw) };
}

/** Whether anything of the lab turns on the node's wires being seen to die. */
function watched(raw: RawLab, node: string): boolean {
  return Object.values(raw.vrrp ?? {}).some(
    (v) =>
      v.priorities[node] !== undefined &&
      (v.sync !== undefined || v.track?.some((t) => t.segment !== undefined) === true),
  );
}

function portOf(text: string): ServedPort {
  const [port = '', protocol] = text.split('/');
  return { port: Number(port), protocol: protocol as ServedPort['protocol'] };
}

/** The cards: one for each segment that the node names, in the order of the segments, then those of its own list. */
function cards(r: Resolver, node: string, raw: RawNode): Interface[] {
  const wanted: { segment: string; value: unknown; path: Path }[] = [];
  for (const segment of r.segments.keys()) {
    if (!NODE_KEYS.includes(segment) && raw[segment] !== undefined)
      wanted.push({ segment, value: raw[segment], path: ['nodes', node, segment] });
  }
  for (const [i, card] of (raw.interfaces ?? []).entries()) {
    const path = ['nodes', node, 'interfaces', i];
    if (r.segments.has(card.on))
      wanted.push({ segment: card.on, value: card.address ?? 'none', path: [...path, 'address'] });
    else if (!r.isDropped(`segments.${card.on}`))
      r.wrong([...path, 'on'], `there is no segment "${card.on}"${didYouMean(card.on, r.segments.keys())}`);
  }
  return wanted.map(({ segment, value, path }, i) => {
    const texts = value === 'none' ? [] : ([value].flat() as string[]);
    const addresses = texts.flatMap((text, n) => {
      const at = Array.isArray(value) ? [...path, n] : path;
      return onSegment(r, text, segment, at, `the address of node "${node}"`) ?? [];
    });
    return { name: `eth${i}`, segment, addresses, mac: macOf(addresses, `${node}/eth${i}`) };
  });
}

/** An address on a segment: inside one of its subnets, not reserved, nobody else's. */
function onSegment(r: Resolver, text: string, segment: string, path: Path, what: string): HostAddress | undefined {
  const placed = parseSubnet(text);
  const address = placed?.address ?? parseAddress(text);
  if (!address) return undefined;
  const subnets = r.segments.get(segment) ?? [];
  const subnet = subnets.find((s) => contains(s, address));
  r.claim(address, path, what);
  if (!subnet && subnets.length > 0) {
    const known = subnets.map((s) => `${s.address.text}/${s.prefix}`).join(', ');
    r.wrong(path, `${text} is outside segment "${segment}" (${known})`);
  }
  if (!subnet && !placed) {
    if (subnets.length === 0) r.wrong(path, `segment "${segment}" has no subnet; write the prefix too: ${text}/24`);
    return undefined;
  }
  if (subnet) tellReserved(r, subnet, address, segment, path);
  return { address: address.text, prefix: placed?.prefix ?? subnet?.prefix ?? 0 };
}

function tellReserved(r: Resolver, subnet: Subnet, address: Address, segment: string, path: Path): void {
  if (isReserved(subnet, address))
    r.wrong(path, `${address.text} is the network or broadcast address of segment "${segment}"; no node can have it`);
}

function resolveDevices(r: Resolver, node: string, raw: RawNode, interfaces: readonly Interface[]): Device[] {
  const made: Device[] = [];
  for (const [name, device] of Object.entries(raw.devices ?? {})) {
    const path = ['nodes', node, 'devices', name];
    if (/^eth\d+$/.test(name) || name === 'lo') r.wrong(path, `"${name}" is a network card's name`, 'key');
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
    const result = deviceOf(name, device, over, addresses, node);
    if (typeof result === 'string') r.wrong(path, result, 'key');
    else made.push(result);
  }
  return made;
}

/** The device, or what it lacks. */
function deviceOf(
  name: string,
  raw: RawDevice,
  below: readonly Link[],
  addresses: readonly HostAddress[],
  node: string,
): Device | string {
  const base = { name, addresses, mac: macOf(addresses, `${node}/${name}`) };
  const over = below.map((l) => l.name);
  const [first] = below;
  if (raw.bond !== undefined)
    return over.length > 0
      ? { ...base, kind: 'bond', mode: raw.bond, over }
      : `bond "${name}" has no slave; add over: [SEGMENT, SEGMENT]`;
  if (raw.vlan !== undefined) {
    if (!first || over.length > 1) return `VLAN "${name}" stands on one device; add over: SEGMENT or DEVICE`;
    return { ...base, mac: first.mac, kind: 'vlan', id: raw.vlan, over };
  }
  if (raw.bridge !== undefined) return { ...base, kind: 'bridge', over };
  const tunnel = raw.gre ?? raw.ipip;
  if (!tunnel) return `device "${name}" is of no kind`;
  return { ...base, mac: '', kind: raw.gre ? 'gre' : 'ipip', local: tunnel.local, remote: tunnel.remote };
}

/** An address of a device: with its own prefix, or in a subnet of the lab. */
function onDevice(r: Resolver, text: string, path: Path, what: string): HostAddress | undefined {
  const placed = parseSubnet(text);
  const address = placed?.address ?? parseAddress(text);
  if (!address) return undefined;
  r.claim(address, path, what);
  const home = r.subnetOf(address);
  if (home) tellReserved(r, home.subnet, address, home.segment, path);
  const prefix = placed?.prefix ?? home?.subnet.prefix;
  if (prefix === undefined) {
    if (!r.incomplete('segments'))
      r.wrong(path, `${text} is in no subnet of the lab; write its prefix too: ${text}/24`);
    return undefined;
  }
  return { address: address.text, prefix };
}

function lips(r: Resolver, node: LabNode, raw: RawNode): Lip[] {
  return (raw.lips ?? []).flatMap((text, i): Lip[] => {
    const address = parseAddress(text);
    const path = ['nodes', node.name, 'lips', i];
    if (!address) return [];
    r.claim(address, path, `a LIP of director "${node.name}"`);
    const on = linkTo(node, address.text);
    if (!on && r.incomplete('segments')) return [];
    if (!on) {
      r.wrong(path, `LIP ${text} is outside every segment that "${node.name}" is on; real servers could not answer it`);
      return [];
    }
    return [{ address: address.text, interface: on.name }];
  });
}

function routes(r: Resolver, node: LabNode, raw: RawNode): Route[] {
  return Object.entries(raw.routes ?? {}).flatMap(([to, by]): Route[] => {
    const path = ['nodes', node.name, 'routes', to];
    if (by === 'blackhole') return [{ to }];
    const gateway = parseAddress(by);
    if (gateway) {
      if (linkTo(node, gateway.text) || r.incomplete('segments')) return [{ to, via: gateway.text }];
      r.wrong(path, `gateway ${by} is in no subnet that "${node.name}" is on`);
      return [];
    }
    const device =
      node.interfaces.find((i) => i.segment === by) ?? [...node.interfaces, ...node.devices].find((l) => l.name === by);
    if (device) return [{ to, dev: device.name }];
    if (!r.incomplete('segments'))
      r.wrong(path, `"${by}" is no gateway's address, no segment or device of "${node.name}", and not blackhole`);
    return [];
  });
}

/** 02:00 (of IPv6: 02:06) and the first address's last four bytes: 02:00:c0:a8:64:0b is 192.168.100.11. Without an address: made from `seed`. */
function macOf(addresses: readonly HostAddress[], seed: string): string {
  const address = addresses[0] && parseAddress(addresses[0].address);
  const low = address
    ? (address.value & 0xffffffffn).toString(16).padStart(8, '0')
    : createHash('sha256').update(seed).digest('hex').slice(0, 8);
  const family = !address ? 'ff' : address.family === 4 ? '00' : '06';
  return ['02', family, ...(low.match(/../g) ?? [])].join(':');
}
