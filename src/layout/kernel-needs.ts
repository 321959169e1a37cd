import type { Lab } from '../model/lab.ts';
import type { LabNode } from '../model/node.ts';
import type { Need } from '../model/words.ts';
import { needsModules } from './files.ts';

/** Something that a node needs of its kernel in addition to its modules, and why, in words. */
export interface KernelNeed {
  readonly need: Need;
  readonly why: string;
}

/**
 * A line of a script that is a command of netfilter, which must succeed: a script that goes on without it (`||`, `&&`, `if`)
 * needs nothing.
 */
const NETFILTER = /^\s*(?:sudo\s+)?(?:\/\S*\/)?(ip6?tables(?:-[a-z-]+)?|nft)\s(?!.*(?:\|\||&&)).*$/m;

/** Returns whether a node needs anything of its kernel that every kernel does not have: modules, or more. */
export function needsKernel(lab: Lab, node: LabNode): boolean {
  return needsModules(lab, node) || kernelNeeds(lab, node).length > 0;
}

/** Returns what a node needs of its kernel: by its own list and by its setup script. */
export function kernelNeeds(lab: Lab, node: LabNode): readonly KernelNeed[] {
  const all: readonly KernelNeed[] = [
    ...byService(lab, node),
    ...node.needs.map((need) => ({ need, why: 'the lab file says so' })),
    // a node without modules of its own has the engine's kernel anyway, and its script finds out what that has
    ...(needsModules(lab, node) ? byScript(node) : []),
  ];
  return all.filter((n, i) => all.findIndex((other) => other.need === n.need) === i);
}

/** A service over SCTP: its clients, its directors and its real servers speak it. */
function byService(lab: Lab, node: LabNode): readonly KernelNeed[] {
  const over = lab.services.find((s) => s.protocol === 'sctp');
  const speaks = node.kind === 'client' || node.kind === 'director' || over?.reals.some((r) => r.node === node.name);
  const serves = node.serve.some(({ protocol }) => protocol === 'sctp');
  if (over && speaks) return [{ need: 'sctp', why: `service ${over.name} is SCTP` }];
  return serves ? [{ need: 'sctp', why: 'it serves a port over SCTP' }] : [];
}

function byScript(node: LabNode): readonly KernelNeed[] {
  const command = NETFILTER.exec(commandsOf(node))?.[1];
  return command === undefined ? [] : [{ need: 'netfilter', why: `${node.setup?.path} calls ${command}` }];
}

/** Returns a node's setup script, each command on one line. */
function commandsOf({ setup }: LabNode): string {
  return setup ? Buffer.from(setup.base64, 'base64').toString('utf8').replaceAll('\\\n', ' ') : '';
}

/** A rule of iptables that replaces the source of what leaves. */
const HIDES = /^[^#]*\bip6?tables\b.*\bPOSTROUTING\b.*-j\s+(?:MASQUERADE|SNAT)\b/;
/** The VIP to which a rule is limited. */
const FOR_VIP = /--vaddr\s+([0-9a-fA-F.:]+)/;

/** Returns whether a director's setup script hides the clients of a VIP from its real servers. */
export function hidesClients(director: LabNode, vip: string): boolean {
  return commandsOf(director)
    .split('\n')
    .some((line) => HIDES.test(line) && (FOR_VIP.exec(line)?.[1] ?? vip) === vip);
}
