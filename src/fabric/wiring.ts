import { pack } from 'tar-stream';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { NodeFile } from '../nodes/part.ts';

/**
 * A bridge does not forward link-local frames; this bit lets those of LACP (01:80:c2:00:00:02) pass. A segment without
 * a subnet is a wire, and a wire carries everything.
 */
const LACP = 4;

/**
 * The first of the descriptors by which the batch refers to nodes' network namespaces (WIRE_FD in
 * images/node/src/wire.c).
 */
const FIRST_NETNS = 100;

/** A node to be wired: the token by which the fabric identifies it, and its files by their path in the node. */
export interface WireTarget {
  readonly node: LabNode;
  readonly token: string;
  readonly files: Readonly<Record<string, NodeFile>>;
}

/** Returns the name, in the fabric, of the port for a node's interface: `rs1.0` for eth0 of rs1. */
export function portName(node: string, index: number): string {
  return `${node}.${index}`;
}

/**
 * Returns the `ip -batch` input that creates bridges and veth pairs. `bridges` is false when nodes join a running
 * fabric. Each pair is created with its far end already in the node: no incomplete pair is ever in another namespace.
 */
export function linkBatch(
  lab: Lab,
  targets: readonly WireTarget[],
  { bridges }: { readonly bridges: boolean },
): string {
  const lines: string[] = [];
  if (bridges) {
    lines.push('link set lo up');
    for (const segment of lab.segments) {
      // No snooping: VRRP's multicast must reach every port, as on a plain switch.
      lines.push(
        `link add name ${segment.name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
        `link set dev ${segment.name} up promisc on`,
      );
    }
  }
  for (const [at, { node }] of targets.entries()) {
    for (const [i, iface] of node.interfaces.entries()) {
      const port = portName(node.name, i);
      const mtu = sizeOf(lab, iface.segment);
      lines.push(
        `link add ${port}${mtu} type veth peer name ${iface.name} address ${iface.mac}${mtu} netns /proc/self/fd/${FIRST_NETNS + at}`,
        `link set ${port} master ${iface.segment} up`,
      );
      if (lab.segments.some((s) => s.name === iface.segment && s.subnets.length === 0))
        lines.push(`link set ${port} type bridge_slave group_fwd_mask ${LACP}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Returns the words of `ip link` that give a wire the MTU of its segment; none if it has its usual one. */
function sizeOf(lab: Lab, segment: string): string {
  const mtu = lab.segments.find((s) => s.name === segment)?.mtu;
  return mtu === undefined ? '' : ` mtu ${mtu}`;
}

/** The one command that wires a lab: images/node/src/wire.c describes it. It reads a job. */
export const WIRE: readonly string[] = ['nodectl', 'wire'];

/** The line after which the wiring command prints the links. */
export const LINKS_FOLLOW = '-- links';

/**
 * Returns the input of the wiring command; `deadlineMs` limits the whole run, until each node has reported its state.
 */
export async function wiringJob(
  lab: Lab,
  targets: readonly WireTarget[],
  options: { readonly bridges: boolean; readonly deadlineMs: number },
): Promise<Buffer> {
  const batch = Buffer.from(linkBatch(lab, targets, options));
  const tars = await Promise.all(targets.map((t) => tarOf(t.files)));
  const ports = targets.flatMap(({ node }) => node.interfaces.map((_, i) => portName(node.name, i)));
  const lines = [
    [options.deadlineMs, targets.length, ports.length, batch.length].join(' '),
    ...targets.map(({ node, token }, i) => [node.name, token, tars[i]?.length].join(' ')),
    ...ports,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), batch, ...tars]);
}

/** What a node's first process needs to put a file in place: it has no right to read what its owner cannot. */
const READABLE = 0o400;

/** Packs files as a tar of paths from the root; lab's own scripts are executable, the user's files keep their mode. */
async function tarOf(files: Readonly<Record<string, NodeFile>>): Promise<Buffer> {
  const tar = pack();
  for (const [path, file] of Object.entries(files)) {
    const own = typeof file === 'string' ? undefined : file;
    const mode = own ? own.mode | READABLE : path.endsWith('.sh') ? 0o755 : 0o644;
    tar.entry({ name: path.slice(1), mode }, own ? Buffer.from(own.base64, 'base64') : String(file));
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Link {
  readonly ifname: string;
  readonly master?: string;
  readonly flags: readonly string[];
}

/**
 * Returns what is wrong with the wires, from the fabric's `ip -json link`: ports that are missing, on the wrong
 * segment, or without a carrier (their far end is down). Empty if all match the lab.
 */
export function verifyWiring(nodes: readonly LabNode[], json: string): readonly string[] {
  const links = new Map((JSON.parse(json) as Link[]).map((l) => [l.ifname, l]));
  return nodes.flatMap((node) =>
    node.interfaces.flatMap((iface, i) => {
      const link = links.get(portName(node.name, i));
      const what = `${node.name}:${iface.name}`;
      if (!link) return [`${what} has no wire`];
      if (link.master !== iface.segment)
        return [`${what} is connected to ${link.master ?? 'nothing'}, not to ${iface.segment}`];
      if (!link.flags.includes('LOWER_UP')) return [`${what} is on ${iface.segment}, but its end in the node is down`];
      return [];
    }),
  );
}
