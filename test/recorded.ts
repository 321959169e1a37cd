import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Bed } from '../src/checks/bed.ts';
import type { CheckSpec } from '../src/checks/check.ts';
import { modeChecks } from '../src/checks/mode.ts';
import { quietChecks } from '../src/checks/quiet.ts';
import { reachCheck } from '../src/checks/reach.ts';
import { schedulerChecks } from '../src/checks/scheduler.ts';
import { type Traffic, together, trafficOf } from '../src/checks/traffic.ts';
import { readLab } from '../src/lab/read.ts';
import type { Lab } from '../src/model/lab.ts';
import { nameOfMac, serviceOf } from '../src/model/lookup.ts';
import type { Service } from '../src/model/service.ts';
import type { Packet } from '../src/net/packet.ts';
import { parsePacket } from '../src/net/parse-packet.ts';
import { PcapReader } from '../src/net/pcap.ts';

/** Recorded contracts: labs, whole and broken, with the packets of their wires and the verdicts of their checks. */
export const RECORDED = 'test/recorded';

/** One verdict of a recorded check. */
const VERDICTS = z.array(z.object({ id: z.string(), verdict: z.enum(['passed', 'failed']), seen: z.string() }));
type Verdicts = z.infer<typeof VERDICTS>;

const STRETCH = z.strictObject({
  words: z.string(),
  from: z.number(),
  to: z.number(),
  directors: z.array(z.string()),
});

/** The checks of a contract that need nothing but its traffic. */
export function trafficAlone(lab: Lab, service: Service, traffic: () => Promise<Traffic>): readonly CheckSpec[] {
  const again = () => Promise.reject(new Error('a recorded contract sends nothing again'));
  return [
    ...modeChecks(lab, service, traffic),
    reachCheck(lab, service, traffic),
    ...quietChecks(lab, service.name, traffic, again),
    ...schedulerChecks(service, traffic),
  ];
}

/**
 * Keeps the first contract of a report as a recorded one: lab file and its own files, captures, requests, and the
 * verdicts of the checks that need nothing but these. Returns false if the report has no such contract.
 */
export function record(report: string, labFile: string, serviceName: string, name: string): boolean {
  const all = readdirSync(report);
  const stretches = all.filter((f) => /^(traffic|requests)-1-contract(-(?!again|more)[\w-]+)?\.(json|txt)$/.test(f));
  const made = readLab(labFile);
  if (stretches.length === 0 || !made.ok) return false;
  const judged = trafficAlone(made.value, serviceOf(made.value, serviceName), () => Promise.reject(new Error())).map(
    (c) => c.id,
  );
  const { results } = JSON.parse(readFileSync(join(report, 'results.json'), 'utf8')) as {
    results: (Verdicts[number] & { subject: string; verdict: string })[];
  };
  const verdicts = VERDICTS.safeParse(
    results
      .filter((r) => r.subject === serviceName && judged.includes(r.id) && !r.seen.includes('; then '))
      .map(({ id, verdict, seen }) => ({ id, verdict, seen })),
  );
  if (!verdicts.success) return false;
  const folder = join(RECORDED, name);
  mkdirSync(folder, { recursive: true });
  for (const f of readdirSync(dirname(labFile)).filter((f) => f !== `${basename(labFile)}-report`))
    cpSync(join(dirname(labFile), f), join(folder, f), { recursive: true });
  for (const f of stretches) copyFileSync(join(report, f), join(folder, f));
  for (const f of all.filter((f) => f.endsWith('.pcap')))
    writeFileSync(join(folder, `${f}.gz`), gzipSync(readFileSync(join(report, f)), { level: 9 }));
  writeFileSync(
    join(folder, 'verdicts.json'),
    `${JSON.stringify({ service: serviceName, verdicts: verdicts.data }, null, 1)}\n`,
  );
  return true;
}

/** A recorded contract: its verdicts as they were, and its checks, ready to judge it again. */
export interface Recorded {
  readonly verdicts: Verdicts;
  readonly judge: () => Promise<Verdicts>;
}

/** Reads a recorded contract. Throws if its lab file is no longer valid. */
export function recorded(name: string): Recorded {
  const folder = join(RECORDED, name);
  const made = readLab(join(folder, 'lab.yaml'));
  if (!made.ok) throw new Error(`${folder}: the lab file is invalid`);
  const lab = made.value;
  const known = JSON.parse(readFileSync(join(folder, 'verdicts.json'), 'utf8')) as {
    service: string;
    verdicts: unknown;
  };
  const verdicts = VERDICTS.parse(known.verdicts);
  const packets = lab.segments.flatMap(({ name: segment }) => packetsOf(folder, segment)).sort((a, b) => a.at - b.at);
  const stretches = readdirSync(folder)
    .filter((f) => f.startsWith('traffic-'))
    .map((f) => ({ f, stretch: STRETCH.parse(JSON.parse(readFileSync(join(folder, f), 'utf8'))) }))
    .sort((a, b) => a.stretch.from - b.stretch.from)
    .map(({ f, stretch }): Traffic => {
      const file = f.replace('traffic-', 'requests-').replace('.json', '.txt');
      const its = packets.filter((p) => p.at >= stretch.from && p.at <= stretch.to);
      return { ...trafficOf(lab, stretch, readFileSync(join(folder, file), 'utf8'), its), evidence: [file] };
    });
  const [first, ...more] = stretches;
  if (!first) throw new Error(`${folder}: no traffic`);
  const traffic = together(first, more);
  const bed = {
    lab,
    nameOfMac: (mac: string) => nameOfMac(lab, mac),
    wire: { newest: 0 },
    stalls: { since: () => Promise.resolve(undefined) },
  } as unknown as Bed;
  const ids = verdicts.map((v) => v.id);
  return {
    verdicts,
    judge: async () => {
      const checks = trafficAlone(lab, serviceOf(lab, known.service), () => Promise.resolve(traffic));
      return Promise.all(
        checks
          .filter((c) => ids.includes(c.id))
          .map(async (c) => {
            const { ok, seen } = await c.look(bed);
            return { id: c.id, verdict: ok ? ('passed' as const) : ('failed' as const), seen };
          }),
      );
    },
  };
}

/** Returns the packets of a segment of a recorded contract. */
export function packetsOf(folder: string, segment: string): readonly Packet[] {
  const file = join(folder, `${segment}.pcap.gz`);
  if (!existsSync(file)) return [];
  return new PcapReader().push(gunzipSync(readFileSync(file))).map((frame) => parsePacket(frame, segment));
}
