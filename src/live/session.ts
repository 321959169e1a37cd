import { SCHEDULING_MARGIN_MS, senders } from '../checks/adverts.ts';
import type { ExecStream } from '../engine/engine.ts';
import { eachLine } from '../engine/streams.ts';
import { capturesAll, openWire, type Wire } from '../fabric/capture.ts';
import type { Lab } from '../model/lab.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { Packet } from '../net/packet.ts';
import type { Mark, Timeline } from '../page/data.ts';
import { packed } from '../page/samples.ts';
import { lanesOf } from '../page/timeline.ts';
import type { Hand } from '../plan/hand.ts';
import { parseSample, type Sample } from '../scenario/outage.ts';
import { commandsFor } from '../scenario/probe.ts';
import type { LiveMasters } from './data.ts';

/** Milliseconds that the strip shows, and for which samples and adverts are kept. */
const STRIP_MS = 30_000;
/** Milliseconds between two connections of the probe: fine enough for the eye, and easy on an idle machine. */
const PROBE_EVERY_MS = 50;
/** More samples than a strip can have. */
const ALL = 10_000;
/** What moves VIPs: adverts, and announcements of addresses; also under a VLAN tag. */
const ANNOUNCING = 'arp or icmp6 or ip proto 112 or ip6 proto 112';
const FILTER = [`${ANNOUNCING} or (vlan and (${ANNOUNCING}))`];

/** The probe, or why there is none. */
type Probing = { readonly runs: readonly ExecStream[]; readonly client: string } | { readonly why: string };

/** The wires and the probe of a running lab, from `open` to `close`, for one fabric. */
export class LiveSession {
  readonly #lab: Lab;
  readonly #wire: Wire | undefined;
  /** Microseconds by which the engine's wall clock is ahead of this machine's. */
  readonly #ahead: number;
  readonly #tell: (sample: Sample) => void;
  #samples: Sample[] = [];
  #probing: Probing = { why: 'it has not started' };

  private constructor(lab: Lab, wire: Wire | undefined, ahead: number, tell: (sample: Sample) => void) {
    this.#lab = lab;
    this.#wire = wire;
    this.#ahead = ahead;
    this.#tell = tell;
  }

  /** Begins to listen to the wires that carry VRRP; `tell` receives each sample of a new connection. */
  static async open(hand: Hand, tell: (sample: Sample) => void): Promise<LiveSession> {
    const { engine, running, lab, signal } = hand;
    const segments = [...new Set(lab.vrrp.map((v) => v.segment))];
    const ahead = (await hand.now()) - Date.now() * 1000;
    const wire =
      segments.length === 0
        ? undefined
        : await openWire(engine, running.fabric.id, segments, () => undefined, { signal, filter: FILTER });
    return new LiveSession(lab, wire, ahead, tell);
  }

  /** Whether it no longer hears the wires: the engine has cut it off. */
  get deaf(): boolean {
    return this.#wire?.ended === true;
  }

  /** The engine's wall clock, in microseconds. */
  get now(): number {
    return Date.now() * 1000 + this.#ahead;
  }

  /** Whether the probe runs, and if not, why. */
  get probe(): string {
    return 'why' in this.#probing ? this.#probing.why : `${this.#probing.client} asks every ${PROBE_EVERY_MS} ms`;
  }

  /**
   * Lets a client ask the first service all the time, unless a test counts packets meanwhile; call it again and again: it
   * starts the probe anew when it has ended. `off`: why it must not run, if so.
   */
  async keepProbing(hand: Hand, off: string | undefined): Promise<void> {
    const why = off ?? (await this.#hindrance(hand));
    if (why !== undefined) {
      this.#endProbe();
      this.#probing = { why };
      return;
    }
    if ('runs' in this.#probing) return;
    const client = this.#lab.nodes.find((n) => n.kind === 'client' && hand.running.nodes.get(n.name)?.running);
    const [service] = this.#lab.services;
    if (!client || !service) return;
    const commands = commandsFor(service, 1, PROBE_EVERY_MS);
    const runs = await Promise.all(commands.map((command) => hand.spawn(client.name, command)));
    const probing = { runs, client: client.name };
    this.#probing = probing;
    for (const run of runs) {
      eachLine(run.stdout, (line) => this.#add(line));
      run.stderr.resume();
      const over = () => {
        if (this.#probing === probing) this.#probing = { why: 'the probe has ended' };
      };
      run.exit.then(over, over);
    }
  }

  async #hindrance({ engine, running }: Hand): Promise<string | undefined> {
    if (this.#lab.services.length === 0) return 'the lab has no service';
    if (!this.#lab.nodes.some((n) => n.kind === 'client' && running.nodes.get(n.name)?.running))
      return 'no client runs';
    const commands = await engine.commands(running.fabric.id);
    return commands.some(capturesAll) ? 'it waits while a test captures every frame' : undefined;
  }

  #add(line: string): void {
    const sample = parseSample(line);
    if (!sample) return;
    this.#samples.push(sample);
    if (sample.kind === 'new') this.#tell(sample);
  }

  /** Returns who sends adverts of each instance now. */
  masters(): readonly LiveMasters[] {
    return this.#lab.vrrp.map((vrrp) => {
      const fresh = 1.5 * vrrp.advert + SCHEDULING_MARGIN_MS;
      return {
        instance: vrrp.name,
        nodes: mastersIn(this.#lab, vrrp, this.#wire?.since(this.now - fresh * 1000) ?? []),
      };
    });
  }

  /** Returns the last half minute on one clock, whose zero is now. `marks`: in microseconds. */
  strip(marks: readonly Mark[]): Timeline {
    const { now } = this;
    const from = now - STRIP_MS * 1000;
    this.#samples = this.#samples.filter((s) => s.end >= from);
    this.#wire?.forget(from);
    const after = (at: number) => Math.round((at - now) / 100) / 10;
    const inView = this.#samples.filter((s) => s.at >= from);
    const of = (...kinds: readonly Sample['kind'][]) =>
      packed(
        inView.filter((s) => kinds.includes(s.kind)),
        now,
        ALL,
      );
    return {
      title: 'The last half minute',
      from: -STRIP_MS,
      to: 0,
      probes:
        'runs' in this.#probing || inView.length > 0
          ? [{ client: this.#client(), fresh: of('new'), held: of('held', 'stream') }]
          : [],
      marks: marks.filter((m) => m.at >= from).map((m) => ({ ...m, at: after(m.at) })),
      lanes: lanesOf(this.#lab, this.#wire?.since(from) ?? [], after),
      outages: [],
    };
  }

  #client(): string {
    return 'client' in this.#probing ? this.#probing.client : 'client';
  }

  #endProbe(): void {
    if ('runs' in this.#probing) for (const run of this.#probing.runs) run.stdin.end();
  }

  /** Ends the probe and the captures. `gone`: whether the lab is gone, so that there is nothing to wait for. */
  async close(gone: boolean): Promise<void> {
    this.#endProbe();
    this.#probing = { why: 'it has ended' };
    await this.#wire?.close(gone ? AbortSignal.abort() : undefined);
  }
}

/** Returns who is master by these packets: all that sent adverts, but for those that fell silent before another began. */
function mastersIn(lab: Lab, vrrp: VrrpInstance, packets: readonly Packet[]): readonly string[] {
  const begins = senders(lab, vrrp, [...packets].reverse()); // the first advert of each, in place of the newest
  const heard = senders(lab, vrrp, packets).filter(
    ({ node, newest }) => !begins.some((b) => b.node !== node && b.newest.at > newest.at),
  );
  return heard.map((s) => s.node.name).sort();
}
