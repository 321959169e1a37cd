import type { HealthCheck, HealthProbe } from '../model/health.ts';
import { checkedPort } from '../model/lookup.ts';
import type { Real } from '../model/service.ts';
import { DNS_TYPE_CODES } from '../model/words.ts';
import { endpoint } from '../net/cidr.ts';
import type { Packet, TcpPacket } from '../net/packet.ts';

/** What a kind of health check sends to a real server. */
export interface Sent {
  /** What directors do, in words, with what they send it to: `connect to 10.0.0.2:80`. */
  readonly words: (reals: readonly Real[]) => string;
  /** The filter by which Wireshark shows it. */
  readonly filter: string;
  /** Returns whether a packet is one that asks this real server. */
  readonly asks: (p: Packet, real: Real) => boolean;
  /** Returns what such a packet asks for, in words; undefined if that does not matter. */
  readonly said?: (p: Packet) => string;
}

/** Returns what the checker of a health check sends; undefined if that is not known: a script sends what it likes. */
export function sentBy(health: HealthCheck): Sent | undefined {
  const { probe } = health;
  const port = (real: Real) => checkedPort(health, real);
  const at = (what: string) => (reals: readonly Real[]) =>
    `${what} ${reals.map((r) => endpoint(r.address, port(r))).join(' and ')}`;
  const opens = (p: Packet, real: Real) => p.kind === 'tcp' && p.syn && !p.ack && p.dstPort === port(real);
  const datagram = (p: Packet, real: Real) => p.kind === 'udp' && p.dstPort === port(real);
  switch (probe.kind) {
    case 'misc':
      return undefined;
    case 'tcp':
    case 'ssl':
      return { words: at('connect to'), filter: 'tcp.flags.syn == 1', asks: opens };
    case 'http':
      return {
        words: at(`request ${requestWords(probe)} from`),
        filter: 'http.request',
        asks: (p, real) =>
          p.kind === 'tcp' && p.dstPort === port(real) && requestIn(p) !== undefined && isRequest(probe, p),
        said: (p) => (p.kind === 'tcp' ? shownRequest(p) : ''),
      };
    case 'dns':
      return {
        words: at(`query ${probe.name} ${probe.type} at`),
        filter: 'dns.flags.response == 0',
        asks: (p, real) => datagram(p, real) && questionIn(p) === questionWords(probe),
        said: (p) => questionIn(p) ?? 'no query',
      };
    case 'udp':
      return { words: at('send a datagram to'), filter: 'udp', asks: datagram };
    case 'ping':
      return {
        words: (reals) => `ping ${reals.map((r) => r.address).join(' and ')}`,
        filter: 'icmp.type == 8 || icmpv6.type == 128',
        asks: (p) => p.kind === 'icmp' && p.type === (p.family === 4 ? 8 : 128),
      };
  }
}

type WebProbe = HealthProbe & { kind: 'http' | 'ssl' };

function requestWords({ path, host }: WebProbe): string {
  return host === undefined ? path : `${path} of ${host}`;
}

/** Returns the path and the Host of the request with which a packet begins; undefined if it begins with none. */
function requestIn({ payload }: TcpPacket): { path: string; host: string } | undefined {
  const text = payload.toString('latin1');
  const [, path] = /^[A-Z]+ (\S+) HTTP\/1\.[01]\r\n/.exec(text) ?? [];
  const [, host = ''] = /\r\nHost: *([^\r\n]*)/i.exec(text) ?? [];
  return path === undefined ? undefined : { path, host };
}

function shownRequest(p: TcpPacket): string {
  const request = requestIn(p);
  return request ? `${request.path} of ${request.host || 'no host'}` : '';
}

/** Returns whether a request is the one that a health check makes; a port may follow the name of the host (RFC 9110 §7.2). */
function isRequest(probe: WebProbe, p: TcpPacket): boolean {
  const { path, host = '' } = requestIn(p) ?? {};
  const named = probe.host === undefined || host.replace(/:\d+$/, '').toLowerCase() === plainHost(probe.host);
  return path === probe.path && named;
}

function plainHost(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

function questionWords({ name, type }: HealthProbe & { kind: 'dns' }): string {
  return `${name.toLowerCase().replace(/(?<=.)\.$/, '')} ${type}`;
}

/** Bytes before the question of a query (RFC 1035 §4.1.1). */
const DNS_HEADER = 12;

/** Returns the name and the type that a query of DNS asks for (RFC 1035 §4.1.2); undefined if a packet is none. */
export function questionIn(p: Packet): string | undefined {
  if (p.kind !== 'udp' || p.payload.length < DNS_HEADER || ((p.payload[2] ?? 0) & 0x80) !== 0) return undefined;
  const labels: string[] = [];
  let at = DNS_HEADER;
  for (let size = p.payload[at]; size !== undefined && size > 0 && size < 64; size = p.payload[at]) {
    labels.push(p.payload.toString('latin1', at + 1, at + 1 + size));
    at += 1 + size;
  }
  if (p.payload[at] !== 0 || at + 3 > p.payload.length) return undefined;
  const code = p.payload.readUInt16BE(at + 1);
  const type = Object.entries(DNS_TYPE_CODES).find(([, c]) => c === code)?.[0] ?? `type ${code}`;
  return `${labels.join('.').toLowerCase() || '.'} ${type}`;
}
