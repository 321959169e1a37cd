import { CannotObserve } from '../../cannot-observe.ts';
import type { Route } from '../../model/node.ts';
import { splitEndpoint } from '../ipvsadm.ts';
import type { TableConnection } from '../service-table.ts';

/** An address that DPVS holds, and the port that it belongs to. */
export interface PortAddress {
  readonly port: string;
  /** With its prefix, `192.168.100.200/32`. */
  readonly address: string;
  /** Number of connections that found no free port of this address; on LIPs and SNAT addresses only. */
  readonly missed?: number;
}

/** Reads `dpip -s addr show`, without link-local addresses. */
export function parseAddresses(output: string): readonly PortAddress[] {
  const found: (PortAddress & { readonly scope: string | undefined })[] = [];
  for (const line of output.split('\n')) {
    const [, address, scope, port] = /^inet6? (\S+) scope (\S+) (\S+)/.exec(line) ?? [];
    const missed = /\bsa_miss (\d+)/.exec(line)?.[1];
    if (address !== undefined && port !== undefined) {
      found.push({ port, address, scope });
    } else if (missed !== undefined) {
      const last = found.pop();
      if (last) found.push({ ...last, missed: Number(missed) });
    }
  }
  return found.filter(({ scope }) => scope !== 'link').map(({ scope, ...address }) => address);
}

/** A route of DPVS: `dev` is a port; `via` is absent on a route to a directly connected network. */
export type PortRoute = Route & { readonly dev: string };

/** Reads `dpip route show` and `dpip -6 route show`, without routes to the node's own addresses and link-local ones. */
export function parseRoutes(output: string): readonly PortRoute[] {
  return output.split('\n').flatMap((line): PortRoute[] => {
    const [family = '', to = '', ...rest] = line.trim().split(/\s+/);
    if (!/^inet6?$/.test(family)) return [];
    const after = (word: string) => rest[rest.indexOf(word) + 1];
    const dev = after('dev');
    if (!rest.includes('dev') || dev === undefined || after('scope') === 'host' || to.startsWith('fe80:')) return [];
    const via = rest.includes('via') ? after('via') : undefined;
    const direct = via === undefined || via === '0.0.0.0' || via === '::';
    return [{ to: to === '0.0.0.0/0' || to === '::/0' ? 'default' : to, dev, ...(direct ? {} : { via }) }];
  });
}

/** Reads `ipvsadm -lnc` of DPVS: `[core]protocol`, remaining time, state, client, VIP, LIP and real server. */
export function parseConnections(output: string): readonly TableConnection[] {
  return output.split('\n').flatMap((line): TableConnection[] => {
    const [head = '', , , source = '', virtual = ''] = line.trim().split(/\s+/);
    if (!/^\[\d+\]/.test(head)) return [];
    const [client, { address, port }] = [splitEndpoint(source), splitEndpoint(virtual)];
    return [{ client: client.address, clientPort: client.port, address, port }];
  });
}

/** Returns the number of connections that found no free port. Throws CannotObserve if no address counts them. */
export function missedPorts(addresses: readonly PortAddress[]): number {
  const counted = addresses.flatMap((a) => a.missed ?? []);
  if (counted.length === 0) throw new CannotObserve('DPVS shows no LIP that counts its ports');
  return counted.reduce((sum, n) => sum + n, 0);
}
