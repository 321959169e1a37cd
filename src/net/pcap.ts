/** One captured frame: its bytes, and its time in microseconds of the capturing machine's wall clock. */
export interface Frame {
  readonly at: number;
  readonly bytes: Buffer;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Maximum length of a frame: more than tcpdump ever captures of one (MAXIMUM_SNAPLEN). */
const LONGEST = 256 * 1024;

/** Reads a pcap stream as it arrives (the classic format that tcpdump writes; Ethernet only). See pcap-savefile(5). */
export class PcapReader {
  #rest: Buffer = Buffer.alloc(0);
  #format: { little: boolean; nano: boolean } | undefined;

  /**
   * Takes the next bytes of the stream and returns the frames that are now complete. Throws if it is not a pcap stream.
   */
  push(chunk: Buffer): Frame[] {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const frames: Frame[] = [];
    if (!this.#format) {
      if (data.length < FILE_HEADER) {
        this.#rest = data;
        return frames;
      }
      this.#format = readFormat(data);
      data = data.subarray(FILE_HEADER);
    }
    const { little, nano } = this.#format;
    const u32 = (at: number) => (little ? data.readUInt32LE(at) : data.readUInt32BE(at));
    let at = 0;
    while (data.length - at >= RECORD_HEADER) {
      const length = u32(at + 8);
      if (length > LONGEST) throw new Error(`a frame of ${length} bytes: this is no pcap stream`);
      if (data.length - at < RECORD_HEADER + length) break;
      const fraction = u32(at + 4);
      frames.push({
        at: u32(at) * 1e6 + (nano ? Math.floor(fraction / 1000) : fraction),
        bytes: Buffer.from(data.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length)),
      });
      at += RECORD_HEADER + length;
    }
    this.#rest = data.subarray(at);
    return frames;
  }
}

function readFormat(data: Buffer): { little: boolean; nano: boolean } {
  for (const little of [true, false]) {
    const magic = little ? data.readUInt32LE(0) : data.readUInt32BE(0);
    if (magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) continue;
    const link = little ? data.readUInt32LE(20) : data.readUInt32BE(20);
    if (link !== 1) throw new Error(`link type ${link} in a capture; Ethernet (1) was expected`);
    return { little, nano: magic === 0xa1b23c4d };
  }
  throw new Error('this is no pcap stream');
}
