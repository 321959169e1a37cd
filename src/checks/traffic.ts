import { eventually } from '../eventually.ts';
import type { LabNode, Service } from '../lab/model.ts';
import { endpoint } from '../net/cidr.ts';
import type { Packet, TcpPacket } from '../net/packet.ts';
import type { Bed } from './bed.ts';

/** One request of the client, as curl and the real server tell it. */
export interface Request {
  /** HTTP status; 0 when nothing answered. */
  readonly status: number;
  readonly localPort: number;
  /** The real server that answered, by its own word. */
  readonly server: string;
  /** Whom the real server saw, and at which address it was asked. */
  readonly seenClient: string;
  readonly asked: string;
}

/** A stretch of requests to a service, with what the wires showed meanwhile. */
export interface Traffic {
  readonly requests: readonly Request[];
  readonly packets: readonly Packet[];
  /** The director in charge at the time. */
  readonly director: LabNode;
  readonly client: LabNode;
  readonly evidence: readonly string[];
}

/** Requests of one stretch: even, and enough to tell alternation from chance. */
export const REQUESTS = 20;
/** Seconds for one request; three that fail end the stretch. */
const REQUEST_TIMEOUT = 3;
/** Milliseconds in which captured packets must arrive once the client is done. */
const ARRIVAL_MS = 2000;

/** Asks the service from the client, one connection after the other, and gathers what the wires showed. */
export async function drive(bed: Bed, service: Service, name: string): Promise<Traffic> {
  const { client } = bed;
  const from = bed.wire.newest;
  const script = `failed=0
for i in $(seq ${REQUESTS}); do
  curl -s -g -m ${REQUEST_TIMEOUT} -w '\\n%{http_code} %{local_port}\\n' ${url(service)}/json || failed=$((failed + 1))
  [ $failed -lt 3 ] || exit 0
done`;
  const output = await bed.run(client.name, ['sh', '-c', script]);
  const file = bed.evidence.write(`requests-${name}.txt`, output);
  const requests = parseRequests(output);
  const answered = requests.filter((r) => r.status === 200).map((r) => r.localPort);
  const address = bed.towards(client, service.vip).address;
  // The client is done before the last packets have come through the capture.
  await eventually(
    () => {
      const closed = new Set(
        tcp(bed.wire.since(from))
          .filter((p) => p.dst === address && p.fin)
          .map((p) => p.dstPort),
      );
      return answered.every((port) => closed.has(port)) ? true : undefined;
    },
    { within: ARRIVAL_MS, every: 10, signal: bed.signal },
  );
  return { requests, packets: bed.wire.since(from + 1), director: bed.inCharge(service), client, evidence: [file] };
}

/** The TCP packets among packets. */
export function tcp(packets: readonly Packet[]): readonly TcpPacket[] {
  return packets.filter((p) => p.kind === 'tcp');
}

/** The service's address as a URL. */
export function url(service: Service): string {
  return `http://${endpoint(service.vip, service.port)}`;
}

function parseRequests(output: string): Request[] {
  const requests: Request[] = [];
  let answer: Partial<Record<'server' | 'client' | 'asked', string>> = {};
  for (const line of output.split('\n')) {
    const end = /^(\d{3}) (-?\d+)$/.exec(line);
    if (end) {
      requests.push({
        status: Number(end[1]),
        localPort: Number(end[2]),
        server: answer.server ?? '',
        seenClient: answer.client ?? '',
        asked: answer.asked ?? '',
      });
      answer = {};
    } else if (line.startsWith('{')) {
      try {
        answer = JSON.parse(line) as typeof answer;
      } catch {
        answer = {};
      }
    }
  }
  return requests;
}
