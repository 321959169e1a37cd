/** What reads text and bytes that others wrote takes anything: it gives a value that is what it says, or refuses as it says. */
import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequests } from '../../src/checks/traffic.ts';
import {
  joinTable,
  parseReals,
  parseTable,
  parseTimeouts,
  readCounters,
  readLimits,
} from '../../src/drivers/ipvsadm.ts';
import { packLab, unpackLab } from '../../src/engine/labels.ts';
import { frames } from '../../src/engine/streams.ts';
import { parseFault } from '../../src/faults/parse.ts';
import { readSource } from '../../src/lab/source.ts';
import { contains, networkOf, parseAddress, parseSubnet } from '../../src/net/cidr.ts';
import { parseDuration } from '../../src/net/duration.ts';
import type { Packet } from '../../src/net/packet.ts';
import { parsePacket } from '../../src/net/parse-packet.ts';
import { PcapReader } from '../../src/net/pcap.ts';
import { CannotObserve } from '../../src/plan/hand.ts';
import { parseSample } from '../../src/scenario/outage.ts';
import { hostile } from './hostile.ts';
import { fnatLab } from './lab.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((b) => Buffer.from(b));

/** Text made of words that a reader knows, and of others. */
function mixed(words: readonly string[], between: string): fc.Arbitrary<string> {
  return fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, fc.nat().map(String), hostile), {
      maxLength: 30,
    })
    .map((parts) => parts.join(between));
}

/** An example with some of its bytes changed, and cut off somewhere. */
function altered(example: Buffer): fc.Arbitrary<Buffer> {
  return fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(example.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
      length: fc.oneof(fc.constant(example.length), fc.nat(example.length)),
    })
    .map(({ changes, length }) => {
      const copy = Buffer.from(example);
      for (const [at, value] of changes) copy[at] = value;
      return copy.subarray(0, length);
    });
}

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const ETH = 'ffffffffffff 0200c0a8640c';
const V6 = 'fd000000000000000000000000000001 fd000000000000000000000000000002';
const FRAMES = [
  `${ETH} 0806 0001 0800 06 04 0001 0200c0a8640c c0a864fe 000000000000 c0a864fe`,
  `${ETH} 0800 45c0002800010000ff700000 c0a8640c e0000012 217b500101010000 c0a864fe 6c76736c61620000`,
  `${ETH} 0800 450000280001000040060000 c0a86492 c0a864fe a5b60050 00000001 00000000 50020000 00000000`,
  `${ETH} 8100 0007 0800 4500001c0001000040110000 c0a86492 c0a864fe 00350035 00080000`,
  `${ETH} 0800 4500003c0001000040040000 c0a86492 c0a864fe 450000280001000040060000 c0a86492 c0a864fe a5b60050 00000001 00000000 50020000 00000000`,
  `${ETH} 0800 4500003c0001000040 2f 0000 c0a86492 c0a864fe 3000 0800 00000001 00000002 4500001c0001000040110000 c0a86492 c0a864fe 00350035 00080000`,
  `${ETH} 86dd 60000000 0014 06 40 ${V6} a5b60050 00000001 00000000 50020000 00000000`,
  `${ETH} 86dd 60000000 0020 3a ff ${V6} 88000000 60000000 fd000000000000000000000000000009 0201 0200c0a8640c`,
  `${ETH} 86dd 60000000 0010 3c 40 ${V6} 1100 04010400 0000 0050 0050 00080000`,
  `${ETH} 88b5 00000007 0000`,
].map(hex);

/** What every packet promises, whatever the frame was. */
function isSound(p: Packet): void {
  const addresses = [
    ...('src' in p ? [p.src, p.dst] : []),
    ...('outer' in p && p.outer ? [p.outer.src, p.outer.dst] : []),
    ...(p.kind === 'arp' ? [p.sender, p.target] : []),
    ...(p.kind === 'neighbour' ? [p.target] : []),
    ...(p.kind === 'vrrp' ? p.addresses : []),
  ];
  for (const address of addresses) expect([address, parseAddress(address)?.text]).toEqual([address, address]);
  const macs = [p.srcMac, p.dstMac, ...(p.kind === 'arp' ? [p.senderMac] : [])];
  for (const mac of macs)
    expect(mac).toMatch(p.kind === 'other' ? /^$|^(..:){5}..$/ : /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  const numbers = Object.values(p).filter((v) => typeof v === 'number');
  expect(numbers.every((n) => Number.isSafeInteger(n) && n >= 0)).toBe(true);
}

describe('a frame', () => {
  const frame = fc.oneof(bytes(120), ...FRAMES.map(altered));
  it('of any bytes is a packet whose fields are what they say, or other', () => {
    fc.assert(fc.property(frame, (b) => isSound(parsePacket({ at: 1, bytes: b }, 'lan'))));
  });
  it('that is whole is none that is other', () => {
    for (const b of FRAMES) expect(parsePacket({ at: 1, bytes: b }, 'lan').kind, b.toString('hex')).not.toBe('other');
  });
  it('in tunnels without end, or behind tags without end, is other', () => {
    const deep = Buffer.concat([hex(ETH), ...Array<Buffer>(60_000).fill(hex('81000001'))]);
    expect(parsePacket({ at: 1, bytes: deep }, 'lan').kind).toBe('other');
  });
});

describe('a capture', () => {
  const head = hex('d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000');
  const record = (size: number) => {
    const h = Buffer.alloc(16 + size);
    h.writeUInt32LE(7, 0);
    h.writeUInt32LE(size, 8);
    h.writeUInt32LE(size, 12);
    return h;
  };
  const stream = fc.oneof(bytes(200), altered(Buffer.concat([head, record(60), record(0), record(20)])));
  it('of any bytes, in any pieces, gives frames or refuses', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 80 }), (b, piece) => {
        const reader = new PcapReader();
        let taken = 0;
        for (let at = 0; at < b.length; at += piece) {
          try {
            for (const f of reader.push(b.subarray(at, at + piece))) taken += f.bytes.length;
          } catch (error) {
            expect((error as Error).message).toMatch(/no pcap stream|link type/);
            return;
          }
        }
        expect(taken).toBeLessThanOrEqual(b.length);
      }),
    );
  });
  it('that announces a frame of gigabytes is refused at once, not waited for', () => {
    const long = record(0);
    long.writeUInt32LE(0xf0000000, 8);
    expect(() => new PcapReader().push(Buffer.concat([head, long]))).toThrow(/no pcap stream/);
  });
});

