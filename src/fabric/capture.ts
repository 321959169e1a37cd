import { type Engine, type ExecStream, LOOK } from '../engine/engine.ts';
import { eventually } from '../eventually.ts';
import { Failure } from '../failure.ts';
import type { Packet } from '../net/packet.ts';
import { parsePacket } from '../net/parse-packet.ts';
import { type Frame, PcapReader } from '../net/pcap.ts';

/** Receives a capture's bytes as they arrive: the pcap file that is kept as evidence. */
export type KeepBytes = (segment: string, bytes: Buffer) => void;

/**
 * Number of packets held at once with which captures end: nearly twice those of the longest step that was seen (dr-ospf
 * on a busy machine: 333,000 in 49 s); a loop produces them in seconds.
 */
export const MOST_PACKETS = 600_000;

/**
 * Captured bytes per frame, and kibibytes for frames that wait to be read. Without the first limit, each waiting frame
 * takes the space of the longest possible frame, and a busy machine loses those that arrive meanwhile.
 */
const FRAME_BYTES = 2048;
const BUFFER_KIB = 8192;

/** Longest time for a capture to start or to end, in milliseconds. */
const DEADLINE_MS = 10_000;

/**
 * All wires of a lab, captured in its fabric: every frame that enters a segment, once, from the time when `openWire`
 * returns. Frames are parsed as they arrive; times are from the engine's wall clock.
 */
export class Wire {
  /** Each segment's packets, ordered by time, from its own capture. */
  readonly #packets = new Map<string, Packet[]>();
  #count = 0;
  readonly #captures: ExecStream[] = [];
  readonly #segments: string[] = [];
  /** The highest mark that each segment's capture has shown. */
  readonly #newestMark = new Map<string, number>();
  #marks = 0;
  #flooded = false;
  #ended = false;
  #lost = 0;

