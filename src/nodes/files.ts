import type { Kernel } from '../kernels/kernel.ts';
import type { Lab, LabNode } from '../lab/model.ts';
import { partOf } from './index.ts';

/** Where the user's setup script lies inside the node. */
export const SETUP = '/lab/setup.sh';

/** Every file of a node, by its path inside: the init script, the programs' list, their configuration. */
export function nodeFiles(lab: Lab, node: LabNode, kernel: Kernel): Readonly<Record<string, string>> {
  const part = partOf(lab, node);
  const family6 = node.interfaces.some((i) => i.address.includes(':'));
  const sysctls: Record<string, string> = {
    'net.ipv6.conf.all.disable_ipv6': family6 ? '0' : '1',
    'net.ipv6.conf.default.disable_ipv6': family6 ? '0' : '1',
    ...part.sysctls,
    ...node.sysctls,
  };
  const ip = [
    'link set lo up',
    ...node.interfaces.flatMap((i, index) => [
      ...kernel.nameInterface(i, index),
      `addr replace ${i.address}/${i.prefix} dev ${i.name}${i.address.includes(':') ? ' nodad' : ''}`,
      `link set ${i.name} up`,
    ]),
    ...part.ip,
  ];
  const own = kernel.files(node);
  return {
    ...part.files,
    ...own,
    '/lab/ip.batch': `${ip.join('\n')}\n`,
    '/lab/tc.batch': part.tc.map((line) => `${line}\n`).join(''),
    '/lab/sysctl.conf': Object.entries(sysctls)
      .map(([k, v]) => `${k} = ${v}\n`)
      .join(''),
    '/lab/services': Object.entries(part.services)
      .map(([name, command]) => `${name} ${command}\n`)
      .join(''),
    '/lab/init.sh': initScript(node, part.tc.length > 0, kernel),
    ...(node.setup ? { [SETUP]: node.setup.content } : {}),
  };
}

/**
 * The node's init script: it says which step failed, with that step's own words, and stops there.
 * Sysctls come first, so that interfaces come up under them.
 */
function initScript(node: LabNode, filters: boolean, kernel: Kernel): string {
  const lines = [
    `# made by lab for node ${node.name}`,
    'step() { echo "init: $1"; }',
    ...(node.kind === 'director' ? [kernel.loadModules] : []),
    'step sysctls',
    'sysctl -q -p /lab/sysctl.conf',
    'step addresses',
    'ip -batch /lab/ip.batch',
    ...(kernel.name === 'host' && node.interfaces.length > 0
      ? [`nodectl offload ${node.interfaces.map((i) => i.name).join(' ')}`]
      : []),
    ...(filters ? ['step filters', 'tc -batch /lab/tc.batch'] : []),
    ...(node.setup ? [`step ${node.setup.path}`, `sh -eu ${SETUP}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
