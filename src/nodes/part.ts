import type { UserFile } from '../model/node.ts';
import type { Module } from './modules.ts';

/** A file in a node: generated text, or a file of the user. */
export type NodeFile = string | UserFile;

/** What a node needs inside: installed as files, and run in this order by the node's own first process. */
export interface NodePart {
  /** Capabilities of the container beyond those of its kernel, if the node's programs need them. */
  readonly capabilities: readonly string[];
  /** Kernel modules; a node with modules needs a kernel that has them. */
  readonly modules: readonly Module[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Lines of `ip -batch` in addition to the lab's own addresses. */
  readonly ip: readonly string[];
  /** Lines of `tc -batch`. */
  readonly tc: readonly string[];
  readonly files: Readonly<Record<string, NodeFile>>;
  /** Programs that run as long as the node does, each after those on which it depends. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Checks of those programs' configurations, before they start. */
  readonly checks: readonly ConfigCheck[];
}

/**
 * A program of a node; the node's first process decides when it starts, both at boot and by `svc start`
 * (images/node/src/init.c).
 */
export interface Program {
  /** The words of its command line. */
  readonly command: readonly string[];
  /**
   * Conditions that show that it is ready: `tcp:PORT` and `udp:PORT` for a listening socket, a path for a file that
   * must exist and not be empty.
   */
  readonly ready: readonly string[];
  /** Programs that must be ready before it starts, if they start too. */
  readonly after: readonly string[];
}

/**
 * A program's own check of a file: a command that fails, with the program's message, if the program would reject the
 * file.
 */
export interface ConfigCheck {
  readonly program: string;
  readonly file: string;
  /** Words without spaces or patterns. */
  readonly command: readonly string[];
}

/** An empty part. */
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

/** Joins parts into one; common entries appear once, and of two values the later one applies. */
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

/** Sysctls of a node that forwards packets, between any two of its links and back out of the same one. */
export const FORWARDING: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '1',
  'net.ipv6.conf.all.forwarding': '1',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
};

/** Sysctls of a node whose requests and replies take different paths: no redirects, and no check of the return path. */
export const ONE_WAY: Readonly<Record<string, string>> = {
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
};

/**
 * Returns the `ip -batch` line that adds an address: for IPv6 without duplicate address detection, which takes a
 * second.
 */
export function addAddress(address: string, prefix: number, device: string): string {
  return `addr replace ${address}/${prefix} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
}

/**
 * Returns the line that adds a VIP or LIP, with prefix /32 or /128. In IPv6 the address is deprecated, or it would
 * become the source of what the node itself sends (the outer header of a tunnel, a health check).
 */
export function addHostAddress(address: string, device: string): string {
  return address.includes(':')
    ? `${addAddress(address, 128, device)} valid_lft forever preferred_lft 0`
    : addAddress(address, 32, device);
}
