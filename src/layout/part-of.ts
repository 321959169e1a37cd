import { driverOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import { routing } from '../nodes/frr-conf.ts';
import { FORWARDING, join, type NodePart, nothing } from '../nodes/part.ts';
import { hiddenVips, realserver } from '../nodes/realserver.ts';
import { serversOf } from './servers.ts';

/** Returns what a node needs in addition to its own links and addresses: the parts of its kind, and its servers. */
export function partOf(lab: Lab, node: LabNode): NodePart {
  const announced = node.driver ? driverOf(node).announces : 'addresses';
  return join([purpose(lab, node), routing(lab, node, announced), serversOf(lab, node), script(node)]);
}

/**
 * Returns the capabilities that a user's script expects from root: full control of its node's own files, processes and
 * ports.
 */
function script(node: LabNode): NodePart {
  const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'];
  return node.setup ? { ...nothing, capabilities } : nothing;
}

function purpose(lab: Lab, node: LabNode): NodePart {
  switch (node.kind) {
    case 'director':
      return join([driverOf(node).director(lab, node), node.manual ? nothing : hiddenVips(lab, node)]);
    case 'realserver': {
      const part = realserver(lab, node);
      // If the user's own script sets up the node, the kernel must still have the modules.
      return node.manual ? { ...nothing, modules: part.modules } : part;
    }
    case 'switch':
      return { ...nothing, sysctls: FORWARDING };
    case 'client':
    case 'host':
      return nothing;
  }
}
