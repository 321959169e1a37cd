import type { Lab, LabNode, Persistence, Service, VrrpInstance } from '../lab/model.ts';
import { familyOf, found, interfaceOn, serviceOf } from '../lab/model.ts';
import { modes } from '../modes/index.ts';
import { formatAddress } from '../net/cidr.ts';

type Block = readonly [head: string, body: readonly (string | Block)[]];

function write(lines: readonly (string | Block)[], indent = ''): string {
  return lines
    .map((line) =>
      typeof line === 'string'
        ? `${indent}${line}\n`
        : `${indent}${line[0]} {\n${write(line[1], `${indent}    `)}${indent}}\n`,
    )
    .join('');
}

/** Seconds, as keepalived.conf takes them: whole ones plain, others with decimals. */
function seconds(ms: number): string {
  return String(ms / 1000);
}

function vrrpBlock(lab: Lab, node: LabNode, instance: VrrpInstance): Block {
  const device = interfaceOn(node, instance.segment).name;
  const member = found(
    instance.members.find((m) => m.node === node.name),
    `member ${node.name} of ${instance.name}`,
  );
  const vips = [...new Set(instance.services.map((s) => serviceOf(lab, s).vip))];
  const auth: Block[] =
    instance.password === undefined ? [] : [['authentication', ['auth_type PASS', `auth_pass ${instance.password}`]]];
  return [
    `vrrp_instance ${instance.name}`,
    [
      `state ${instance.members[0]?.node === node.name ? 'MASTER' : 'BACKUP'}`,
      `interface ${device}`,
      `virtual_router_id ${instance.id}`,
      `priority ${member.priority}`,
      `advert_int ${seconds(instance.advert)}`,
      ...auth,
      ['virtual_ipaddress', vips.map((vip) => `${vip} dev ${device}`)],
    ],
  ];
}

function serverBlock(service: Service): Block {
  const { health } = service;
  const check = (): (string | Block)[] =>
    health
      ? [
          ...(health.inhibit ? ['inhibit_on_failure'] : []),
          [
            'TCP_CHECK',
            [
              `connect_timeout ${seconds(health.connectTimeout)}`,
              `connect_port ${health.port}`,
              `retry ${health.retry}`,
              `delay_before_retry ${seconds(RETRY_DELAY_MS)}`,
            ],
          ],
        ]
      : [];
  return [
    `virtual_server ${service.vip} ${service.port}`,
    [
      ...(health ? [`delay_loop ${seconds(health.every)}`] : []),
      `lb_algo ${service.scheduler}`,
      `lb_kind ${modes[service.mode].keepalivedKind}`,
      `protocol ${service.protocol.toUpperCase()}`,
      ...(service.persistence ? persistenceLines(service.persistence, familyOf(service.vip)) : []),
      ...service.reals.map(
        (real): Block => [`real_server ${real.address} ${real.port}`, [`weight ${real.weight}`, ...check()]],
      ),
    ],
  ];
}

function persistenceLines({ time, mask }: Persistence, family: 4 | 6): string[] {
  const bits = (BigInt(2 ** mask) - 1n) << BigInt(32 - mask);
  const whole = family === 4 ? 32 : 128;
  return [
    `persistence_timeout ${Math.ceil(time / 1000)}`,
    ...(mask < whole ? [`persistence_granularity ${family === 4 ? formatAddress(bits, 4) : mask}`] : []),
  ];
}

/** Pause before keepalived repeats a check that failed (delay_before_retry). */
export const RETRY_DELAY_MS = 1000;

function timeoutLine({ timeouts }: Lab): string[] {
  if (!timeouts) return [];
  const { tcp, fin, udp } = timeouts;
  return [`lvs_timeouts tcp ${Math.ceil(tcp / 1000)} tcpfin ${Math.ceil(fin / 1000)} udp ${Math.ceil(udp / 1000)}`];
}

/** The keepalived.conf of a director: its VRRP instances and every service (keepalived.conf(5)). */
export function keepalivedConf(lab: Lab, node: LabNode): string {
  const instances = lab.vrrp.filter((v) => v.members.some((m) => m.node === node.name));
  return write([
    ['global_defs', [`router_id ${node.name}`, ...timeoutLine(lab)]],
    ...instances.map((v) => vrrpBlock(lab, node, v)),
    ...lab.services.map(serverBlock),
  ]);
}
