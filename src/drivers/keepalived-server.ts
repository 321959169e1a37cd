import type { HealthCheck, Supervision } from '../model/health.ts';
import type { Lab } from '../model/lab.ts';
import { checkedPort, familyOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Persistence, Real, Service } from '../model/service.ts';
import { SNAT_WEIGHT } from '../model/snat.ts';
import { maskText } from '../net/cidr.ts';
import { unreachable } from '../result.ts';
import type { Block } from './blocks.ts';
import { listedPort } from './entry.ts';
import type { Dialect } from './keepalived-dialect.ts';
import type { SnatServer } from './keepalived-kept.ts';
import { checkScript, quorumScript, type Script, snatScript } from './keepalived-scripts.ts';

/** Formats seconds for keepalived.conf: whole ones plain, others with decimals. */
export function seconds(ms: number): string {
  return String(ms / 1000);
}

/** Formats a script's path for keepalived.conf. */
export function quoted({ path }: Script): string {
  return `"${path}"`;
}

/** Returns the lines about health that every kind of `virtual_server` has; `hook` gives the script of a command of its quorum. */
function supervisionLines(
  { quorum, alpha, omega }: Supervision,
  hook: (when: 'up' | 'down', command: string) => Script,
): readonly string[] {
  return [
    ...(alpha ? ['alpha'] : []),
    ...(omega ? ['omega'] : []),
    ...(quorum ? [`quorum ${quorum.weight}`] : []),
    ...(quorum?.up === undefined ? [] : [`quorum_up ${quoted(hook('up', quorum.up))}`]),
    ...(quorum?.down === undefined ? [] : [`quorum_down ${quoted(hook('down', quorum.down))}`]),
  ];
}

/** Returns the blocks of an ordinary service: its `virtual_server`, and those that it refers to. */
export function serverBlocks(lab: Lab, node: LabNode, service: Service, dialect: Dialect): readonly Block[] {
  const { health, sorry } = service;
  const { before, head } = dialect.server(node, service);
  const block: Block = [
    `virtual_server ${head}`,
    [
      ...(health ? [`delay_loop ${seconds(health.every)}`] : []),
      ...dialect.balancing(lab, node, service),
      // a firewall mark's packets may have any protocol
      ...(service.entry?.kind === 'mark' ? [] : [`protocol ${service.protocol.toUpperCase()}`]),
      ...(service.persistence ? persistenceLines(service.persistence, familyOf(service.vip)) : []),
      ...supervisionLines(service, (when, command) => quorumScript(service, when, command)),
      ...(sorry ? [`sorry_server ${sorry.address} ${service.entry ? 0 : sorry.port}`] : []),
      ...service.reals.map(
        (real): Block => [
          `real_server ${real.address} ${listedPort(real)}`,
          [
            `weight ${real.weight}`,
            ...(real.mode === undefined ? [] : dialect.forwarding(real.mode)),
            ...(health ? checkLines(service, health, real) : []),
          ],
        ],
      ),
    ],
  ];
  return [...before, block];
}

/** Returns the `virtual_server` of the packets that an SNAT rule translates (DPVS tutorial, SNAT mode). */
export function snatBlock(server: SnatServer): Block {
  const { rule, protocol, lines } = server;
  const { health } = rule;
  return [
    `virtual_server match ${rule.name}-${protocol}`,
    [
      ...(health ? [`delay_loop ${seconds(health.every)}`] : []),
      ...lines,
      ...supervisionLines(rule, (when, command) => snatScript(server, when, command)),
      [
        `real_server ${rule.to} 0`,
        [
          `weight ${SNAT_WEIGHT}`,
          ...(health ? inhibitLines(health) : []),
          ...(health?.probe.kind === 'misc'
            ? [miscBlock(health, snatScript(server, 'check', health.probe.script))]
            : []),
        ],
      ],
    ],
  ];
}

/** Returns the lines of a real server's checker (keepalived.conf(5), CHECKERS). */
function checkLines(service: Service, health: HealthCheck, real: Real): (string | Block)[] {
  const { probe } = health;
  const common = retryLines(health);
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
      case 'ping':
        return ['PING_CHECK', [`connect_timeout ${seconds(health.timeout)}`, ...common]];
      case 'http':
      case 'ssl':
        return [
          probe.kind === 'http' ? 'HTTP_GET' : 'SSL_GET',
          [
            [
              'url',
              [
                `path ${probe.path}`,
                ...(probe.host === undefined ? [] : [`virtualhost ${probe.host}`]),
                ...(probe.status === undefined ? [] : [`status_code ${probe.status}`]),
                ...(probe.digest === undefined ? [] : [`digest ${probe.digest}`]),
              ],
            ],
            // the name that TLS tells the server in clear (RFC 6066 §3)
            ...(probe.kind === 'ssl' && probe.host !== undefined ? ['enable_sni'] : []),
            ...connect,
          ],
        ];
      case 'misc':
        return miscBlock(health, checkScript(service, real, probe.script), probe.dynamic ? ['misc_dynamic'] : []);
      default:
        return unreachable(probe);
    }
  };
  return [...inhibitLines(health), checker()];
}

function retryLines({ retry, pause }: HealthCheck): readonly string[] {
  return [`retry ${retry}`, `delay_before_retry ${seconds(pause)}`];
}

function inhibitLines({ inhibit }: HealthCheck): readonly string[] {
  return inhibit ? ['inhibit_on_failure'] : [];
}

function miscBlock(health: HealthCheck, check: Script, more: readonly string[] = []): Block {
  const path = [`misc_path ${quoted(check)}`, `misc_timeout ${seconds(health.timeout)}`];
  return ['MISC_CHECK', [...path, ...retryLines(health), ...more]];
}

function persistenceLines({ time, mask }: Persistence, family: 4 | 6): string[] {
  const whole = family === 4 ? 32 : 128;
  return [
    `persistence_timeout ${Math.ceil(time / 1000)}`,
    ...(mask < whole ? [`persistence_granularity ${maskText(mask, family)}`] : []),
  ];
}
