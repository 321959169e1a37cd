import type { Lab } from '../../model/lab.ts';
import { domainOf, familyOf, found, instancesOf, linksOf, linkTo, lipsOf, vrrpOf } from '../../model/lookup.ts';
import type { Device, LabNode, Route } from '../../model/node.ts';
import type { Real, Service } from '../../model/service.ts';
import { modes } from '../../modes/index.ts';
import { contains, endpoint, maskText, networkText, parseAddress, parseSubnet, type Subnet } from '../../net/cidr.ts';
import type { Parts } from '../driver.ts';
import { methodOf } from './method.ts';
import { kniName, portNamed, portOf } from './ports.ts';
import { snatCommands } from './snat.ts';

type Command = readonly string[];

/**
 * Returns whether the kernel of a director keeps the node's own addresses: programs beside DPVS, keepalived's VRRP and
 * health checks and OSPF, talk through the kernel. DPVS has VIPs, LIPs and routes then, and no address of the node:
 * each address has one owner, which answers ARP for it.
 */
export function kernelHasAddresses(lab: Parts, node: LabNode): boolean {
  return (
    node.keepalived !== undefined ||
    instancesOf(lab, node).length > 0 ||
    lab.services.some((s) => isKept(lab, s) || domainOf(lab, s.name) !== undefined)
  );
}

/** Returns whether keepalived sets up a service: its VIP moves, or something about it is checked. */
export function isKept(lab: Parts, service: Service): boolean {
  const { health, quorum, sorry } = service;
  return vrrpOf(lab, service.name) !== undefined || health !== undefined || quorum !== undefined || sorry !== undefined;
}

/** Returns the services that keepalived sets up. */
export function keptServices(lab: Parts): readonly Service[] {
  return lab.services.filter((s) => isKept(lab, s));
}

/** Returns how ipvsadm names a service. */
function named({ protocol, vip, port }: Service): Command {
  return [protocol === 'tcp' ? '-t' : '-u', endpoint(vip, port)];
}

/**
 * Returns the ipvsadm command for a real server: `-a` adds it, `-e` changes it, both with a weight; `-d` removes it. It
 * carries its port: without one, DPVS takes port 0.
 */
export function serverCommand(verb: '-a' | '-e' | '-d', service: Service, real: Real, weight?: number): Command {
  return [
    'ipvsadm',
    verb,
    ...named(service),
    '-r',
    endpoint(real.address, real.port),
    ...(weight === undefined ? [] : [methodOf(service).option, '-w', String(weight)]),
  ];
}

/** Returns the commands that add a service with its real servers and its LIPs, in the form of DPVS's tutorial. */
function serviceCommands(node: LabNode, service: Service): readonly Command[] {
  const { scheduler, persistence, vip, reals } = service;
  const lips = modes[service.mode].needsLips ? lipsOf(node, service) : [];
  return [
    [
      'ipvsadm',
      '-A',
      ...named(service),
      '-s',
      scheduler,
      ...(persistence === undefined ? [] : ['-p', String(Math.ceil(persistence.time / 1000))]),
      ...(persistence === undefined || persistence.mask >= (familyOf(vip) === 4 ? 32 : 128)
        ? []
        : ['-M', maskText(persistence.mask, familyOf(vip))]),
    ],
    ...reals.map((r) => serverCommand('-a', service, r, r.weight)),
    ...lips.map((l) => [
      ...['ipvsadm', '--add-laddr', '-z', l.address],
      ...[...named(service), '-F', portNamed(node, l.interface)],
    ]),
  ];
}

/** An address that DPVS holds on a port. */
interface OwnAddress {
  readonly address: string;
  readonly port: string;
  /** Whether connections get their ports from it (SNAT). */
  readonly pool: boolean;
}

/** A route of DPVS; `source` is the address of its outer headers. */
interface OwnRoute {
  readonly to: string;
  readonly via?: string;
  readonly source?: string;
  readonly port: string;
  /** Whether DPVS gives packets to this address to the kernel, through the port's KNI device. */
  readonly toKernel?: true;
}

/**
 * Returns the addresses and routes that DPVS gets when it starts, in the order of its tutorial: addresses of the node
 * before VIPs. VIPs that keepalived moves are not among them.
 */
export function ownNetwork(
  lab: Lab,
  node: LabNode,
): { readonly addresses: readonly OwnAddress[]; readonly routes: readonly OwnRoute[] } {
  const foreign = kernelHasAddresses(lab, node);
  const links = linksOf(node).flatMap((link) =>
    link.addresses.map(({ address, prefix }) => ({ address, prefix, port: portOf(node, link) })),
  );
  const pools = lab.snat.filter((rule) => rule.director === node.name).map((rule) => rule.to);
  const own = links.map(({ address, prefix, port }) => ({
    address: `${address}/${prefix}`,
    port,
    pool: pools.includes(address),
  }));
  const vips = lab.services
    .filter((s) => vrrpOf(lab, s.name) === undefined)
    .map((s) => ({ vip: s.vip, port: vipPort(lab, node, s) }));
  return {
    addresses: [
      ...(foreign ? [] : own),
      ...vips
        .filter(({ vip }, i) => vips.findIndex((other) => other.vip === vip) === i)
        .map(({ vip, port }) => ({ address: `${vip}/${familyOf(vip) === 4 ? 32 : 128}`, port, pool: false })),
    ],
    routes: [
      ...(foreign ? links.map(({ address, prefix, port }) => ({ to: networkText(address, prefix), port })) : []),
      ...node.routes.map((route) => ownRoute(lab, node, route)),
      ...(node.kni ?? []).map(
        ({ address, interface: name }): OwnRoute => ({
          to: `${address}/32`,
          port: portNamed(node, name),
          toKernel: true,
        }),
      ),
    ],
  };
}

