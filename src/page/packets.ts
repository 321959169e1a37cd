import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameRef } from '../events.ts';
import type { Packet } from '../net/packet.ts';
import { parsePacket } from '../net/parse-packet.ts';
import { type Frame, PcapReader } from '../net/pcap.ts';
import { pcapName } from '../report/evidence.ts';

/** Bytes of a capture that are read at once. */
const CHUNK = 1 << 20;

/** A stretch of time, in microseconds of the engine's wall clock. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The packets of a report that its page needs. */
export interface Kept {
  /** By segment and time: see `keyOf`. */
  readonly named: ReadonlyMap<string, Packet>;
  /** What directors announced in the stretches: VRRP, ARP and neighbour discovery, in the order of time. */
  readonly announced: readonly Packet[];
}

/** Returns the key of a frame that a check names. */
export function keyOf({ segment, at }: Pick<FrameRef, 'segment' | 'at'>): string {
  return `${segment} ${at}`;
}

/**
 * Reads the captures of a report's folder, and keeps the frames that checks name, and what directors announced in
 * stretches of time. A capture that is damaged is read up to the damage.
 */
export function readPackets(
  folder: string,
  segments: readonly string[],
  frames: readonly FrameRef[],
  stretches: readonly Stretch[],
): Kept {
  const wanted = new Set(frames.map(keyOf));
  const named = new Map<string, Packet>();
  const announced: Packet[] = [];
  if (wanted.size === 0 && stretches.length === 0) return { named, announced };
  for (const segment of segments)
    eachPacket(join(folder, pcapName(segment)), segment, ({ at, bytes }) => {
      const key = keyOf({ segment, at });
      const within = mayAnnounce(bytes) && stretches.some((s) => at >= s.from && at <= s.to);
      if (!wanted.has(key) && !within) return undefined;
      return (packet) => {
        if (wanted.has(key) && !named.has(key)) named.set(key, packet);
        if (within && ['vrrp', 'arp', 'neighbour'].includes(packet.kind)) announced.push(packet);
      };
    });
  return { named, announced: announced.sort((a, b) => a.at - b.at) };
}

/** Returns whether a frame may be of VRRP, ARP or neighbour discovery: most others are told apart without parsing them. */
function mayAnnounce(bytes: Buffer): boolean {
  const [type, protocol] = [bytes.length < 24 ? 0 : bytes.readUInt16BE(12), bytes[23]];
  return type !== 0x0800 || protocol === 112;
}

/** Reads a capture piece by piece; `wants` returns what receives the packet of a frame, if anything does. */
function eachPacket(
  path: string,
  segment: string,
  wants: (frame: Frame) => ((packet: Packet) => void) | undefined,
): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const reader = new PcapReader();
    const chunk = Buffer.alloc(CHUNK);
    for (;;) {
      const length = readSync(file, chunk, 0, CHUNK, null);
      if (length === 0) return;
      for (const frame of framesIn(reader, Buffer.from(chunk.subarray(0, length))))
        wants(frame)?.(parsePacket(frame, segment));
    }
  } catch (error) {
    if (!(error instanceof DamagedCapture)) throw error;
  } finally {
    closeSync(file);
  }
}

class DamagedCapture extends Error {}

function framesIn(reader: PcapReader, chunk: Buffer): readonly Frame[] {
  try {
    return reader.push(chunk);
  } catch (error) {
    throw new DamagedCapture('', { cause: error });
  }
}
