import type { DnsType, HealthProbeKind } from './words.ts';

interface WebProbe {
  readonly path: string;
  /** The virtual host that is asked for; the real server's own address if absent. */
  readonly host?: string;
  readonly status?: number;
  /** MD5 of the response body, as printed by genhash(1). */
  readonly digest?: string;
}

/** The properties of each kind of probe. */
interface ProbeOf {
  readonly tcp: unknown;
  readonly http: WebProbe;
  readonly ssl: WebProbe;
  readonly misc: {
    readonly script: string;
    /** The exit code sets the weight: for codes from 2 to 255 it is the code minus 2. */
    readonly dynamic: boolean;
  };
  readonly dns: { readonly name: string; readonly type: DnsType };
  readonly udp: unknown;
  readonly ping: unknown;
}

/** What a health check probes. */
export type HealthProbe = { [K in HealthProbeKind]: { readonly kind: K } & ProbeOf[K] }[HealthProbeKind];

/** A health check; times in milliseconds. */
export interface HealthCheck {
  readonly probe: HealthProbe;
  /** Timeout of one attempt. */
  readonly timeout: number;
  readonly every: number;
  /** The port that is checked; undefined for the real server's own port. */
  readonly port?: number;
  readonly retry: number;
  /** Pause before a failed attempt is repeated (delay_before_retry). */
  readonly pause: number;
  readonly inhibit: boolean;
}

/** The weight of live real servers that a service needs, and the commands that run when it is reached or lost. */
export interface Quorum {
  readonly weight: number;
  readonly up?: string;
  readonly down?: string;
}

/** What keepalived checks about the servers of a service or the address of an SNAT rule, and what it does about it. */
export interface Supervision {
  readonly health?: HealthCheck;
  readonly quorum?: Quorum;
  /** Whether a server counts as down until its first good check; else it counts as up until one fails. */
  readonly alpha?: boolean;
  /** Whether the command for a lost quorum also runs when keepalived stops. */
  readonly omega?: boolean;
}
