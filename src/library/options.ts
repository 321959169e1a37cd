import type { Event } from '../events.ts';
import type { DriverName, KernelChoice } from '../model/words.ts';
import type { Distribution } from '../report/distribution.ts';
import type { Report } from '../report/report.ts';

/** How a lab is started; what is absent is as on the command line. */
export interface UpOptions {
  /** Another name than that of the file, for a second copy beside it. */
  readonly name?: string;
  /** The kernel of nodes that leave it open. */
  readonly kernel?: KernelChoice;
  /** The load balancer of directors that leave it open. */
  readonly driver?: DriverName;
  /** The folder, or the image, of your build of DPVS. */
  readonly dpvs?: string;
  /** The file of your build of keepalived, for directors of kernel LVS. */
  readonly keepalived?: string;
  /** Kernel of nodes with `kernel: qemu`: a version of Debian, or a folder with your own bzImage and lib/modules. */
  readonly qemu?: string;
  /** The folder of your build of FRR, for nodes that run OSPF or BGP. */
  readonly frr?: string;
  /** Whether its files may be outside its folder: only for labs that you trust. */
  readonly allowOutside?: boolean;
  /** Ends what is under way, with its changes undone. */
  readonly signal?: AbortSignal;
  /** Told everything that happens, from the start of the lab on. */
  readonly onEvent?: (event: Event) => void;
  /** Milliseconds that nodes may take to start; 60,000 if absent. */
  readonly start?: number;
}

/** How a lab is tested. */
export interface TestOptions {
  /** The folder of the report, with packets, logs and tables; a temporary one if absent. */
  readonly report?: string;
  /** Whether the test ends after the first step with a failed check. */
  readonly bail?: boolean;
}

/** What is captured. */
export interface CaptureOptions {
  /** A filter in the words of pcap-filter(7), such as `['tcp', 'port', '80']`. */
  readonly filter?: readonly string[];
  /** The number of packets after which it ends by itself. */
  readonly count?: number;
}

/** What is measured of a fault. */
export interface Asked extends TestOptions {
  /** The fault, such as `kill:lb1`. */
  readonly fault: string;
  /** How often it is injected and healed; once if absent. */
  readonly runs?: number;
  /** Connections that are held open; one if absent. */
  readonly flows?: number;
  /** The service that is asked; the first of the lab if absent. */
  readonly service?: string;
  /** The clients that ask; the first of the lab if absent. */
  readonly clients?: readonly string[];
}

/** What clients noticed of a fault. */
export interface Outages {
  /** Distributions over the runs by name, such as `outage` and `first advert`: milliseconds, or percent of held connections. */
  readonly figures: Readonly<Record<string, Distribution>>;
  /** The longest outage that the lab promises, in milliseconds, if there is a limit. */
  readonly budget: number | undefined;
  /** By how much each time may be wrong, in milliseconds. */
  readonly error: number;
  readonly report: Report;
}

/** A command that has ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
