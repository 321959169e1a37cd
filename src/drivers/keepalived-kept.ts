import type { Service } from '../model/service.ts';
import type { SnatRule } from '../model/snat.ts';
import type { SnatProtocol } from '../model/words.ts';

/** The packets of one protocol that an SNAT rule translates, as keepalived sets them up. */
export interface SnatServer {
  readonly rule: SnatRule;
  readonly protocol: SnatProtocol;
  /** The lines of its `virtual_server` that say which packets, and how they are translated. */
  readonly lines: readonly string[];
}

/** What keepalived sets up on a director, beside its VRRP instances. */
export interface Kept {
  readonly services: readonly Service[];
  readonly snat: readonly SnatServer[];
}
