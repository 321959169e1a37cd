import type { DnsType, HealthProbeKind } from './words.ts';

interface WebProbe {
  readonly path: string;
  readonly status?: number;
  /** MD5 of the answer's body, as genhash(1) prints it. */
  readonly digest?: string;
}

/** What each kind of probe has of its own. */
interface ProbeOf {
  readonly tcp: unknown;
  readonly http: WebProbe;
  readonly ssl: WebProbe;
  readonly misc: {
    readonly script: string;
    /** The exit code sets the weight: 2 to 255 means that much plus 2. */
    readonly dynamic: boolean;
  };
  readonly dns: { readonly name: string; readonly type: DnsType };
  readonly udp: unknown;
}

/** What a health check does. */
export type HealthProbe = { [K in HealthProbeKind]: { readonly kind: K } & ProbeOf[K] }[HealthProbeKind];

/** Times in milliseconds. */
export interface HealthCheck {
  readonly probe: HealthProbe;
  /** How long one attempt may take. */
  readonly timeout: number;
  readonly every: number;
  /** The port that is checked; undefined: the real server's own. */
  readonly port?: number;
  readonly retry: number;
  /** Pause before an attempt that failed is repeated (delay_before_retry). */
  readonly pause: number;
  readonly inhibit: boolean;
}
