import { driverOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import { routing } from '../nodes/frr-conf.ts';
import { FORWARDING, join, type NodePart, nothing } from '../nodes/part.ts';
import { realserver } from '../nodes/realserver.ts';
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
      return driverOf(node).director(lab, node);
    case 'realserver': {
      const part = realserver(lab, node);
      // Where the user's own script does it, the kernel must still have what it stands on.
      return node.manual ? { ...nothing, modules: part.modules } : part;
    }
    case 'switch':
      return { ...nothing, sysctls: FORWARDING };
    case 'client':
    case 'host':
      return nothing;
  }
}
