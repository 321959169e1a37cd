import { drivers, STANDARD_DRIVER } from '../drivers/index.ts';
import { portName } from '../fabric/wiring.ts';
import { linkTo } from '../model/lookup.ts';
import type { KniAddress, LabNode, Lip, ServedPort } from '../model/node.ts';
import type { DriverName } from '../model/words.ts';
import { contains, parseAddress, parseSubnet } from '../net/cidr.ts';
import { tellUnusable } from './resolve-address.ts';
import { resolveCards } from './resolve-cards.ts';
import { resolveDevices } from './resolve-device.ts';
import { resolveFiles } from './resolve-files.ts';
import { resolveRoutes } from './resolve-route.ts';
import type { Resolver } from './resolver.ts';
import type { RawLab } from './schema.ts';

type RawNode = RawLab['nodes'][string];
/** Maximum bytes of an interface's name (IFNAMSIZ without its terminating zero). */
const LONGEST_NAME = 15;

/** Resolves a node of the file: cards, devices, addresses, routes and files. */
export function resolveNode(r: Resolver, name: string): LabNode {
  const raw = r.raw.nodes[name] as RawNode;
  const path = ['nodes', name];
  const interfaces = resolveCards(r, name, raw);
  if (interfaces.length === 0 && !r.incomplete('segments')) {
    const names = [...r.segments.keys()].map((s) => `"${s}"`).join(' or ');
    r.wrong(path, `node "${name}" is not on any segment; give it an address on ${names || 'one'}`, 'key');
  }
  const room = interfaces.findIndex((_, i) => portName(name, i).length > LONGEST_NAME);
  if (room >= 0)
    r.wrong(
      path,
      `node "${name}" has ${interfaces.length} cards, and a name of this length allows only ${room}; shorten the name`,
      'key',
    );
  if (raw.lips && raw.kind !== 'director')
    r.wrong([...path, 'lips'], `only a director has LIPs; "${name}" is a ${raw.kind}`, 'key');
  if (raw.keepalived && raw.kind !== 'director')
    r.wrong([...path, 'keepalived'], `keepalived runs on directors; "${name}" is a ${raw.kind}`, 'key');
  if (raw.keepalived && raw.manual)
    r.wrong(
      [...path, 'keepalived'],
      `"${name}" is manual, so keepalived is not started from here; start it in your setup script`,
      'key',
    );
  const driver = raw.kind === 'director' ? (raw.driver ?? r.driver ?? r.raw.driver ?? STANDARD_DRIVER) : undefined;
  if (raw.driver !== undefined && raw.kind !== 'director')
    r.wrong([...path, 'driver'], `only a director has a driver; "${name}" is a ${raw.kind}`, 'key');
  tellWorkers(r, name, raw, driver);
  const devices = resolveDevices(r, name, raw, interfaces);
  const setup = raw.setup === undefined ? undefined : r.file(raw.setup, [...path, 'setup']);
  const keepalived = raw.keepalived === undefined ? undefined : r.file(raw.keepalived, [...path, 'keepalived']);
  const bare = {
    name,
    kind: raw.kind,
    kernel: raw.kernel ?? r.raw.kernel ?? 'auto',
    needs: [...new Set([...(raw.kind === 'director' ? (r.raw.needs ?? []) : []), ...(raw.needs ?? [])])],
    ...(driver === undefined ? {} : { driver }),
    ...(raw.workers === undefined ? {} : { workers: raw.workers }),
    interfaces,
    devices,
    carrier: watched(r.raw, name),
    lips: [],
    routes: [],
    sysctls: Object.fromEntries(Object.entries(raw.sysctls ?? {}).map(([k, v]) => [k, String(v)])),
    serve: (raw.serve ?? []).map(portOf),
    manual: raw.manual ?? false,
    files: resolveFiles(r, name, raw),
    ...(setup ? { setup } : {}),
    ...(keepalived ? { keepalived } : {}),
  } satisfies LabNode;
  const kni = kniOf(r, bare, raw);
  return { ...bare, ...(kni.length > 0 ? { kni } : {}), lips: lips(r, bare, raw), routes: resolveRoutes(r, bare, raw) };
}

/** Reports workers of a node whose driver has none, or fewer. */
function tellWorkers(r: Resolver, name: string, raw: RawNode, driver: DriverName | undefined): void {
  if (raw.workers === undefined) return;
  const path = ['nodes', name, 'workers'];
  const most = driver && drivers[driver].mostWorkers;
  if (driver === undefined) r.wrong(path, `only a director has workers; "${name}" is a ${raw.kind}`, 'key');
  else if (most === undefined) r.wrong(path, `driver ${driver} has no workers: the kernel uses every CPU`, 'key');
  else if (raw.workers > most) r.wrong(path, `driver ${driver} has at most ${most} workers here`);
}

/** Returns whether any part of the lab depends on the node noticing that its wires are dead. */
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

function lips(r: Resolver, node: LabNode, raw: RawNode): Lip[] {
  return (raw.lips ?? []).flatMap((text, i): Lip[] => {
    const address = parseAddress(text);
    const path = ['nodes', node.name, 'lips', i];
    if (!address) return [];
    r.claim(address, path, `a LIP of director "${node.name}"`);
    tellUnusable(r, address, path);
    const on = linkTo(node, address.text);
    if (!on && r.incomplete('segments')) return [];
    if (!on) {
      r.wrong(path, `LIP ${text} is outside every segment that "${node.name}" is on; real servers cannot reply to it`);
      return [];
    }
    return [{ address: address.text, interface: on.name }];
  });
}

/** Resolves the addresses on KNI devices, each on the card of its subnet. */
function kniOf(r: Resolver, node: LabNode, raw: RawNode): readonly KniAddress[] {
  if (raw.kni && raw.kind !== 'director')
    r.wrong(['nodes', node.name, 'kni'], `only a director has KNI devices; "${node.name}" is a ${raw.kind}`, 'key');
  return (raw.kni ?? []).flatMap((text, i): KniAddress[] => {
    const address = parseAddress(text);
    const path = ['nodes', node.name, 'kni', i];
    if (!address) return [];
    r.claim(address, path, `a KNI address of director "${node.name}"`);
    tellUnusable(r, address, path);
    if (address.family !== 4) r.wrong(path, `${text} is IPv6; KNI addresses are IPv4 here`);
    const own = node.interfaces.flatMap((card) => {
      const near = card.addresses.find((a) => {
        const subnet = parseSubnet(`${a.address}/${a.prefix}`);
        return subnet && contains(subnet, address);
      });
      return near ? [{ address: address.text, prefix: near.prefix, interface: card.name }] : [];
    });
    if (own.length === 0 && !r.incomplete('segments'))
      r.wrong(path, `${text} is on the subnet of no card of "${node.name}", which a KNI device belongs to`);
    return own.slice(0, 1);
  });
}