describe('an address', () => {
  const parts = ['1', '255', '256', '0', '.', ':', '::', 'ffff', '/', '24', '128', '%', 'x', ' ', '10.0.0.1', 'fd00::'];
  const text = fc.oneof(hostile, mixed(parts, ''), fc.ipV4(), fc.ipV6());
  it('is what the system takes for one, less zones, and is written one way', () => {
    fc.assert(
      fc.property(text, (t) => {
        const a = parseAddress(t);
        expect(a === undefined).toBe(isIP(t) === 0 || t.includes('%'));
        if (a) expect([a.family, parseAddress(a.text)]).toEqual([isIP(a.text), a]);
      }),
    );
  });
  it('and a prefix are a subnet, which contains it', () => {
    fc.assert(
      fc.property(text, fc.oneof(fc.nat(200).map(String), hostile), (t, prefix) => {
        const subnet = parseSubnet(`${t}/${prefix}`);
        if (!subnet) return;
        expect(subnet.prefix).toBeLessThanOrEqual(subnet.address.family === 4 ? 32 : 128);
        expect(contains(networkOf(subnet), subnet.address)).toBe(true);
      }),
    );
  });
});

it('a duration is a finite number of milliseconds', () => {
  const text = fc.oneof(hostile, mixed(['1', '9'.repeat(400), '.', 'ms', 's', 'm', '-', 'e', '0'], ''));
  fc.assert(
    fc.property(text, (t) => {
      const ms = parseDuration(t);
      if (ms !== undefined) expect([t, Number.isSafeInteger(ms) && ms >= 0]).toEqual([t, true]);
    }),
  );
});

describe('what ipvsadm is said to print', () => {
  const words = [
    'TCP',
    'UDP',
    'FWM',
    '->',
    '10.0.0.1:80',
    '[fd00::1]:80',
    '10.0.0.1:99999999',
    'rr',
    'Masq',
    '100',
    '0',
  ];
  const more = [
    'persistent',
    'mask',
    '255.255.255.0',
    '(sh-port)',
    'IPv6',
    '\n',
    '\n',
    '  ',
    'Timeout (tcp tcpfin udp): 1 2 3',
  ];
  const output = mixed([...words, ...more], ' ');
  it('is a table whose numbers are numbers, or cannot be observed', () => {
    fc.assert(
      fc.property(output, output, (t, lists) => {
        try {
          const table = joinTable(parseTable(t), [
            parseReals(lists, (w) => ({ stats: readCounters(w) })),
            parseReals(lists, readLimits),
          ]);
          const numbers: number[] = [];
          JSON.stringify(table, (_, v: unknown) => {
            if (typeof v === 'number') numbers.push(v);
            return v;
          });
          expect(numbers.filter((n) => !Number.isSafeInteger(n))).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(CannotObserve);
        }
        parseTimeouts(t);
      }),
    );
  });
  it('on one line without end is read in time', () => {
    const table = parseTable(`TCP 10.0.0.1:80 rr ${'x '.repeat(200_000)}\n`);
    expect(table.services[0]?.flags).toHaveLength(200_000);
  });
});

