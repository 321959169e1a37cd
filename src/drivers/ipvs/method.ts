import type { Service } from '../../model/service.ts';
import { modes } from '../../modes/index.ts';

/** The name of a forwarding method of IPVS in each of its tools. */
interface Method {
  /** The lb_kind in keepalived.conf(5). */
  readonly keepalived: string;
  /** The Forward column of `ipvsadm -Ln`. */
  readonly column: string;
  /** The option of ipvsadm(8). */
  readonly option: string;
}

const MASQUERADING: Method = { keepalived: 'NAT', column: 'Masq', option: '-m' };
const GATEWAYING: Method = { keepalived: 'DR', column: 'Route', option: '-g' };
const TUNNELING: Method = { keepalived: 'TUN', column: 'Tunnel', option: '-i' };

/** Returns the IPVS method for a service's mode; Full-NAT is NAT with more parts around it. */
export function methodOf({ mode }: Pick<Service, 'mode'>): Method {
  const { target, outer } = modes[mode].wire;
  if (target === 'real') return MASQUERADING;
  return outer === 'none' ? GATEWAYING : TUNNELING;
}
