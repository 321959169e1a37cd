import type { ContainerNeeds, Engine } from '../engine/engine.ts';
import type { Image } from '../engine/images.ts';
import type { Trial } from '../kernels/kernel.ts';
import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import type { SnatRule } from '../model/snat.ts';
import type { DriverName, Mode, Protocol, Scheduler } from '../model/words.ts';
import type { Announced } from '../nodes/domain.ts';
import type { NodePart } from '../nodes/part.ts';
import type { HeldAddress, ServiceTable, TableConnection, TableReal, TableTimeouts } from './service-table.ts';

/** Runs a command inside a node and returns its output. */
export type RunInNode = (command: readonly string[]) => Promise<string>;

/** A part of a service that a driver does not support: the key of the service that requires it, and the reason. */
export interface Refused {
  readonly key: 'port' | 'mode' | 'protocol' | 'scheduler' | 'vip' | 'mark' | 'ops' | 'health' | 'lips';
  /** The real server whose key it is, if not the service's own. */
  readonly real?: string;
  readonly why: string;
}

/** A part of a lab that a driver does not support. */
export interface Misplaced {
  /** The keys that lead to it in the lab file. */
  readonly path: readonly (string | number)[];
  readonly why: string;
}

/** The parts of a lab on which it depends what a director's driver must do. */
export type Parts = Pick<Lab, 'nodes' | 'services' | 'snat' | 'vrrp' | 'ospf' | 'bgp'>;

/** What a director's table shows for a service, in the words of the driver's own tool. */
export interface Shown {
  /** How packets are forwarded to each real server (`TableReal.forward`). */
  readonly forward: string;
  /** `TableService.flags`. */
  readonly flags: readonly string[];
}

/** What a director's table shows for the packets of one protocol that an SNAT rule translates. */
export interface ShownSnat {
  /** The description of these packets (`TableService.address`). */
  readonly address: string;
  readonly scheduler: string;
  readonly reals: readonly Pick<TableReal, 'address' | 'port' | 'forward' | 'weight'>[];
}

/**
 * Reads and changes a running director's load balancer. Methods that read run at once, and throw CannotObserve if the
 * result cannot be read. Methods that change something return a command for the director: code that changes a running
 * lab first records the command that undoes the change.
 */
export interface Control {
  /** Returns the whole table. */
  table(): Promise<ServiceTable>;
  /** The command that prints the table in the format of `ipvsadm --save`, a line for each service and real server. */
  readonly save: readonly string[];
  /** Returns the command that sets the weight of a real server in the table. */
  setWeight(service: Service, real: Real, weight: number): readonly string[];
  /** Returns the command that removes a real server from the table... */
  removeServer(service: Service, real: Real): readonly string[];
  /** ...and the one that adds it with a weight, whether it was removed or not. */
  restoreServer(service: Service, real: Real, weight: number): readonly string[];
  /**
   * Returns the command that restores a real server's weight; if the server has been removed meanwhile, the health
   * checker adds it again.
   */
  restoreWeight(service: Service, real: Real, weight: number): readonly string[];
  /**
   * Returns the connections that the director knows: its own, those synchronised from another director, and persistence
   * templates.
   */
  connections(): Promise<readonly TableConnection[]>;
  /** Returns persistence templates: a client, or a network of clients, and the real server to which it is assigned. */
  templates(): Promise<readonly TableConnection[]>;
  /** Returns the addresses that the director holds now, including VIPs and LIPs, without link-local ones. */
  addressesHeld(): Promise<readonly HeldAddress[]>;
  /**
   * Returns what the driver's program lacks of the addresses and routes that it has in place of the kernel, and what it
   * has that belongs to others, in words.
   */
  differences(lab: Lab): Promise<readonly string[]>;
  /** Returns what a report must tell of the director’s load balancer: its version, and how it runs. */
  about(): Promise<string>;
  /** Returns the number of connections so far that found no free port of a LIP. */
  portsRefused(): Promise<number>;
}

/** The program that carries a director's traffic beside keepalived and OSPF. */
export interface Heart {
  readonly program: string;
  /** In how many milliseconds keepalived and OSPF notice that it is dead or hangs, and how that is made up. */
  readonly noticed: { readonly ms: number; readonly words: string };
  /** In how many milliseconds the director takes part again after a start of it. */
  readonly returns: { readonly ms: number; readonly words: string };
}

/** What one director needs beyond those of its driver, and how to find out whether a machine has it. */
export interface Extra {
  readonly name: string;
  /** Devices of the engine's machine. */
  readonly devices: readonly string[];
  readonly trial: Trial;
}

/** What the kernel of a director sets up of the node's network, in the way of any other node. */
export interface Stack {
  /** Addresses of the links, and routes. */
  readonly addresses: boolean;
  /** Bonds, VLANs, bridges and tunnels. */
  readonly devices: boolean;
}

