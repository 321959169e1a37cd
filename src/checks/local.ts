import type { Lab } from '../model/lab.ts';
import { addressesOf, directors } from '../model/lookup.ts';
import type { Service } from '../model/service.ts';
import type { CheckSpec } from './check.ts';
import { type GetTraffic, judged, pcap } from './path.ts';
import { clientEnd, kept } from './served.ts';
import { opens, type Segment, sentByDirector } from './traffic.ts';

/**
 * Checks services of which directors are real servers themselves: a connection is balanced once. What the active director
 * gives to itself stays on it, with no packet in between; what it gives to another director, that one answers, and does
 * not balance again: it would send some of it back, for ever.
 */
export function localChecks(lab: Lab, service: Service, traffic: GetTraffic): readonly CheckSpec[] {
  const own = directors(lab).filter((d) => service.reals.some((r) => r.node === d.name));
  if (own.length === 0) return [];
  const names = own.map((d) => d.name).join(' and ');
  return [
    judged(
      `${service.mode}.once`,
      service,
      `each connection is balanced once: the active director forwards it, or answers it itself with no packet in between; ${names} as a real server ${own.length > 1 ? 'send' : 'sends'} none on`,
      traffic,
      (bed, t) => {
        // A director's own connections are its health checks.
        const health = directors(lab).flatMap(addressesOf);
        const onward = t.packets.filter(
          (p): p is Segment => opens(service, p) && sentByDirector(lab, p) && !health.includes(p.src),
        );
        const by = new Map<string, string[]>();
        for (const p of onward) {
          const way = `${bed.nameOfMac(p.srcMac)} to ${bed.nameOfMac(p.dstMac)}`;
          by.set(clientEnd(p), [...(by.get(clientEnd(p)) ?? []), way]);
        }
        const active = t.directors.map((d) => d.name);
        const again = [...by].filter(([, ways]) =>
          ways.some((way) => !active.includes(way.split(' ')[0] ?? '') || way !== ways[0]),
        );
        const stay = kept(lab, service, t);
        // The server itself tells that it answered, although the packet went elsewhere.
        const strayed = t.requests.filter(
          (r) => r.status === 200 && active.includes(r.server) && by.has(clientEndOf(r)) && active.length === 1,
        );
        const first = again[0];
        return {
          ok: again.length === 0 && strayed.length === 0 && by.size + stay.length > 0,
          seen: [
            `${by.size - again.length} forwarded once`,
            `${stay.length} kept by ${[...new Set(stay.map((k) => k.node))].join(' and ') || 'no director'}`,
            ...(first
              ? [
                  `${again.length} forwarded again: ${first[0]} ${wayWords(first[1])}, because IPVS balances on a director that is not master`,
                ]
              : []),
            ...(strayed.length > 0
              ? [`${strayed.length} answered by their director after they had been forwarded`]
              : []),
          ].join('; '),
          evidence: pcap(onward, lab, service),
        };
      },
    ),
  ];
}

function clientEndOf({ source, port }: { readonly source: string; readonly port: number }): string {
  return clientEnd({ src: source, srcPort: port });
}

/** How many hops of a connection are told. */
const TOLD = 3;

function wayWords(ways: readonly string[]): string {
  const more = ways.length - TOLD;
  return `${ways.slice(0, TOLD).join(', then ')}${more > 0 ? `, and ${more} times more` : ''}`;
}
