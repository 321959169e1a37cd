import type { Lab } from '../../model/lab.ts';
import { byMode, instancesOf, ownServices } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { modes } from '../../modes/index.ts';
import type { Script } from '../keepalived-scripts.ts';

/** A switch of IPVS (ipvs-sysctl.rst): a director that receives another one's connections does not balance. */
const SWITCH = '/proc/sys/net/ipv4/vs/backup_only';

/**
 * Returns the instances of a director that move services of which it is a real server, still addressed to their VIP: while
 * another director is master, it would balance the packets that come from there a second time, and may send them back.
 */
export function sharedWith(lab: Lab, node: LabNode): readonly VrrpInstance[] {
  const own = ownServices(lab, node)
    .flatMap(byMode)
    .filter((s) => modes[s.mode].wire.target === 'vip' && s.reals.some((r) => r.node === node.name));
  return instancesOf(lab, node).filter((v) => own.some((s) => v.services.includes(s.name)));
}

/**
 * Returns the script that keepalived runs whenever the state of one of these instances changes: the director balances
 * while it has one of their VIPs on a card, beside the one that it hides. It asks for the addresses, so that scripts that
 * overtake each other do no harm.
 */
export function balanceScript(lab: Lab, node: LabNode): Script | undefined {
  const shared = sharedWith(lab, node);
  if (shared.length === 0) return undefined;
  const vips = [
    ...new Set(lab.services.filter((s) => shared.some((v) => v.services.includes(s.name))).map((s) => s.vip)),
  ];
  const command = [
    'only=1',
    `for vip in ${vips.join(' ')}; do`,
    '  [ -z "$(ip -o addr show to "$vip" | grep -vE ": (lo|tunl0|ip6tnl0) ")" ] || only=0',
    'done',
    `echo "$only" > ${SWITCH}`,
  ];
  return { path: '/lab/scripts/balance.sh', command: command.join('\n') };
}
