import type { HealthCheck } from '../model/health.ts';
import type { Lab } from '../model/lab.ts';
import { checkedPort, familyOf, found, instancesOf, linksOf, memberOf, nodeOf } from '../model/lookup.ts';
import type { HostAddress, LabNode } from '../model/node.ts';
import type { Persistence, Real, Service } from '../model/service.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { maskText } from '../net/cidr.ts';
import { unreachable } from '../result.ts';
import { type Block, writeBlocks } from './blocks.ts';
import { checkScript, quorumScript, type Script, scriptsOf, trackScript } from './keepalived-scripts.ts';

/**
 * The parts of keepalived.conf that depend on the load balancer: a driver whose keepalived has another syntax supplies
 * its own.
 */
export interface Dialect {
  /** Returns the lines of `global_defs` about the balancer. */
  globals(lab: Lab, node: LabNode): readonly string[];
  /** Returns the blocks that stand before the VRRP instances. */
  blocks(lab: Lab, node: LabNode): readonly Block[];
  /** Returns the names of scripts in those blocks that every VRRP instance tracks. */
  readonly tracks: readonly string[];
  /** Returns the lines of a `vrrp_instance` that name its interface. */
  interface(node: LabNode, device: string): readonly string[];
  /** Returns the line of an address that an instance moves. */
  address(address: HostAddress, device: string): string;
  /** Returns the blocks that a service's `virtual_server` refers to, and how its own head names it. */
  server(service: Service): { readonly before: readonly Block[]; readonly head: string };
  /** Returns the lines of a `virtual_server` that define how it is balanced. */
  balancing(service: Service): readonly string[];
}

/** Formats seconds for keepalived.conf: whole ones plain, others with decimals. */
function seconds(ms: number): string {
  return String(ms / 1000);
}

/** Returns the addresses of an instance's other members, to which unicast adverts go. */
function peers(lab: Lab, node: LabNode, instance: VrrpInstance): readonly string[] {
  const family = familyOf(found(instance.addresses[0], `address of ${instance.name}`).address);
  return instance.members
    .filter((m) => m.node !== node.name)
    .map((m) => {
      const link = linksOf(nodeOf(lab, m.node)).find((l) => l.name === m.device);
      return found(
        link?.addresses.find((a) => familyOf(a.address) === family),
        `address of ${m.node}`,
      ).address;
    });
}

/** Returns the name of a script that an instance tracks. */
function scriptName(instance: VrrpInstance, index: number): string {
  return `${instance.name}_track_${index + 1}`;
}

function vrrpBlock(lab: Lab, node: LabNode, instance: VrrpInstance, dialect: Dialect): Block {
  const member = memberOf(instance, node.name);
  // keepalived preempts late, or not at all, only if it starts as BACKUP (keepalived.conf(5)).
  const first = instance.members[0]?.node === node.name && instance.preempt && instance.preemptDelay === 0;
  const weight = (w: number) => (w === 0 ? '' : ` weight ${w}`);
  const scripts = [
    ...dialect.tracks,
    ...instance.track.flatMap((t, i) => ('script' in t ? [scriptName(instance, i)] : [])),
  ];
  const interfaces = instance.track.flatMap((t) =>
    'devices' in t
      ? t.devices.filter((d) => d.node === node.name).map(({ device }) => `${device}${weight(t.weight)}`)
      : [],
  );
  const { password } = instance;
  return [
    `vrrp_instance ${instance.name}`,
    [
      `state ${first ? 'MASTER' : 'BACKUP'}`,
      ...dialect.interface(node, member.device),
      `virtual_router_id ${instance.id}`,
      ...(instance.version === 3 ? ['version 3'] : []),
      `priority ${member.priority}`,
      `advert_int ${seconds(instance.advert)}`,
      ...(instance.preempt ? [] : ['nopreempt']),
      ...(instance.preemptDelay > 0 ? [`preempt_delay ${seconds(instance.preemptDelay)}`] : []),
      ...(instance.refresh > 0 ? [`garp_master_refresh ${seconds(instance.refresh)}`] : []),
      ...(password === undefined ? [] : [['authentication', ['auth_type PASS', `auth_pass ${password}`]] as Block]),
      ...(instance.unicast ? [['unicast_peer', peers(lab, node, instance)] as Block] : []),
      ...(scripts.length > 0 ? [['track_script', scripts] as Block] : []),
      ...(interfaces.length > 0 ? [['track_interface', interfaces] as Block] : []),
      ['virtual_ipaddress', instance.addresses.map((a) => dialect.address(a, member.device))],
    ],
  ];
}