/** Returns the port on which DPVS holds a VIP: the one on its subnet, else the one towards the OSPF router. */
function vipPort(lab: Lab, node: LabNode, service: Service): string {
  const announced = domainOf(lab, service.name)?.segments ?? [];
  const link = linkTo(node, service.vip) ?? node.interfaces.find((card) => announced.includes(card.segment));
  return portOf(node, link ?? found(node.interfaces[0], `interface of ${node.name}`));
}

/** In tunnel mode, the source of the outer header is the route's (DPVS tutorial, Tunnel). */
function ownRoute(lab: Lab, node: LabNode, { to, via, dev }: Route): OwnRoute {
  const family = familyOf(via ?? to);
  const link = dev === undefined ? linkTo(node, via ?? to) : linksOf(node).find((l) => l.name === dev);
  const out = found(link, `link of ${node.name} towards ${via ?? to}`);
  const tunnels =
    lab.services.some((s) => modes[s.mode].wire.outer !== 'none') ||
    (via !== undefined && node.devices.some((d) => d.kind === 'gre' || d.kind === 'ipip'));
  const source = tunnels && family === 4 ? out.addresses.find((a) => familyOf(a.address) === 4)?.address : undefined;
  return {
    to: isDefault(to) ? 'default' : to,
    ...(via === undefined ? {} : { via }),
    ...(source === undefined ? {} : { source }),
    port: portOf(node, out),
  };
}

function isDefault(to: string): boolean {
  return to === 'default' || to === '0.0.0.0/0' || to === '::/0';
}

/** Returns the command that makes a VLAN or a tunnel; a bond is in dpvs.conf (DPVS tutorial, virtual devices). */
function deviceCommands(node: LabNode, device: Device): readonly Command[] {
  const { name } = device;
  switch (device.kind) {
    case 'vlan': {
      const below = portNamed(node, device.over[0] ?? '');
      return [['dpip', 'vlan', 'add', name, 'link', below, 'proto', '802.1q', 'id', String(device.id)]];
    }
    case 'gre':
    case 'ipip':
      return [['dpip', 'tunnel', 'add', 'mode', device.kind, name, 'local', device.local, 'remote', device.remote]];
    case 'bond':
    case 'bridge':
      return [];
  }
}

function addressCommand({ address, port, pool }: OwnAddress): Command {
  return ['dpip', 'addr', 'add', address, 'dev', port, ...(pool ? ['sapool'] : [])];
}

function routeCommand({ to, via, source, port, toKernel }: OwnRoute): Command {
  return [
    ...['dpip', ...(familyOf(via ?? to) === 6 ? ['-6'] : []), 'route', 'add', to],
    ...(via === undefined ? [] : ['via', via]),
    ...(source === undefined ? [] : ['src', source]),
    ...['dev', port],
    ...(toKernel ? ['scope', 'kni_host'] : []),
  ];
}

/**
 * Returns the commands that give the kernel its addresses on KNI devices, which DPVS makes when it starts, and the routes by
 * their gateways (DPVS tutorial, KNI).
 */
function kniCommands(node: LabNode): readonly Command[] {
  return (node.kni ?? []).flatMap(({ address, prefix, interface: name }) => {
    const device = kniName(portNamed(node, name));
    const subnet = parseSubnet(`${address}/${prefix}`);
    const near = (via: string) => subnet !== undefined && isIn(subnet, via);
    return [
      ['ip', 'addr', 'replace', `${address}/${prefix}`, 'dev', device],
      ['ip', 'link', 'set', device, 'up'],
      ...node.routes.flatMap(({ to, via }) =>
        via !== undefined && near(via) ? [['ip', 'route', 'replace', to, 'via', via, 'dev', device]] : [],
      ),
    ];
  });
}

function isIn(subnet: Subnet, address: string): boolean {
  const parsed = parseAddress(address);
  return parsed !== undefined && contains(subnet, parsed);
}

/**
 * Returns the commands that make a DPVS that has just started the director of the lab, in the form of its tutorial.
 */
export function setupCommands(lab: Lab, node: LabNode): readonly Command[] {
  const { addresses, routes } = ownNetwork(lab, node);
  return [
    ...node.devices.flatMap((device) => deviceCommands(node, device)),
    ...addresses.map(addressCommand),
    ...kniCommands(node),
    ...routes.map(routeCommand),
    ...lab.services.filter((s) => !isKept(lab, s)).flatMap((service) => serviceCommands(node, service)),
    ...distinct(snatCommands(lab.snat, node)),
  ];
}

/** Two rules for hosts of one network are one service. */
function distinct(commands: readonly Command[]): readonly Command[] {
  const texts = commands.map((c) => c.join(' '));
  return commands.filter((_, i) => texts.indexOf(texts[i] ?? '') === i);
}
