import type { Lab } from '../model/lab.ts';
import { bestOf, familyOf, found, instancesOf, linksOf, memberOf, nodeOf } from '../model/lookup.ts';
import type { HostAddress, LabNode } from '../model/node.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import { type Block, writeBlocks } from './blocks.ts';
import { distinctEntries } from './entry.ts';
import type { Dialect } from './keepalived-dialect.ts';
import type { Kept } from './keepalived-kept.ts';
import { type Script, scriptsOf, trackScript } from './keepalived-scripts.ts';
import { quoted, seconds, serverBlocks, snatBlock } from './keepalived-server.ts';

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
  // Of directors with equal priorities whoever is master stays it, so none may start as one.
  const [best, equal] = bestOf(instance);
  const first = best?.node === node.name && !equal && instance.preempt && instance.preemptDelay === 0;
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
  const notify = dialect.notify(lab, node, instance);
  return [
    `vrrp_instance ${instance.name}`,
    [
      `state ${first ? 'MASTER' : 'BACKUP'}`,
      ...dialect.interface(node, member.device),
      `virtual_router_id ${instance.id}`,
      ...(instance.version === 3 ? ['version 3'] : []),
      ...vmacLines(instance),
      `priority ${member.configured}`,
      `advert_int ${seconds(instance.advert)}`,
      ...(instance.preempt ? [] : ['nopreempt']),
      ...(instance.preemptDelay > 0 ? [`preempt_delay ${seconds(instance.preemptDelay)}`] : []),
      ...(instance.refresh > 0 ? [`garp_master_refresh ${seconds(instance.refresh)}`] : []),
      ...(password === undefined ? [] : [['authentication', ['auth_type PASS', `auth_pass ${password}`]] as Block]),
      ...(instance.unicast ? [['unicast_peer', peers(lab, node, instance)] as Block] : []),
      ...(scripts.length > 0 ? [['track_script', scripts] as Block] : []),
      ...(notify ? [`notify ${quoted(notify)}`] : []),
      ...(interfaces.length > 0 ? [['track_interface', interfaces] as Block] : []),
      [
        'virtual_ipaddress',
        instance.addresses.map((a) => dialect.address(a, instance.vmac ? undefined : member.device)),
      ],
    ],
  ];
}

/** Returns the lines that give an instance a device with its virtual MAC address (keepalived.conf(5)). */
function vmacLines({ vmac }: VrrpInstance): readonly string[] {
  if (vmac === undefined) return [];
  return ['use_vmac', ...(vmac === 'xmit_base' ? ['vmac_xmit_base'] : [])];
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
              ...(t.rise === 1 ? [] : [`rise ${t.rise}`]),
              ...(t.fall === 1 ? [] : [`fall ${t.fall}`]),
              ...(t.weight === 0 ? [] : [`weight ${t.weight}`]),
            ],
          ],
        ]
      : [],
  );
}

/** Returns the blocks of instances that change state together. */
function syncBlocks(instances: readonly VrrpInstance[]): Block[] {
  const names = [...new Set(instances.flatMap((v) => v.sync ?? []))];
  return names.map((name) => [
    `vrrp_sync_group ${name}`,
    [['group', instances.filter((v) => v.sync === name).map((v) => v.name)]],
  ]);
}

/** Returns what keepalived sets up where it has every service, and SNAT is not its business. */
export function everyService(lab: Lab): Kept {
  return { services: lab.services, snat: [] };
}

/** Returns every script that a director's keepalived.conf names. */
function allScripts(lab: Lab, node: LabNode, dialect: Dialect, kept: Kept): readonly Script[] {
  return [...scriptsOf(lab, node, kept), ...instancesOf(lab, node).flatMap((v) => dialect.notify(lab, node, v) ?? [])];
}

/** Returns the keepalived.conf of a director: its VRRP instances, and what it sets up (keepalived.conf(5)). */
export function keepalivedConf(lab: Lab, node: LabNode, dialect: Dialect, kept = everyService(lab)): string {
  const instances = instancesOf(lab, node);
  const group = instances.find((v) => v.group !== undefined)?.group;
  const runs = allScripts(lab, node, dialect, kept).length + dialect.tracks.length > 0;
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
    ...distinctEntries(kept.services).flatMap((s) => serverBlocks(lab, node, s, dialect)),
    ...kept.snat.map(snatBlock),
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
  kept = everyService(lab),
): Readonly<Record<string, string>> {
  const scripts = allScripts(lab, node, dialect, kept).map(({ path, command }) => [
    path,
    `#!/usr/bin/dash\n${command}\n`,
  ]);
  return { [KEEPALIVED_CONF]: keepalivedConf(lab, node, dialect, kept), ...Object.fromEntries(scripts) };
}

/**
 * Returns the PID files of keepalived and its processes. If the configuration is the user's own, or a setup script may
 * have changed it, only the first one is certain to exist: keepalived creates the PID files of all its processes, empty,
 * and removes those of the processes that its configuration does not need (core/main.c, `start_keepalived`).
 */
export function keepalivedPids(lab: Lab, node: LabNode, { services, snat } = everyService(lab)): readonly string[] {
  if (node.keepalived || node.setup || node.files[KEEPALIVED_CONF]) return ['/run/keepalived.pid'];
  return [
    '/run/keepalived.pid',
    ...(instancesOf(lab, node).length > 0 ? ['/run/vrrp.pid'] : []),
    ...(services.length + snat.length > 0 ? ['/run/checkers.pid'] : []),
  ];
}