/** Formats an address with its prefix, which is left out for a single address (keepalived.conf(5)). */
export function addressText({ address, prefix }: HostAddress): string {
  return prefix === (familyOf(address) === 4 ? 32 : 128) ? address : `${address}/${prefix}`;
}

function scriptBlocks(instance: VrrpInstance): Block[] {
  return instance.track.flatMap((t, i): Block[] =>
    'script' in t
      ? [
          [
            `vrrp_script ${scriptName(instance, i)}`,
            [
              `script ${quoted(trackScript(instance, i, t.script))}`,
              `interval ${seconds(t.every)}`,
              ...(t.weight === 0 ? [] : [`weight ${t.weight}`]),
            ],
          ],
        ]
      : [],
  );
}

/** Formats a script's path for keepalived.conf. */
function quoted({ path }: Script): string {
  return `"${path}"`;
}

/** Returns the blocks of instances that change state together. */
function syncBlocks(instances: readonly VrrpInstance[]): Block[] {
  const names = [...new Set(instances.flatMap((v) => v.sync ?? []))];
  return names.map((name) => [
    `vrrp_sync_group ${name}`,
    [['group', instances.filter((v) => v.sync === name).map((v) => v.name)]],
  ]);
}

function serverBlocks(service: Service, dialect: Dialect): readonly Block[] {
  const { health, quorum, sorry } = service;
  const { before, head } = dialect.server(service);
  const block: Block = [
    `virtual_server ${head}`,
    [
      ...(health ? [`delay_loop ${seconds(health.every)}`] : []),
      ...dialect.balancing(service),
      `protocol ${service.protocol.toUpperCase()}`,
      ...(service.persistence ? persistenceLines(service.persistence, familyOf(service.vip)) : []),
      ...(quorum ? [`quorum ${quorum.weight}`] : []),
      ...(quorum?.up === undefined ? [] : [`quorum_up ${quoted(quorumScript(service, 'up', quorum.up))}`]),
      ...(quorum?.down === undefined ? [] : [`quorum_down ${quoted(quorumScript(service, 'down', quorum.down))}`]),
      ...(sorry ? [`sorry_server ${sorry.address} ${sorry.port}`] : []),
      ...service.reals.map(
        (real): Block => [
          `real_server ${real.address} ${real.port}`,
          [`weight ${real.weight}`, ...(health ? checkLines(service, health, real) : [])],
        ],
      ),
    ],
  ];
  return [...before, block];
}

/** Returns the lines of a real server's checker (keepalived.conf(5), CHECKERS). */
function checkLines(service: Service, health: HealthCheck, real: Real): (string | Block)[] {
  const { probe } = health;
  const common = [`retry ${health.retry}`, `delay_before_retry ${seconds(health.pause)}`];
  const connect = [
    `connect_timeout ${seconds(health.timeout)}`,
    `connect_port ${checkedPort(health, real)}`,
    ...common,
  ];
  const checker = (): Block => {
    switch (probe.kind) {
      case 'tcp':
        return ['TCP_CHECK', connect];
      case 'udp':
        return ['UDP_CHECK', connect];
      case 'dns':
        return ['DNS_CHECK', [...connect, `type ${probe.type}`, `name ${probe.name}`]];
      case 'http':
      case 'ssl':
        return [
          probe.kind === 'http' ? 'HTTP_GET' : 'SSL_GET',
          [
            [
              'url',
              [
                `path ${probe.path}`,
                ...(probe.status === undefined ? [] : [`status_code ${probe.status}`]),
                ...(probe.digest === undefined ? [] : [`digest ${probe.digest}`]),
              ],
            ],
            ...connect,
          ],
        ];
      case 'misc':
        return [
          'MISC_CHECK',
          [
            `misc_path ${quoted(checkScript(service, real, probe.script))}`,
            `misc_timeout ${seconds(health.timeout)}`,
            ...common,
            ...(probe.dynamic ? ['misc_dynamic'] : []),
          ],
        ];
      default:
        return unreachable(probe);
    }
  };
  return [...(health.inhibit ? ['inhibit_on_failure'] : []), checker()];
}