  /** Whether a capture has ended, by itself or by `close`: what follows is not seen. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Returns all packets at or after a time (microseconds) that are not forgotten, ordered by time. */
  since(at: number): readonly Packet[] {
    const parts = [...this.#packets.values()].map((packets) => packets.slice(firstAt(packets, at)));
    return parts.length === 1 ? (parts[0] ?? []) : parts.flat().sort((a, b) => a.at - b.at);
  }

  /** Forgets the packets before a time (microseconds); the kept bytes still have them. */
  forget(before: number): void {
    for (const [segment, packets] of this.#packets) this.#packets.set(segment, packets.slice(firstAt(packets, before)));
    this.#count = [...this.#packets.values()].reduce((sum, packets) => sum + packets.length, 0);
  }

  /**
   * Sends a mark on every segment and waits until each capture has shown it: then all earlier packets have been read.
   * Returns the reason, in words, if that fails or takes longer than `within` milliseconds.
   */
  async catchUp(
    engine: Engine,
    fabric: string,
    signal?: AbortSignal,
    within = DEADLINE_MS,
  ): Promise<string | undefined> {
    const number = ++this.#marks;
    const { code, stderr } = await engine.exec(fabric, ['nodectl', 'mark', String(number), ...this.#segments], {
      signal,
      lane: LOOK,
    });
    if (code !== 0) return `no marker frame can be sent on the wires: ${stderr.trim()}`;
    const late = () => this.#segments.filter((s) => (this.#newestMark.get(s) ?? 0) < number);
    const look = () => (this.#flooded || late().length === 0 ? true : undefined);
    await eventually(look, { within, every: 5, signal });
    if (this.#flooded) return `the captures ended after ${MOST_PACKETS} packets; does the lab have a loop?`;
    if (late().length > 0) return `the capture of ${late().join(' and ')} does not keep up; does the lab have a loop?`;
    return undefined;
  }

  /** The time of the newest frame, in microseconds; 0 before the first. */
  get newest(): number {
    return Math.max(0, ...[...this.#packets.values()].map((packets) => packets.at(-1)?.at ?? 0));
  }

  async capture(
    engine: Engine,
    fabric: string,
    segment: string,
    keep: KeepBytes,
    { signal, filter = [] }: Listening = {},
  ): Promise<void> {
    const run = await engine.execStream(fabric, [
      'nodectl',
      'exec',
      '--tether',
      '--',
      'tcpdump',
      // it keeps its user: the fabric has no right to change it
      ...['-Z', 'root'],
      ...['-i', segment],
      '-U',
      '--immediate-mode',
      ...['-s', String(FRAME_BYTES), '-B', String(BUFFER_KIB)],
      '-w',
      '-',
      ...filter,
    ]);
    this.#captures.push(run);
    this.#segments.push(segment);
    const reader = new PcapReader();
    let said = '';
    run.stdout.on('data', (chunk: Buffer) => {
      if (this.#flooded) return;
      let frames: readonly Frame[];
      try {
        frames = reader.push(chunk);
      } catch {
        said += chunk.toString(); // here the engine reports why a command does not start
        return;
      }
      keep(segment, chunk);
      for (const frame of frames) this.#add(parsePacket(frame, segment));
    });
    let ended = false;
    run.exit
      .catch(() => undefined)
      .then(() => {
        ended = true;
        this.#ended = true;
      });
    run.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      // tcpdump's final summary.
      const lost = /(\d+) packets? dropped by kernel/.exec(said);
      if (!lost) return;
      this.#lost += Number(lost[1]);
      said = '';
    });
    const listening = () => said.includes('listening on');
    await eventually(() => (listening() || ended ? true : undefined), { within: DEADLINE_MS, every: 5, signal });
    if (!listening()) throw new Failure('no-capture', { segment, said: said.trim() });
  }

  #add(packet: Packet): void {
    if (packet.kind === 'mark')
      this.#newestMark.set(packet.segment, Math.max(packet.number, this.#newestMark.get(packet.segment) ?? 0));
    if (++this.#count > MOST_PACKETS) {
      this.#flooded = true;
      for (const capture of this.#captures) capture.stdin.end();
      return;
    }
    const packets = this.#packets.get(packet.segment);
    if (packets) packets.push(packet);
    else this.#packets.set(packet.segment, [packet]);
  }

  /**
   * Ends the captures; the stored bytes are then complete. Returns how many frames were lost because the machine was
   * too busy to read them. Waits for nothing once the fabric is gone (`gone`).
   */
  async close(gone?: AbortSignal): Promise<number> {
    for (const capture of this.#captures) capture.stdin.end();
    let over = false;
    void Promise.allSettled(this.#captures.map((c) => c.exit)).then(() => {
      over = true;
    });
    await eventually(() => (over || gone?.aborted ? true : undefined), { within: DEADLINE_MS, every: 5 });
    return this.#lost;
  }
}

/** Returns the index of the first packet at or after a time. */
function firstAt(packets: readonly Packet[], at: number): number {
  let low = 0;
  let high = packets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((packets[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How wires are captured. */
export interface Listening {
  readonly signal?: AbortSignal;
  /** Aborted when the lab is removed. */
  readonly gone?: AbortSignal;
  /** The words of a filter (pcap-filter(7)); every frame if absent. Marks pass only without one. */
  readonly filter?: readonly string[];
}

/** Returns whether a command of a fabric captures every frame of a wire, as tests and measurements do. */
export function capturesAll(command: readonly string[]): boolean {
  return command.includes('tcpdump') && command.includes(String(BUFFER_KIB)) && command.at(-1) === '-';
}

/** Starts to capture every segment; returns when all captures listen. If one cannot start, none stays. */
export async function openWire(
  engine: Engine,
  fabric: string,
  segments: readonly string[],
  keep: KeepBytes,
  listening: Listening = {},
): Promise<Wire> {
  const wire = new Wire();
  const begun = await Promise.allSettled(segments.map((s) => wire.capture(engine, fabric, s, keep, listening)));
  const failed = begun.find((b) => b.status === 'rejected');
  if (!failed) return wire;
  await wire.close(listening.gone);
  throw failed.reason;
}
