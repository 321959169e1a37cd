import type { ContainerNeeds } from '../engine/engine.ts';
import type { ImageName } from '../engine/images.ts';
import type { Trial } from '../kernels/kernel.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import type { DriverName, Mode, Protocol, Scheduler } from '../model/words.ts';
import type { NodePart } from '../nodes/part.ts';
import type { HeldAddress, ServiceTable, TableConnection, TableTimeouts } from './service-table.ts';

/** A command's output, as a driver gets it from inside a node. */
export type RunInNode = (command: readonly string[]) => Promise<string>;

/** Something of a service that a driver cannot do: the key of the service that asks for it, and why not. */
export interface Refused {
  readonly key: 'port' | 'mode' | 'protocol' | 'scheduler' | 'vip';
  readonly why: string;
}

/** What a director's table shows of a service, in the words of the driver's own tool. */
export interface Shown {
  /** How each real server is forwarded to (`TableReal.forward`). */
  readonly forward: string;
  /** `TableService.flags`. */
  readonly flags: readonly string[];
}

/**
 * A grip on a running director's load balancer. What looks runs at once, and throws CannotObserve when it cannot be
 * read. What changes something is a command for the director: who changes a running lab writes down beforehand the one
 * that puts it back.
 */
export interface Control {
  /** All that the table holds. */
  table(): Promise<ServiceTable>;
  /** Gives a real server that is in the table a weight. */
  setWeight(service: Service, real: Real, weight: number): readonly string[];
  /** Takes a real server out of the table... */
  removeServer(service: Service, real: Real): readonly string[];
  /** ...and makes it stand there with a weight, whether it was taken out or not. */
  restoreServer(service: Service, real: Real, weight: number): readonly string[];
  /** Gives a real server its weight again; if it has been removed by now, the health checker that adds it again does. */
  restoreWeight(service: Service, real: Real, weight: number): readonly string[];
  /** Connections that it knows, its own and those that another director told it of, templates of persistence among them. */
  connections(): Promise<readonly TableConnection[]>;
  /** Templates of persistence: a client, or a network of clients, and the real server that it stays with. */
  templates(): Promise<readonly TableConnection[]>;
  /** Addresses that the director holds now, VIPs and LIPs among them; those of a link alone left out. */
  addressesHeld(): Promise<readonly HeldAddress[]>;
  /** Connections so far that found no free port of a LIP. */
  portsRefused(): Promise<number>;
}

/** Which load balancer a director runs: what it can do, what a director of it is made of, and how it is spoken to. */
export interface Driver {
  readonly name: DriverName;
  readonly modes: readonly Mode[];
  readonly families: readonly (4 | 6)[];
  readonly schedulers: readonly Scheduler[];
  readonly protocols: readonly Protocol[];
  /** Why a VIP and its real servers cannot be of different families; undefined where they can. */
  readonly oneFamily: string | undefined;
  /** What it cannot do of a service, alone or beside the others, that the lists above do not say. */
  refuses(service: Service, services: readonly Service[]): readonly Refused[];

  /** What a director's container is made from, and must be given beyond what its kernel takes; memory is on top of that. */
  readonly image: ImageName;
  readonly needs: Pick<ContainerNeeds, 'capabilities' | 'devices' | 'tmpfs' | 'memoryMb'>;
  /** Files, addresses, filters and programs of a director; of one that is the user's own (`manual`) only what they stand on. */
  director(lab: Lab, node: LabNode): NodePart;

  /** How it is found out whether it can run on a kernel here. */
  readonly trial: Trial;

  /** Seconds for which it keeps connections where the lab says nothing. */
  readonly timeouts: TableTimeouts;
  /**
   * Milliseconds for which it keeps a connection of a service after its end, and with it the client's persistence
   * template, with these timeouts (in seconds).
   */
  lingers(service: Service, timeouts: TableTimeouts): number;
  /** Milliseconds that it may be late to forget a connection or a template whose time is over. */
  readonly forgetsLate: number;
  /** What its table shows of a service that is as the lab has it. */
  shows(service: Service): Shown;
  /** The grip on a running director, by whatever runs a command there. */
  control(run: RunInNode): Control;
}