describe('what a client is said to tell', () => {
  const sample = { kind: 'new', n: 1, at: 5, end: 6, lag: 0, ok: true, server: 'rs1' };
  const request = {
    status: 200,
    port: 1,
    source: '10.0.0.1',
    ms: 1.5,
    bytes: 3,
    unsent: 0,
    answer: '{"server":"rs1"}',
  };
  /** An object with values of other kinds, or without some. */
  const wrong = (right: object) =>
    fc
      .record(Object.fromEntries(Object.entries(right).map(([k, v]) => [k, fc.oneof(fc.constant(v), fc.jsonValue())])))
      .chain((o) => fc.subarray(Object.keys(o)).map((keys) => Object.fromEntries(keys.map((k) => [k, o[k]]))));
  const line = (right: object) =>
    fc.oneof(
      wrong(right).map((o) => JSON.stringify(o)),
      fc.json(),
      hostile,
      fc.constant(JSON.stringify(right)),
    );

  it('is a sample of the probe, or none', () => {
    expect(parseSample(JSON.stringify(sample))).toEqual(sample);
    fc.assert(
      fc.property(line(sample), (t) => {
        const s = parseSample(t);
        if (s === undefined) return;
        expect(['new', 'held', 'stream', 'again']).toContain(s.kind);
        expect([s.n, s.at, s.end, s.lag].every(Number.isFinite) && typeof s.ok === 'boolean').toBe(true);
        for (const text of [s.why, s.server]) expect(['undefined', 'string']).toContain(typeof text);
      }),
    );
  });
  it('is an answered request, or none', () => {
    const told = { status: 200, port: 1, source: '10.0.0.1', ms: 1.5, bytes: 3, unsent: 0 };
    expect(parseRequests(JSON.stringify(request))).toEqual([
      { ...told, server: 'rs1', seenClient: '', asked: '', toldClient: '' },
    ]);
    fc.assert(
      fc.property(fc.array(line(request), { maxLength: 4 }), (lines) => {
        for (const r of parseRequests(lines.join('\n'))) {
          expect([r.status, r.port, r.ms, r.bytes, r.unsent].every(Number.isFinite)).toBe(true);
          for (const text of [r.source, r.server, r.seenClient, r.asked, r.toldClient])
            expect(typeof text).toBe('string');
        }
      }),
    );
  });
});

it('a fault is one, or is refused in words', () => {
  const words = [
    'kill',
    'loss',
    'cut',
    'partition',
    ':',
    'lb1',
    'lb2',
    '/',
    'keepalived',
    '@',
    'lan',
    '+',
    '=',
    '10%',
    '1s',
    'toString',
  ];
  const lab = fnatLab();
  fc.assert(
    fc.property(fc.oneof(hostile, mixed(words, '')), (t) => {
      const fault = parseFault(t, lab);
      if (fault.ok) expect(lab.nodes.map((n) => n.name)).toContain(fault.value.node);
      else expect(fault.error).not.toBe('');
    }),
  );
});

it('a lab file’s bytes are a source, or mistakes with words, and places within the file', () => {
  const words = [
    'lab:',
    'nodes:',
    '- ',
    '&a',
    '*a',
    '<<:',
    '{',
    '}',
    '[',
    ']',
    '\n',
    '\n  ',
    '? ',
    '|',
    '>',
    '!!set',
    '!!binary',
    '%YAML 9',
    '---',
    '...',
    '#',
    'a: b',
    '"',
  ];
  const file = fc.oneof(
    mixed(words, ' ').map((t) => Buffer.from(t)),
    bytes(100),
    hostile.map((t) => Buffer.from(t)),
  );
  fc.assert(
    fc.property(file, (b) => {
      const source = readSource('lab.yaml', b);
      if (source.ok) {
        expect(source.value.at(['nodes', 'x'], 'm').message).toBe('m');
        return;
      }
      expect(source.error.length).toBeGreaterThan(0);
      const lines = b.toString().split('\n').length;
      for (const { message, place } of source.error) {
        expect(message).not.toBe('');
        if (place)
          expect(place.line >= 1 && place.line <= lines + 1 && place.column >= 1 && place.length >= 1).toBe(true);
      }
    }),
  );
});

describe('a lab in a label', () => {
  it('is the lab that was packed', () => expect(unpackLab(packLab(fnatLab()))).toEqual(fnatLab()));
  it('is refused when it is none', () => {
    const packed = fc.oneof(
      hostile,
      bytes(50).map((b) => b.toString('base64')),
      fc.jsonValue().map((v) => packLab(v as never)),
      fc
        .subarray(Object.entries(fnatLab()), { maxLength: 7 })
        .map((some) => packLab(Object.fromEntries(some) as never)),
    );
    fc.assert(
      fc.property(packed, (text) => {
        expect(() => unpackLab(text)).toThrow();
      }),
    );
  });
  it('is refused when it unpacks without end', () => {
    const bomb = packLab('x'.repeat(100_000_000) as never);
    expect(() => unpackLab(bomb)).toThrow(/larger/);
  });
});

it('an engine’s log is payloads, none of them longer than what there is', () => {
  const log = fc.oneof(
    bytes(100),
    altered(Buffer.concat([hex('0100000000000003'), Buffer.from('abc'), hex('02000000000000ff')])),
  );
  fc.assert(
    fc.property(log, (b) => {
      const all = frames(b);
      expect(Buffer.concat(all).length + 8 * all.length).toBeLessThanOrEqual(b.length + 8);
    }),
  );
});