function persistenceLines({ time, mask }: Persistence, family: 4 | 6): string[] {
  const whole = family === 4 ? 32 : 128;
  return [
    `persistence_timeout ${Math.ceil(time / 1000)}`,
    ...(mask < whole ? [`persistence_granularity ${maskText(mask, family)}`] : []),
  ];
}

/** Returns the keepalived.conf of a director: its VRRP instances and these services (keepalived.conf(5)). */
export function keepalivedConf(lab: Lab, node: LabNode, dialect: Dialect, services = lab.services): string {
  const instances = instancesOf(lab, node);
  const group = instances.find((v) => v.group !== undefined)?.group;
  const runs = scriptsOf(lab, node).length + dialect.tracks.length > 0;
  return writeBlocks([
    [
      'global_defs',
      [
        `router_id ${node.name}`,
        ...(group === undefined ? [] : [`vrrp_mcast_group4 ${group}`]),
        ...(runs ? ['script_user root', 'enable_script_security'] : []),
        ...dialect.globals(lab, node),
      ],
    ],
    ...dialect.blocks(lab, node),
    ...instances.flatMap(scriptBlocks),
    ...syncBlocks(instances),
    ...instances.map((v) => vrrpBlock(lab, node, v, dialect)),
    ...services.flatMap((s) => serverBlocks(s, dialect)),
  ]);
}

/** The program that runs VRRP on a director, with any load balancer: when it ends, VRRP ends. */
export const KEEPALIVED = 'keepalived';
/**
 * A command that succeeds when keepalived listens for adverts, IP protocol 112 (RFC 5798 §5.1), and thus works as a
 * backup.
 */
export const HEARS_ADVERTS: readonly string[] = [
  'grep',
  '-qE',
  '^ *[0-9]+: [0-9A-F]+:0070 ',
  '/proc/net/raw',
  '/proc/net/raw6',
];
/** The path of keepalived's configuration. */
export const KEEPALIVED_CONF = '/etc/keepalived/keepalived.conf';

/** Returns the files of a director's keepalived: the configuration and the scripts that it names. */
export function keepalivedFiles(
  lab: Lab,
  node: LabNode,
  dialect: Dialect,
  services = lab.services,
): Readonly<Record<string, string>> {
  const scripts = scriptsOf(lab, node).map(({ path, command }) => [path, `#!/usr/bin/dash\n${command}\n`]);
  return { [KEEPALIVED_CONF]: keepalivedConf(lab, node, dialect, services), ...Object.fromEntries(scripts) };
}

/**
 * Returns the PID files of keepalived and its processes. If the configuration is the user's own, or a setup script may
 * have changed it, only the first one is certain to exist: keepalived stops a process that finds nothing to do, and its
 * PID file may be seen before.
 */
export function keepalivedPids(lab: Lab, node: LabNode, services = lab.services): readonly string[] {
  if (node.keepalived || node.setup) return ['/run/keepalived.pid'];
  return [
    '/run/keepalived.pid',
    ...(instancesOf(lab, node).length > 0 ? ['/run/vrrp.pid'] : []),
    ...(services.length > 0 ? ['/run/checkers.pid'] : []),
  ];
}
