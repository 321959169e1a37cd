import { createHash } from 'node:crypto';
import type { Stack } from '../drivers/driver.ts';
import { driverOf } from '../drivers/index.ts';
import type { Kernel } from '../kernels/kernel.ts';
import type { Lab } from '../model/lab.ts';
import { addressesOf, familyOf, linksOf } from '../model/lookup.ts';
import type { LabNode, Route, UserFile } from '../model/node.ts';
import { devices, mtuLine } from '../nodes/devices.ts';
import { addAddress, type NodeFile, nothing } from '../nodes/part.ts';
import { partOf } from './part-of.ts';

/**
 * The folder that holds the user's files, with paths as below the root, until the node's own kernel has mounted its
 * file systems.
 */
const STAGED = '/lab/files';
/** The path of the user's setup script inside the node. */
const SETUP = '/lab/setup.sh';
/** The file with the script's name from the lab file, for messages. */
const SETUP_NAME = '/lab/setup.name';

/** Returns the sysctls of a node by name: those that its kind needs, overridden by the lab file's. */
export function sysctlsOf(lab: Lab, node: LabNode): Readonly<Record<string, string>> {
  const family6 = [...addressesOf(node), ...lab.services.map((s) => s.vip), ...node.routes.map((r) => r.to)].some(
    (a) => familyOf(a) === 6,
  );
  return {
    'net.ipv6.conf.all.disable_ipv6': family6 ? '0' : '1',
    'net.ipv6.conf.default.disable_ipv6': family6 ? '0' : '1',
    ...(family6 ? { 'net.ipv6.conf.all.accept_dad': '0' } : {}),
    ...(family6 ? ofLinks6(node) : {}),
    ...partOf(lab, node).sysctls,
    ...node.sysctls,
  };
}

/**
 * Returns every file of a node, by its path inside: the input of the image's own init script (images/node/lib/init.sh),
 * the list of programs, their configuration, and the user's files.
 */
export function nodeFiles(lab: Lab, node: LabNode, kernel: Kernel): Readonly<Record<string, NodeFile>> {
  const part = partOf(lab, node);
  const stack = stackOf(lab, node);
  const made = stack.devices ? devices(node) : nothing;
  const cards = kernel.cards(node);
  const tc = [...cards.tc, ...part.tc];
  const sysctls = sysctlsOf(lab, node);
  const names = linksOf(node).map((l) => l.name.replaceAll('.', '\\.'));
  const late = new RegExp(`^net[./]ipv[46][./](conf|neigh)[./](${names.join('|')})[./]`);
  const lines = (when: (name: string) => boolean) =>
    Object.entries(sysctls)
      .filter(([name]) => when(name))
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('');
  const links = ['link set lo up', ...cards.ip, ...node.interfaces.flatMap(mtuLine), ...made.ip];
  const ip = [
    ...(stack.devices ? linksOf(node) : node.interfaces).flatMap((l) => [
      `link set dev ${l.name} up`,
      ...(stack.addresses ? l.addresses.map((a) => addAddress(a.address, a.prefix, l.name)) : []),
    ]),
    ...part.ip,
    ...(stack.addresses ? node.routes.map(routeLine) : []),
  ];
  return {
    ...part.files,
    ...kernel.files(node),
    '/lab/links.batch': `${links.join('\n')}\n`,
    '/lab/ip.batch': `${ip.join('\n')}\n`,
    '/lab/tc.batch': tc.map((line) => `${line}\n`).join(''),
    '/lab/sysctl.conf': lines((name) => !late.test(name)),
    '/lab/sysctl-links.conf': lines((name) => late.test(name)),
    '/lab/services': Object.entries(part.programs)
      .map(
        ([name, { after, ready, command }]) => `${[name, after.join(' '), ready.join(' '), ...command].join('\t')}\n`,
      )
      .join(''),
    '/lab/modules': kernel
      .load([...new Set([...made.modules, ...part.modules])])
      .map((command) => `${command}\n`)
      .join(''),
    '/lab/offload': cards.offload.map((device) => `${device}\n`).join(''),
    '/lab/checks': part.checks.map((c) => `${c.program}\t${c.file}\t${c.command.join(' ')}\n`).join(''),
    ...(node.setup ? { [SETUP]: node.setup, [SETUP_NAME]: node.setup.path } : {}),
    ...Object.fromEntries(brought(lab, node).map((file) => [broughtPath(file), file])),
    ...Object.fromEntries(Object.entries(node.files).map(([path, file]) => [`${STAGED}${path}`, file])),
  };
}

/** Returns the files that faults of the scenario bring to a node. */
function brought(lab: Lab, node: LabNode): readonly UserFile[] {
  return lab.scenario.flatMap((step) =>
    step.kind === 'fault' && step.fault.node === node.name ? (step.fault.brings ?? []) : [],
  );
}

/** Returns the path, in its node, of a file that a fault brings. */
export function broughtPath({ base64 }: UserFile): string {
  return `/lab/brought/${createHash('sha256').update(base64).digest('hex').slice(0, 16)}`;
}

/** Returns whether a node needs kernel modules, and thus a kernel that has them. */
export function needsModules(lab: Lab, node: LabNode): boolean {
  const made = stackOf(lab, node).devices ? devices(node).modules : [];
  return made.length + partOf(lab, node).modules.length > 0;
}

/** Returns what the kernel sets up of a node's network: everything, unless the driver of a director says otherwise. */
export function stackOf(lab: Lab, node: LabNode): Stack {
  return node.driver ? driverOf(node).stack(lab, node) : { addresses: true, devices: true };
}

/**
 * Returns the IPv6 sysctls of each link, which must be set before it is up. Duplicate address detection of the
 * link-local address takes up to two seconds, in which a router does not resolve neighbours. And a node that forwards a
 * packet out of the card on which it arrived sends a redirect, which cannot be switched off in Linux: hosts that
 * accepted it would bypass a one-arm director.
 */
function ofLinks6(node: LabNode): Readonly<Record<string, string>> {
  return Object.fromEntries(
    linksOf(node).flatMap((l) => [
      [`net/ipv6/conf/${l.name}/accept_dad`, '0'],
      [`net/ipv6/conf/${l.name}/accept_redirects`, '0'],
    ]),
  );
}

function routeLine(route: Route): string {
  const by = route.via ? ` via ${route.via}` : route.dev ? ` dev ${route.dev}` : '';
  return `route replace ${by === '' ? 'blackhole ' : ''}${route.to}${by}`;
}
