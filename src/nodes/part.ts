/** What a node needs inside: laid into it as files, run in this order by its own first process. */
export interface NodePart {
  readonly sysctls: Readonly<Record<string, string>>;
  /** Lines of `ip -batch` beyond the lab's own addresses. */
  readonly ip: readonly string[];
  /** Lines of `tc -batch`. */
  readonly tc: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** Programs that run as long as the node does. */
  readonly services: Readonly<Record<string, string>>;
}

/** A part with nothing in it. */
export const nothing: NodePart = { sysctls: {}, ip: [], tc: [], files: {}, services: {} };
