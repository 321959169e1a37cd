import type { UserFile } from '../model/node.ts';
import type { Module } from './modules.ts';

/** A file in a node: text of ours, or a file of the user's. */
export type NodeFile = string | UserFile;

/** What a node needs inside: laid into it as files, run in this order by its own first process. */
export interface NodePart {
  /** Capabilities of the container beyond those of its kernel, where its programs ask for them. */
  readonly capabilities: readonly string[];
  /** Kernel modules; a node that needs any needs a kernel that has them. */
  readonly modules: readonly Module[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Lines of `ip -batch` beyond the lab's own addresses. */
  readonly ip: readonly string[];
  /** Lines of `tc -batch`. */
  readonly tc: readonly string[];
  readonly files: Readonly<Record<string, NodeFile>>;
  /** Programs that run as long as the node does, each behind those that it is after. */
  readonly programs: Readonly<Record<string, Program>>;
  /** What those programs say of their configurations, before they start. */
  readonly checks: readonly ConfigCheck[];
}

/** A program of a node; its first process sees to when it starts, at boot and by `svc start` alike (images/node/src/init.c). */
export interface Program {
  /** The words that start it. */
  readonly command: readonly string[];
  /** By what one sees that it is ready: `tcp:PORT` and `udp:PORT` for who listens, a path for a file that is then there. */
  readonly ready: readonly string[];
  /** Programs that must be ready before it starts, where they start too. */
  readonly after: readonly string[];
}

/** A program's own check of a file: a command that fails, with the program's words, when the program would not take it. */
export interface ConfigCheck {
  readonly program: string;
  readonly file: string;
  /** Words without spaces or patterns in them. */
  readonly command: readonly string[];
}

/** A part with nothing in it. */
export const nothing: NodePart = {
  capabilities: [],
  modules: [],
  sysctls: {},
  ip: [],
  tc: [],
  files: {},
  programs: {},
  checks: [],
};

/** Several parts as one; what two of them want alike is there once, and of two values the later stands. */
export function join(parts: readonly NodePart[]): NodePart {
  return {
    capabilities: [...new Set(parts.flatMap((p) => p.capabilities))],
    modules: [...new Set(parts.flatMap((p) => p.modules))],
    sysctls: Object.assign({}, ...parts.map((p) => p.sysctls)),
    ip: [...new Set(parts.flatMap((p) => p.ip))],
    tc: [...new Set(parts.flatMap((p) => p.tc))],
    files: Object.assign({}, ...parts.map((p) => p.files)),
    programs: Object.assign({}, ...parts.map((p) => p.programs)),
    checks: parts.flatMap((p) => p.checks),
  };
}

/** Sysctls of a node that hands packets on, between any two of its links and back out of the same one. */
export const FORWARDING: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '1',
  'net.ipv6.conf.all.forwarding': '1',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
};

/** Sysctls of a node for which request and reply take different ways: no redirects, and no return path to look for. */
export const ONE_WAY: Readonly<Record<string, string>> = {
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
};

/** The `ip -batch` line that adds an address: IPv6 without duplicate address detection, which takes a second. */
export function addAddress(address: string, prefix: number, device: string): string {
  return `addr replace ${address}/${prefix} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
}

/**
 * The same for a VIP or LIP, which stands alone: /32 or /128. IPv6 would take it as the source of what
 * the node itself sends (the outside of a tunnel, a health check) unless it is deprecated.
 */
export function addHostAddress(address: string, device: string): string {
  return address.includes(':')
    ? `${addAddress(address, 128, device)} valid_lft forever preferred_lft 0`
    : addAddress(address, 32, device);
}
