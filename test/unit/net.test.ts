import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/nearest.ts';
import { contains, formatAddress, networkOf, overlaps, parseAddress, parseSubnet, ranges } from '../../src/net/cidr.ts';
import { formatMs, parseDuration } from '../../src/net/duration.ts';
import { parsePacket } from '../../src/net/parse-packet.ts';
import { PcapReader } from '../../src/net/pcap.ts';

const subnet = (text: string) => parseSubnet(text) ?? expect.fail(text);
const address = (text: string) => parseAddress(text) ?? expect.fail(text);

describe('addresses', () => {
  it.each([
    ['192.168.100.254', '192.168.100.254'],
    ['2001:0:0:0:0:0:0:201', '2001::201'],
    ['::', '::'],
    ['::1', '::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
  ])('%s is written %s', (text, canonical) => expect(address(text).text).toBe(canonical));
  it.each(['1.2.3', '1.2.3.256', 'x', '', 'fe80::1%eth0', '1:2', '10.0.0.1/8'])('%s is none', (text) =>
    expect(parseAddress(text)).toBeUndefined(),
  );
  it('lie in subnets', () => {
    expect(contains(subnet('192.168.229.0/23'), address('192.168.228.1'))).toBe(true);
    expect(contains(subnet('10.0.0.0/8'), address('11.0.0.1'))).toBe(false);
    expect(overlaps(subnet('10.0.0.0/8'), subnet('10.9.0.0/16'))).toBe(true);
    expect(overlaps(subnet('10.0.0.0/9'), subnet('10.128.0.0/9'))).toBe(false);
    expect(formatAddress(networkOf(subnet('10.140.18.33/20')).address.value, 4)).toBe('10.140.16.0');
  });
  it('that follow each other make a range', () => {
    expect(ranges(['10.0.0.3', '10.0.0.1', '10.0.0.2', '10.0.0.9'])).toEqual([
      { first: '10.0.0.1', last: '10.0.0.3' },
      { first: '10.0.0.9', last: '10.0.0.9' },
    ]);
  });
});

describe('times', () => {
  it.each([
    ['500ms', 500],
    ['3s', 3000],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['3', undefined],
    ['-1s', undefined],
    ['3 s', undefined],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));
  it('are written in the unit that fits', () => expect([formatMs(3.2), formatMs(3687.5)]).toEqual(['3 ms', '3.69 s']));
});

describe('a capture', () => {
  const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
  const head = hex('d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000');
  const record = (bytes: Buffer) => {
    const h = Buffer.alloc(16);
    h.writeUInt32LE(7, 0);
    h.writeUInt32LE(500_000, 4);
    h.writeUInt32LE(bytes.length, 8);
    h.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([h, bytes]);
  };
  const eth = 'ffffffffffff 0200c0a8640c';
  const arp = hex(`${eth} 0806 0001 0800 06 04 0001 0200c0a8640c c0a864fe 000000000000 c0a864fe`);
  const vrrp = hex(
    `01005e000012 0200c0a8640c 0800 45c0002800010000ff700000 c0a8640c e0000012 217b500101010000 c0a864fe 6c76736c61620000`,
  );
  const syn = hex(
    `0200c0a864fe 0200c0a86492 0800 450000280001000040060000 c0a86492 c0a864fe a5b60050 00000001 00000000 50020000 00000000`,
  );

  it('comes in pieces of any size', () => {
    const bytes = Buffer.concat([head, record(arp), record(syn)]);
    for (const size of [1, 7, 40, bytes.length]) {
      const reader = new PcapReader();
      const frames = [];
      for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)));
      expect(frames.map((f) => [f.at, f.bytes.length])).toEqual([
        [7_500_000, arp.length],
        [7_500_000, syn.length],
      ]);
    }
  });
  it('that is none is refused', () => expect(() => new PcapReader().push(Buffer.alloc(24, 1))).toThrow('no pcap'));
  it('shows a gratuitous ARP', () => {
    expect(parsePacket({ at: 1, bytes: arp }, 'lan')).toMatchObject({
      kind: 'arp',
      op: 'request',
      sender: '192.168.100.254',
      target: '192.168.100.254',
      senderMac: '02:00:c0:a8:64:0c',
    });
  });
  it('shows a VRRP advert', () => {
    expect(parsePacket({ at: 1, bytes: vrrp }, 'lan')).toMatchObject({
      kind: 'vrrp',
      version: 2,
      id: 123,
      priority: 80,
      src: '192.168.100.12',
      addresses: ['192.168.100.254'],
    });
  });
  it('shows a TCP SYN', () => {
    expect(parsePacket({ at: 1, bytes: syn }, 'lan')).toMatchObject({
      kind: 'tcp',
      src: '192.168.100.146',
      dst: '192.168.100.254',
      srcPort: 42422,
      dstPort: 80,
      syn: true,
      ack: false,
    });
  });
  const ip4 = (protocol: string, length: string, rest: string, src = 'c0a86401', dst = 'c0a86402') =>
    `45 00 ${length} 0001 4000 40 ${protocol} 0000 ${src} ${dst} ${rest}`;
  const inner = ip4('06', '0028', 'a5b60050 00000001 00000000 50020000 00000000', 'c0a86492', 'c0a864fe');
  it('shows what is inside IPIP, and the outside too', () => {
    const frame = hex(`${eth} 0800 ${ip4('04', '003c', inner)}`);
    expect(parsePacket({ at: 1, bytes: frame }, 'lan')).toMatchObject({
      kind: 'tcp',
      src: '192.168.100.146',
      dst: '192.168.100.254',
      outer: { kind: 'ipip', src: '192.168.100.1', dst: '192.168.100.2', ttl: 64, length: 60 },
    });
  });
  it.each([
    ['00', 'data'],
    ['01', 'init'],
    ['06', 'abort'],
    ['03', 'other'],
  ])('shows a packet of SCTP that begins with chunk %s', (type, chunk) => {
    const bytes = hex(`${eth} 0800 ${ip4('84', '0024', `27100f1c 00000001 deadbeef ${type}000004`)}`);
    expect(parsePacket({ at: 1, bytes }, 'lan')).toMatchObject({ kind: 'sctp', srcPort: 10000, dstPort: 3868, chunk });
  });
  it('shows what is inside GRE, with a key or without', () => {
    const plain = hex(`${eth} 0800 ${ip4('2f', '0040', `0000 0800 ${inner}`)}`);
    const keyed = hex(`${eth} 0800 ${ip4('2f', '0044', `2000 0800 00000007 ${inner}`)}`);
    for (const bytes of [plain, keyed])
      expect(parsePacket({ at: 1, bytes }, 'lan')).toMatchObject({ kind: 'tcp', outer: { kind: 'gre' } });
  });
  it('shows the VLAN of a tagged frame', () => {
    const frame = hex(`${eth} 8100 6064 0800 ${inner}`);
    expect(parsePacket({ at: 1, bytes: frame }, 'lan')).toMatchObject({ kind: 'tcp', vlan: 100 });
  });
  it('shows datagrams', () => {
    const frame = hex(`${eth} 0800 ${ip4('11', '001f', 'a5b60035 000b0000 61736b')}`);
    expect(parsePacket({ at: 1, bytes: frame }, 'lan')).toMatchObject({
      kind: 'udp',
      srcPort: 42422,
      dstPort: 53,
      ttl: 64,
    });
  });
  it('shows what fits, where a router tells it', () => {
    const frame = hex(`${eth} 0800 ${ip4('01', '001c', '0304 0000 0000 05c8')}`);
    expect(parsePacket({ at: 1, bytes: frame }, 'lan')).toMatchObject({ kind: 'icmp', type: 3, code: 4, mtu: 1480 });
  });
  it('shows which packet an ICMP error is about, if enough of it is quoted', () => {
    const quote = '4500 05dc 0000 4000 40 06 0000 0a000064 0a150030 0050 a5b6 00000001';
    const error = (data: string) => {
      const bytes = hex(`${eth} 0800 ${ip4('01', '00ff', `0304 0000 0000 0514 ${data}`)}`);
      return parsePacket({ at: 1, bytes }, 'lan');
    };
    const about = { src: '10.0.0.100', dst: '10.21.0.48', srcPort: 80, dstPort: 42422, length: 1500 };
    expect(error(quote)).toMatchObject({ kind: 'icmp', mtu: 1300, about });
    for (const part of ['', quote.slice(0, 40), quote.replace('40 06', '40 01')]) {
      const seen = error(part);
      expect(seen).toMatchObject({ kind: 'icmp', mtu: 1300 });
      expect(seen).not.toHaveProperty('about');
    }
  });
  it('shows neighbour discovery, and packets behind extension headers', () => {
    const six = (next: string, length: string, rest: string) =>
      hex(
        `${eth} 86dd 60000000 ${length} ${next} ff 24070000000000000000000000000001 24070000000000000000000000000002 ${rest}`,
      );
    const advert = six('3a', '0018', '8800 0000 60000000 24070000000000000000000000000201');
    expect(parsePacket({ at: 1, bytes: advert }, 'lan')).toMatchObject({
      kind: 'neighbour',
      op: 'advertisement',
      target: '2407::201',
    });
    const behind = six('3c', '0013', '11 00 04 01 04 01 01 00 a5b60035 000b0000 61736b');
    expect(parsePacket({ at: 1, bytes: behind }, 'lan')).toMatchObject({ kind: 'udp', dstPort: 53, src: '2407::1' });
  });
  describe('of a director that tells real servers the client’s address', () => {
    // The handshake's ACK and the start of the first data of a connection through DPVS, as captured.
    const plain = hex(
      '2247c58a1a1f a2376e29ab1a 0800 4500 0030 308d 4000 4006 c01f c0a864c8 c0a86402 0401 0050 f4d1fb66 cc3359be 7010 003f 8fc8 0000 fe08 92f4 0a000030',
    );
    const data = hex(
      '2247c58a1a1f a2376e29ab1a 0800 4500 0037 308e 4000 4006 bfd4 c0a864c8 c0a86402 0401 0050 f4d1fb66 cc3359be 7018 003f 8d80 0000 fe08 92f4 0a000030 474554202f2048',
    );
    const six = '24080000000000000000000000000001';
    const tcp4 = (options: string) => {
      const bytes = hex(options);
      const offset = (0x50 + bytes.length * 4).toString(16);
      const rest = `04010050 f4d1fb66 cc3359be ${offset} 10 003f 0000 0000 ${options} 474554`;
      return hex(`${eth} 0800 ${ip4('06', (43 + bytes.length).toString(16).padStart(4, '0'), rest)}`);
    };
    const udp4 = (options: string) => {
      const bytes = hex(options);
      const first = (0x45 + bytes.length / 4).toString(16);
      const length = (31 + bytes.length).toString(16).padStart(4, '0');
      return hex(
        `${eth} 0800 ${first} 00 ${length} 0001 4000 40 11 0000 c0a86401 c0a86402 ${options} a5b60035 000b0000 61736b`,
      );
    };
    const toa = (bytes: Buffer) => {
      const p = parsePacket({ at: 1, bytes }, 'lan');
      return p.kind === 'tcp' ? [p.toa, p.payload.toString()] : p.kind;
    };
    const uoa = (bytes: Buffer) => {
      const p = parsePacket({ at: 1, bytes }, 'lan');
      return p.kind === 'udp' ? [p.uoa, p.payload.toString()] : p.kind;
    };

    it('shows it in TOA, on the handshake’s ACK and on the first data', () => {
      expect(toa(plain)).toEqual([{ address: '10.0.0.48', port: 37_620 }, '']);
      expect(toa(data)).toEqual([{ address: '10.0.0.48', port: 37_620 }, 'GET / H']);
    });
    it('shows an IPv6 client of an IPv4 server, and of an IPv6 server', () => {
      const told = [{ address: '2408::1', port: 37_620 }, 'GET'];
      expect(toa(tcp4(`fe14 92f4 ${six}`))).toEqual(told);
      const segment = `04010050 f4d1fb66 cc3359be a010 003f 0000 0000 fe14 92f4 ${six} 474554`;
      const ip6 = `86dd 60000000 002b 06 40 24070000000000000000000000000201 24070000000000000000000000000002`;
      expect(toa(hex(`${eth} ${ip6} ${segment}`))).toEqual(told);
    });
    it('shows it in UOA', () => {
      expect(uoa(udp4('1f08 92f4 0a000030'))).toEqual([{ address: '10.0.0.48', port: 37_620 }, 'ask']);
      expect(uoa(udp4(`1f14 92f4 ${six}`))).toEqual([{ address: '2408::1', port: 37_620 }, 'ask']);
      expect(uoa(udp4('07 04 04 00 1f08 92f4 0a000030'))).toEqual([{ address: '10.0.0.48', port: 37_620 }, 'ask']);
    });
    it('shows it behind other options', () => {
      const told = [{ address: '10.0.0.48', port: 37_620 }, 'GET'];
      expect(toa(tcp4('0101 080a 00000001 00000002 fe08 92f4 0a000030'))).toEqual(told);
      // another use of the number that is for experiments
      expect(toa(tcp4('0101 fe06 e2d4 c3d9 fe08 92f4 0a000030'))).toEqual(told);
    });
    it.each([
      ['is no longer than its own head', 'fe02 0101'],
      ['has a length of 0', 'fe00 92f4 0a000030'],
      ['has a length of 1', 'fe01 92f4 0a000030'],
      ['has a length that no address has', 'fe06 92f4 0a00 0101'],
      ['ends behind the header', 'fe14 92f4 0a000030'],
      ['begins at the end of the header', '010101fe'],
      ['stands behind the end of the list', '0000 0000 fe08 92f4 0a000030'],
      ['stands behind an option without a length', '0800 0101 fe08 92f4 0a000030'],
    ])('bears an option that %s', (_what, options) => {
      expect(toa(tcp4(options))).toEqual([undefined, 'GET']);
      expect(uoa(udp4(options.replaceAll('fe', '1f')))).toEqual([undefined, 'ask']);
    });
    it('bears packets that are cut short anywhere', () => {
      for (const whole of [data, udp4('1f08 92f4 0a000030')])
        for (let n = 0; n < whole.length; n++)
          expect(parsePacket({ at: 1, bytes: whole.subarray(0, n) }, 'lan').kind).toMatch(/other|tcp|udp/);
    });
  });
  it('shows our own marks', () => {
    const frame = hex(`01 80 c2 00 00 0f 02 6c 76 73 6c 62 88b5 0000002a`);
    expect(parsePacket({ at: 1, bytes: frame }, 'lan')).toMatchObject({ kind: 'mark', number: 42 });
  });
  it('bears frames that are cut short', () => {
    for (let n = 0; n < vrrp.length; n++)
      expect(parsePacket({ at: 1, bytes: vrrp.subarray(0, n) }, 'lan').kind).toMatch(/other|vrrp/);
  });
});

describe('a misspelling', () => {
  it.each([
    ['fnat-keepalivd', 'fnat-keepalived'],
    ['lb3', 'lb1'],
    ['zzz', undefined],
  ])('%s means %s', (word, expected) => {
    expect(nearest(word, ['fnat-keepalived', 'lb1', 'client'])).toBe(expected);
  });
});
