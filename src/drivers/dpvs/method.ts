import type { Service } from '../../model/service.ts';
import { modes } from '../../modes/index.ts';

/** The name of a forwarding method of DPVS in each of its tools. */
interface Method {
  /** The lb_kind in keepalived.conf of DPVS. */
  readonly keepalived: string;
  /** The Forward column of `ipvsadm -ln`. */
  readonly column: string;
  /** The option of ipvsadm. */
  readonly option: string;
}

/** Returns the method for a service's mode (ipvsadm of DPVS, `--help`). */
export function methodOf({ mode }: Service): Method {
  const { source, target, outer } = modes[mode].wire;
  if (source === 'lip') return { keepalived: 'FNAT', column: 'FullNat', option: '-b' };
  if (target === 'real') return { keepalived: 'NAT', column: 'Masq', option: '-m' };
  return outer === 'none'
    ? { keepalived: 'DR', column: 'Route', option: '-g' }
    : { keepalived: 'TUN', column: 'Tunnel', option: '-i' };
}
