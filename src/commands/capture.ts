import { createWriteStream } from 'node:fs';
import { dockerEngine } from '../engine/docker.ts';
import { portName } from '../fabric/wiring.ts';
import { Failure } from '../failure.ts';
import { linksOf, nodeOf } from '../model/lookup.ts';
import { OPENERS } from '../nodes/realserver.ts';
import { shownStream } from '../output/print.ts';
import { mustHaveNode, mustRun, type RunningLab } from '../plan/observe.ts';
import { runIn } from './exec.ts';

/** Where to capture: the container, the device in it, and whether the device is in its guest kernel. */
interface Ear {
  readonly container: string;
  readonly device: string;
  readonly inGuest: boolean;
}

/**
 * `lab capture`: shows packets of a node, or of a whole segment, as they pass: as text, or as pcap to a file or to
 * stdout. Cards and segments are captured on the wire, from the fabric; other devices (tunl0, bond1, any) in the node's
 * own kernel. Returns tcpdump's exit code.
 */
export async function capture(
  name: string,
  where: string,
  filter: readonly string[],
  options: { write?: string; count?: number },
): Promise<number> {
  const engine = dockerEngine();
  try {
    const running = await mustRun(engine, name);
    const { container, argv } = await captureCommand(running, where, filter, {
      pcap: options.write !== undefined,
      ...(options.count === undefined ? {} : { count: options.count }),
    });
    const file = options.write === undefined || options.write === '-' ? undefined : createWriteStream(options.write);
    const code = await runIn(engine, container, argv, {
      tty: false,
      errorsTo: shownStream('stderr'),
      ...(file ? { to: file } : options.write === undefined ? { to: shownStream('stdout') } : {}),
    });
    if (file) await new Promise((done) => file.end(done));
    return code;
  } finally {
    engine.close();
  }
}

/**
 * Returns the command that captures at a place of a lab, and the container in which it runs: as lines of text, or as pcap.
 * Throws a usage failure if there is no such place.
 */
export async function captureCommand(
  running: RunningLab,
  where: string,
  filter: readonly string[],
  { pcap, count }: { readonly pcap: boolean; readonly count?: number },
): Promise<{ readonly container: string; readonly argv: readonly string[] }> {
  const ear = await find(running, where);
  const tcpdump = [
    'tcpdump',
    ...['-Z', 'root'],
    ...['-i', ear.device],
    '-nn',
    '--immediate-mode',
    ...(count === undefined ? [] : ['-c', String(count)]),
    ...(pcap ? ['-U', '-w', '-'] : ['-l']),
    ...filter,
  ];
  return { container: ear.container, argv: ear.inGuest ? ['nodectl', 'exec', '--', ...tcpdump] : tcpdump };
}

async function find(running: RunningLab, where: string): Promise<Ear> {
  const { lab, fabric } = running;
  const [name = '', device] = where.split(':');
  if (device === undefined && lab.segments.some((s) => s.name === name))
    return { container: fabric.id, device: name, inGuest: false };
  const container = await mustHaveNode(running, name);
  const node = nodeOf(lab, name);
  const card = node.interfaces.findIndex((i) => i.name === device || i.segment === device);
  if (card >= 0) return { container: fabric.id, device: portName(name, card), inGuest: false };
  const links = linksOf(node).map((l) => l.name);
  const inside = ['any', 'lo', ...OPENERS, ...links];
  if (device !== undefined && !inside.includes(device)) {
    throw new Failure('no-device', {
      node: name,
      device,
      devices: links,
      segments: node.interfaces.map((i) => i.segment),
    });
  }
  return { container: container.id, device: device ?? 'any', inGuest: true };
}
