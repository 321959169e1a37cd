import type { Control } from '../drivers/driver.ts';
import { driverOf } from '../drivers/index.ts';
import type { ServiceTable } from '../drivers/service-table.ts';
import type { Engine } from '../engine/engine.ts';
import type { Wire } from '../fabric/capture.ts';
import { clientOf, domainOf, found, type Link, linksOf, linkTo, nameOfMac, nodeOf, vrrpOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import type { Packet } from '../net/packet.ts';
import { CannotObserve, Hand, type HandOptions } from '../plan/hand.ts';
import type { RunningLab } from '../plan/observe.ts';
import type { Evidence } from '../report/evidence.ts';
import { senders } from './adverts.ts';
import { Stalls } from './stalls.ts';

/** For how many milliseconds a table is reused after it was read. */
const TABLE_FRESH_MS = 250;

/** A running lab under observation: its wires, its nodes, and the folder for evidence. */
export class Bed extends Hand {
  readonly wire: Wire;
  readonly evidence: Evidence;
  readonly stalls: Stalls;
  readonly #tables = new Map<string, { at: number; table: Promise<ServiceTable> }>();

  constructor(
    engine: Engine,
    running: RunningLab,
    { wire, evidence }: { readonly wire: Wire; readonly evidence: Evidence },
    signal: AbortSignal,
    options?: HandOptions,
  ) {
    super(engine, running, signal, options);
    this.wire = wire;
    this.evidence = evidence;
    this.stalls = new Stalls(this, evidence);
  }

  /**
   * Returns the packets on the wires since a time, after the captures have delivered all of them. Throws CannotObserve
   * if the captures do not keep up.
   */
  async packetsSince(at: number): Promise<readonly Packet[]> {
    await this.newestPacket();
    return this.wire.since(at);
  }

  /**
   * Returns the time of the newest packet (microseconds), after the captures have delivered all of them: packets of
   * anything earlier cannot be taken for later ones. Throws CannotObserve if the captures do not keep up.
   */
  async newestPacket(): Promise<number> {
    const trouble = await this.wire.catchUp(this.engine, this.running.fabric.id, this.signal);
    if (trouble !== undefined) throw new CannotObserve(trouble);
    return this.wire.newest;
  }

  /** Returns the control of a director's load balancer. */
  control(director: string): Control {
    const node = nodeOf(this.lab, director);
    return driverOf(node).control((command) => this.run(director, command), node);
  }

  /** Reads the service table of a director. Throws CannotObserve if it cannot be read. */
  async table(director: string): Promise<ServiceTable> {
    const known = this.#tables.get(director);
    if (known && performance.now() - known.at < TABLE_FRESH_MS) return known.table;
    const table = this.control(director).table();
    table.catch(() => undefined); // reported to the code that awaits it
    this.#tables.set(director, { at: performance.now(), table });
    return table;
  }

  /** The client that sends requests to services. */
  get client(): LabNode {
    return clientOf(this.lab);
  }

  /** Returns the link of a node that is on the subnet of an address, or its first link if none is. */
  towards(node: LabNode, address: string): Link {
    return linkTo(node, address) ?? found(node.interfaces[0], `interface of ${node.name}`);
  }

  /** Returns the link on which a director holds a service's VIP. */
  vipLink(director: LabNode, service: Service): Link {
    const device = vrrpOf(this.lab, service.name)?.members.find((m) => m.node === director.name)?.device;
    return linksOf(director).find((l) => l.name === device) ?? this.towards(director, service.vip);
  }

  /** Returns the segment on which a node reaches an address. */
  segmentTowards(node: LabNode, address: string): string {
    const below = (name: string): string => {
      const card = node.interfaces.find((i) => i.name === name);
      const device = node.devices.find((d) => d.name === name);
      return card?.segment ?? (device && 'over' in device && device.over[0] !== undefined ? below(device.over[0]) : '');
    };
    return below(this.towards(node, address).name);
  }

  /**
   * Returns the active director of a service: the sender of its VRRP instance's adverts; the member that should send
   * while none does; the only director if there is no VRRP.
   */
  inCharge(service: Service): LabNode {
    const vrrp = vrrpOf(this.lab, service.name);
    if (!vrrp)
      return found(
        this.lab.nodes.find((n) => n.kind === 'director'),
        'director',
      );
    const [newest] = senders(this.lab, vrrp, this.wire.since(this.wire.newest - vrrp.advert * 2500));
    return newest ? newest.node : nodeOf(this.lab, found(vrrp.members[0], 'member').node);
  }

  /**
   * Returns the directors that carry a service now: the active director, or all directors that announce its VIP by
   * OSPF.
   */
  carriers(service: Service): readonly LabNode[] {
    const domain = domainOf(this.lab, service.name);
    return domain ? domain.members.map((m) => nodeOf(this.lab, m)) : [this.inCharge(service)];
  }

  /** Returns a readable name for the owner of a MAC address. */
  nameOfMac(mac: string): string {
    return nameOfMac(this.lab, mac);
  }
}
