import type { Lab } from '../../model/lab.ts';
import type { LabNode } from '../../model/node.ts';
import type { Service } from '../../model/service.ts';
import { modes } from '../../modes/index.ts';
import { script } from '../../shell.ts';
import type { Block } from '../blocks.ts';
import { addressText, type Dialect } from '../keepalived-conf.ts';
import { methodOf } from './method.ts';
import { openPorts, portNamed } from './ports.ts';

/** The script by which every VRRP instance notices that DPVS is dead or hangs. */
const ALIVE = 'dpvs_is_alive';
/** The group of a director's LIPs. */
const LIPS = 'laddr_g1';

function aliveBlock(node: LabNode): Block {
  const ports = openPorts(node);
  return [`vrrp_script ${ALIVE}`, [`script "${script('dpvs-alive', ...ports).join(' ')}"`, 'interval 1', 'timeout 2']];
}

/** Returns the name of a service's group of addresses: `192.168.100.254-80`. */
function groupOf({ vip, port, protocol }: Service): string {
  return `${vip}-${port}${protocol === 'udp' ? '-udp' : ''}`;
}

/** The syntax of keepalived.conf in DPVS's own keepalived (DPVS tutorial, Full-NAT with Keepalived). */
export const DIALECT: Dialect = {
  globals: () => [],
  blocks: (_: Lab, node: LabNode) => [
    ...(node.lips.length > 0
      ? [
          [
            `local_address_group ${LIPS}`,
            node.lips.map(({ address, interface: name }) => `${address} ${portNamed(node, name)}`),
          ] as Block,
        ]
      : []),
    aliveBlock(node),
  ],
  tracks: [ALIVE],
  interface: (node, device) => [`interface ${device}`, `dpdk_interface ${portNamed(node, device)}`],
  address: (address) => addressText(address),
  server: (service) => ({
    before: [[`virtual_server_group ${groupOf(service)}`, [`${service.vip} ${service.port}`]]],
    head: `group ${groupOf(service)}`,
  }),
  balancing: (service) => [
    `lb_algo ${service.scheduler}`,
    `lb_kind ${methodOf(service).keepalived}`,
    ...(modes[service.mode].needsLips ? [`laddr_group_name ${LIPS}`] : []),
  ],
};
