import type { Lab, LabNode } from '../lab/model.ts';

/**
 * A bridge keeps link-local frames to itself; the bit lets those of LACP (01:80:c2:00:00:02) through.
 * A segment without a subnet is a wire, and a wire carries everything.
 */
const LACP = 4;

/** Path in the fabric of the batch that makes the links. */
const LINKS = '/lab/links.batch';

/** A node that is to be wired: its first process, as the engine sees it, and its files. */
export interface WireTarget {
  readonly node: LabNode;
  readonly pid: number;
  readonly files: Readonly<Record<string, string>>;
}

/** Name, in the fabric, of the port that a node's interface is plugged into: `rs1.0` for eth0 of rs1. */
export function portName(node: string, index: number): string {
  return `${node}.${index}`;
}

/**
 * The `ip -batch` that makes bridges and veth pairs. `bridges` is false where nodes join a fabric
 * that stands. Each pair is made with its far end in the node already: no half-made pair is ever
 * in anybody else's namespace.
 */
export function linkBatch(lab: Lab, targets: readonly WireTarget[], bridges: boolean): string {
  const lines: string[] = [];
  if (bridges) {
    lines.push('link set lo up');
    for (const segment of lab.segments) {
      // No snooping: VRRP's multicast must reach everyone, as on a plain switch.
      lines.push(
        `link add name ${segment.name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
        `link set dev ${segment.name} up promisc on`,
      );
    }
  }
  for (const { node, pid } of targets) {
    for (const [i, iface] of node.interfaces.entries()) {
      const port = portName(node.name, i);
      lines.push(
        `link add ${port} type veth peer name ${iface.name} address ${iface.mac} netns ${pid}`,
        `link set ${port} master ${iface.segment} up`,
      );
      if (lab.segments.some((s) => s.name === iface.segment && s.subnets.length === 0))
        lines.push(`link set ${port} type bridge_slave group_fwd_mask ${LACP}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The files of a wiring, by absolute path as the fabric sees them: the batch, and each node's own. */
export function wiringFiles(
  lab: Lab,
  targets: readonly WireTarget[],
  bridges: boolean,
): Readonly<Record<string, string>> {
  const files: Record<string, string> = { [LINKS]: linkBatch(lab, targets, bridges) };
  for (const { pid, files: own } of targets) {
    for (const [path, content] of Object.entries(own)) files[`/proc/${pid}/root${path}`] = content;
  }
  return files;
}

/**
 * The one command that wires a lab: unpacks the files from stdin, makes the links, releases the
 * nodes, waits for each to say how it is, and prints the links as they then stand. What a node of the
 * same name had before is removed first: the kernel takes its time to clear up after one that was killed.
 */
export function wiringCommand(targets: readonly WireTarget[], deadlineMs: number): readonly string[] {
  const ports = targets.flatMap(({ node }) => node.interfaces.map((_, i) => portName(node.name, i)));
  const pids = targets.map(({ node, pid }) => `${node.name}=${pid}`);
  const script = [
    'tar -xPf -',
    `for port in ${ports.join(' ')}; do [ ! -e /sys/class/net/$port ] || ip link del $port 2> /dev/null || true; done`,
    `ip -batch ${LINKS}`,
    ...(ports.length > 0 ? [`nodectl offload ${ports.join(' ')}`] : []),
    `nodectl go ${deadlineMs} ${pids.join(' ')}`,
    `echo "${LINKS_FOLLOW}"`,
    'ip -json link show',
  ].join('\n');
  return ['sh', '-ec', script];
}

/** The line after which the wiring command prints the links. */
export const LINKS_FOLLOW = '-- links';

interface Link {
  readonly ifname: string;
  readonly master?: string;
  readonly flags: readonly string[];
}

/**
 * What is wrong with the wires, from the fabric's `ip -json link`: ports that are missing, on the
 * wrong segment, or without a carrier (their far end is down). Empty when all are as the lab has them.
 */
export function verifyWiring(nodes: readonly LabNode[], json: string): readonly string[] {
  const links = new Map((JSON.parse(json) as Link[]).map((l) => [l.ifname, l]));
  return nodes.flatMap((node) =>
    node.interfaces.flatMap((iface, i) => {
      const link = links.get(portName(node.name, i));
      const what = `${node.name}:${iface.name}`;
      if (!link) return [`${what} has no wire`];
      if (link.master !== iface.segment)
        return [`${what} is plugged into ${link.master ?? 'nothing'}, not into ${iface.segment}`];
      if (!link.flags.includes('LOWER_UP')) return [`${what} is on ${iface.segment}, but its end in the node is down`];
      return [];
    }),
  );
}
