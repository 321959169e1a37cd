import { routing } from '../drivers/frr-conf.ts';
import { ipvs } from '../drivers/ipvs.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import { modes } from '../modes/index.ts';
import { FORWARDING, join, type NodePart, nothing } from './part.ts';
import { serversOf } from './servers.ts';

/** What a node needs beyond its own links and addresses: what its kind is for, and its servers. */
export function partOf(lab: Lab, node: LabNode): NodePart {
  return join([purpose(lab, node), routing(lab, node), serversOf(lab, node), script(node)]);
}

/** What a user's script expects of root: to do as it likes with its node's own files, processes and ports. */
function script(node: LabNode): NodePart {
  const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'];
  return node.setup ? { ...nothing, capabilities } : nothing;
}

function purpose(lab: Lab, node: LabNode): NodePart {
  switch (node.kind) {
    case 'director':
      return node.manual ? { ...nothing, modules: ['ip_vs'] } : ipvs.director(lab, node);
    case 'realserver':
      return realserver(lab, node);
    case 'switch':
      return { ...nothing, sysctls: FORWARDING };
    case 'client':
    case 'host':
      return nothing;
  }
}

/** What the modes of its services need; where the user's own script does it, only the kernel's modules. */
function realserver(lab: Lab, node: LabNode): NodePart {
  const part = join(
    lab.services.filter((s) => s.reals.some((r) => r.node === node.name)).map((s) => modes[s.mode].realserver(s, node)),
  );
  return node.manual ? { ...nothing, modules: part.modules } : part;
}