/** An option in which a director tells a real server the client's own address: of TCP (TOA), or of IP, for UDP (UOA). */
export type ClientOption = 'toa' | 'uoa';

/** A load balancer that a director can run: its capabilities, the parts of a director, and how to control it. */
export interface Driver {
  readonly name: DriverName;
  readonly modes: readonly Mode[];
  readonly families: readonly (4 | 6)[];
  readonly schedulers: readonly Scheduler[];
  readonly protocols: readonly Protocol[];
  /** Whether an entry of its table can take more than one port: every port of a VIP, or packets with a firewall mark. */
  readonly wideEntries: boolean;
  /** Why a VIP and its real servers cannot be of different families; undefined if they can. */
  readonly oneFamily: string | undefined;
  /** Returns what it does not support of a service, alone or beside the others, apart from the lists above. */
  refuses(service: Service, services: readonly Service[]): readonly Refused[];
  /** Returns what it does not support of the lab for a director: the place in the lab file, and the reason. */
  refusesOf(lab: Parts, node: LabNode): readonly Misplaced[];

  /**
   * Returns why no lab can run it from this machine, without trying it: a program that users supply is not there.
   */
  missing(): string | undefined;
  /** Looks on the engine for a program that users supply there, before `missing` and `image` are asked. */
  look?(engine: Engine): Promise<void>;
  /** Returns where the program that users supply comes from, in words for a person. */
  broughtFrom?(): string;
  /** The image on which `image` puts the programs of the user's, if it is another one than of other nodes. */
  readonly runtime?: Image;
  /** Returns the image of a director's container. */
  image(): Image;
  /** The greatest number of worker threads of a director; undefined if the driver has none. */
  readonly mostWorkers?: number;
  /**
   * Returns whether a director moves a flow to another real server as soon as its own has left the table; otherwise the
   * flow is lost until its entry expires.
   */
  movesFlows(node: LabNode): boolean;
  /** Whether a director can have a kernel of its own; else it runs on the engine's. */
  readonly ownKernels: boolean;
  /** A director's needs beyond those of its kernel; the memory is added to the kernel's. */
  readonly needs: Pick<ContainerNeeds, 'capabilities' | 'devices' | 'tmpfs' | 'memoryMb'>;
  /** Returns what this director needs in addition; undefined if nothing. */
  extra(node: LabNode): Extra | undefined;
  /** The program without which a director leaves VRRP and OSPF; undefined if the kernel carries the traffic. */
  readonly heart?: Heart;
  /** Where the VIPs are that OSPF announces: on an interface of the kernel, or among its routes only. */
  readonly announces: Announced;
  /** Returns what the kernel sets up of a director's own network; the driver's program has the rest. */
  stack(lab: Lab, node: LabNode): Stack;
  /**
   * Returns files, addresses, filters and programs of a director; for a director set up by the user (`manual`), only
   * their prerequisites.
   */
  director(lab: Lab, node: LabNode): NodePart;

  /**
   * Returns why its program did not start on a director, and what to do, from what the node wrote; undefined if it does
   * not know.
   */
  explains(output: string): string | undefined;

  /** How to find out whether it can run on a kernel here. */
  readonly trial: Trial;

  /** For how many seconds it keeps connections if the lab sets no timeouts. */
  readonly timeouts: TableTimeouts;
  /** Whether its table tells these times. */
  readonly tellsTimeouts: boolean;
  /**
   * Returns for how many milliseconds it keeps a connection of a service after its end, and with it the client's
   * persistence template, given these timeouts (in seconds).
   */
  lingers(service: Service, timeouts: TableTimeouts): number;
  /** For how many milliseconds it keeps a template that a connection still held at its timeout. */
  readonly keepsHeldTemplates: number;
  /** Whether a director is a hop for a packet that it puts into a tunnel: it lowers the TTL of the inner packet. */
  readonly tunnelIsHop: boolean;
  /** How many milliseconds late it may drop a connection or a template after its timeout. */
  readonly forgetsLate: number;
  /**
   * Returns how its Full-NAT tells the real servers of a service the client's own address, which it hides from them;
   * undefined if it does not tell, and in modes that hide nothing.
   */
  clientOption(service: Service): ClientOption | undefined;
  /** Returns what its table shows for a service that matches the lab. */
  shows(service: Service): Shown;
  /** Returns what its table shows for an SNAT rule of a director; nothing if SNAT is not in its table. */
  showsSnat(node: LabNode, rule: SnatRule): readonly ShownSnat[];
  /** Returns the control of a running director, given a function that runs commands there. */
  control(run: RunInNode, node: LabNode): Control;
}
