import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import type { NodePart } from '../nodes/part.ts';
import type { ServiceTable } from './service-table.ts';

/** A command's output, as a driver gets it from inside a node. */
export type RunInNode = (command: readonly string[]) => Promise<string>;

/** Which load balancer a director runs: turns services into files and programs, and reads its tables back. */
export interface Driver {
  readonly name: string;
  /** Files, addresses, filters and programs of a director. */
  director(lab: Lab, node: LabNode): NodePart;
  /** The command that sets a real server's weight on a director. */
  weightCommand(service: Service, real: Real, weight: number): readonly string[];
  /** The command that takes a real server out of a director's table... */
  removeCommand(service: Service, real: Real): readonly string[];
  /** ...and the one that puts it in. */
  addCommand(service: Service, real: Real, weight: number): readonly string[];
  /** The table that the running director holds. Throws when it cannot be read. */
  readTable(run: RunInNode): Promise<ServiceTable>;
}
