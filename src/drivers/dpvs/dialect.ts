import type { Lab } from '../../model/lab.ts';
import { instancesOf, lipsOf } from '../../model/lookup.ts';
import type { LabNode, Lip } from '../../model/node.ts';
import type { Service } from '../../model/service.ts';
import { modes } from '../../modes/index.ts';
import { script } from '../../shell.ts';
import type { Block } from '../blocks.ts';
import { addressText } from '../keepalived-conf.ts';
import type { Dialect } from '../keepalived-dialect.ts';
import { keptServices } from './commands.ts';
import { methodOf } from './method.ts';
import { openPorts, portNamed } from './ports.ts';

/** The script by which every VRRP instance notices that DPVS is dead or hangs. */
const ALIVE = 'dpvs_is_alive';
function aliveBlock(node: LabNode): Block {
  const ports = openPorts(node);
  return [`vrrp_script ${ALIVE}`, [`script "${script('dpvs-alive', ...ports).join(' ')}"`, 'interval 1', 'timeout 2']];
}

/** Returns the name of a service's group of addresses: `192.168.100.254-80`. */
function groupOf({ vip, port, protocol }: Service): string {
  return `${vip}-${port}${protocol === 'udp' ? '-udp' : ''}`;
}

/** A group of LIPs, which services of the same LIPs share. */
interface LipGroup {
  readonly name: string;
  readonly lips: readonly Lip[];
}

/** Returns the groups of LIPs of a director: one for each set of LIPs that a service of keepalived has. */
function lipGroups(lab: Lab, node: LabNode): readonly LipGroup[] {
  const sets = keptServices(lab).flatMap((s) => (modes[s.mode].needsLips ? [lipsOf(node, s)] : []));
  return sets
    .filter((lips, i) => sets.findIndex((other) => sameLips(other, lips)) === i)
    .map((lips, i) => ({ name: `laddr_g${i + 1}`, lips }));
}

function sameLips(a: readonly Lip[], b: readonly Lip[]): boolean {
  return a.length === b.length && a.every(({ address }, i) => address === b[i]?.address);
}

/** The syntax of keepalived.conf in DPVS's own keepalived (DPVS tutorial, Full-NAT with Keepalived). */
export const DIALECT: Dialect = {
  globals: () => [],
  blocks: (lab, node) => [
    ...lipGroups(lab, node).map(
      ({ name, lips }): Block => [
        `local_address_group ${name}`,
        lips.map((lip) => `${lip.address} ${portNamed(node, lip.interface)}`),
      ],
    ),
    ...(instancesOf(lab, node).length > 0 ? [aliveBlock(node)] : []),
  ],
  tracks: [ALIVE],
  interface: (node, device) => [`interface ${device}`, `dpdk_interface ${portNamed(node, device)}`],
  address: (address) => addressText(address),
  notify: () => undefined,
  server: (_, service) => ({
    before: [[`virtual_server_group ${groupOf(service)}`, [`${service.vip} ${service.port}`]]],
    head: `group ${groupOf(service)}`,
  }),
  balancing: (lab, node, service) => [
    `lb_algo ${service.scheduler}`,
    `lb_kind ${methodOf(service).keepalived}`,
    ...(modes[service.mode].needsLips
      ? lipGroups(lab, node)
          .filter(({ lips }) => sameLips(lips, lipsOf(node, service)))
          .map(({ name }) => `laddr_group_name ${name}`)
      : []),
  ],
  // refused: a service has one mode
  forwarding: () => [],
};
