import { type Address, formatAddress, networkOf, parseAddress, parseSubnet } from '../net/cidr.ts';
import type { RealServer, Virtual } from './conf.ts';
import { tellWords } from './keywords.ts';
import { beyond, IMPORT_LIMITS } from './limits.ts';
import { type CheckDefaults, readCheckers } from './read-checker.ts';
import { addressIn, all, isSet, last, numberOf, timeOf, wordOf } from './statements.ts';
import type { Told } from './told.ts';
import type { Statement } from './tree.ts';

/** Milliseconds between two checks, and for a connection of one, where the configuration gives none. */
const DELAY_LOOP = 60_000;
const CONNECT_TIMEOUT = 5000;
/** Milliseconds of a persistence_timeout without a number. */
const PERSISTENCE = 360_000;

/** Where a virtual server is: an address and a port. */
interface Point {
  readonly address: Address;
  readonly port: number;
}

/** Reads all virtual servers of a configuration, those of groups one by one. */
export function readServices(tree: readonly Statement[], told: Told): readonly Virtual[] {
  const groups = new Map(all(tree, 'virtual_server_group').map((g) => [g.words[1] ?? '', g]));
  const services = all(tree, 'virtual_server').flatMap((statement) => readVirtual(statement, groups, told));
  const [first] = services.slice(IMPORT_LIMITS.services);
  if (first)
    told.lose(
      first.place,
      `this service and those after it are not carried over: ${beyond(IMPORT_LIMITS.services, 'services')}`,
    );
  return services.slice(0, IMPORT_LIMITS.services);
}

function readVirtual(statement: Statement, groups: ReadonlyMap<string, Statement>, told: Told): readonly Virtual[] {
  const { place, block = [] } = statement;
  const points = pointsOf(statement, groups, told);
  if (points.length === 0) return [];
  tellWords('virtual_server', block, told);
  const [, method = 'NAT', ...options] = last(block, 'lvs_method', 'lb_kind')?.words ?? [];
  const persists = last(block, 'persistence_timeout');
  const time =
    persists &&
    (persists.words[1] === undefined ? PERSISTENCE : (timeOf([persists], told, 'persistence_timeout') ?? 0));
  const granularity = wordOf(block, 'persistence_granularity');
  const quorum = numberOf(block, told, 'quorum');
  const [up, down] = (['quorum_up', 'quorum_down'] as const).map((w) => last(block, w)?.words[1]);
  const sorry = last(block, 'sorry_server');
  const sorryAt = sorry && addressIn(sorry.words[1], sorry, told);
  const defaults: CheckDefaults = {
    every: timeOf(block, told, 'delay_loop') ?? DELAY_LOOP,
    timeout: timeOf(block, told, 'connect_timeout') ?? CONNECT_TIMEOUT,
    retry: numberOf(block, told, 'retry'),
    pause: timeOf(block, told, 'delay_before_retry'),
  };
  const inhibit = isSet(block, 'inhibit_on_failure');
  const mode = method.toLowerCase();
  const reals = all(block, 'real_server').flatMap((s) => readReal(s, { defaults, inhibit, mode }, told) ?? []);
  return points.map(
    ({ address, port }): Virtual => ({
      place,
      vip: address,
      port,
      protocol: (wordOf(block, 'protocol') ?? 'TCP').toLowerCase(),
      mode,
      scheduler: wordOf(block, 'lvs_sched', 'lb_algo') ?? 'wlc',
      hashesPort: isSet(block, 'sh-port') || isSet(block, 'mh-port'),
      persistence:
        time === undefined || time === 0
          ? undefined
          : { time, mask: granularity === undefined ? undefined : bitsOf(granularity) },
      ops: isSet(block, 'ops'),
      reals: reals.map(({ port: own, ...real }) => ({ ...real, port: own ?? port })),
      every: defaults.every,
      quorum:
        (quorum ?? 1) > 1 || up !== undefined || down !== undefined
          ? { weight: quorum ?? 1, ...(up === undefined ? {} : { up }), ...(down === undefined ? {} : { down }) }
          : undefined,
      sorry:
        sorry && sorryAt ? { address: sorryAt, port: Number(sorry.words[2] ?? port), place: sorry.place } : undefined,
      beyond: beyondOf(block, options),
    }),
  );
}

/** Returns what of a service the lab cannot promise: its table would have more than the lab says. */
function beyondOf(block: readonly Statement[], options: readonly string[]): Virtual['beyond'] {
  const flag = last(block, 'flag-1', 'flag-2', 'flag-3', 'sh-fallback', 'mh-fallback');
  if (flag) return { place: flag.place, text: `${flag.words[0]}: a lab file cannot say this flag yet` };
  const kind = last(block, 'lvs_method', 'lb_kind');
  const type = options[options.indexOf('type') + 1];
  if (kind && options.includes('type') && type !== 'ipip')
    return { place: kind.place, text: `a tunnel of type ${type}: a lab file cannot say it yet` };
  for (const { block: real = [] } of all(block, 'real_server')) {
    const limit = last(real, 'uthreshold', 'lthreshold');
    if (limit) return { place: limit.place, text: `${limit.words[0]}: a lab file cannot say connection limits` };
  }
  return undefined;
}

/** What a real server has from its service, unless it says otherwise. */
interface OfService {
  readonly defaults: CheckDefaults;
  readonly inhibit: boolean;
  readonly mode: string;
}

function readReal(
  statement: Statement,
  { defaults, inhibit, mode }: OfService,
  told: Told,
): (Omit<RealServer, 'port'> & { readonly port: number | undefined }) | undefined {
  const { words, place, block = [] } = statement;
  const address = addressIn(words[1], statement, told);
  if (!address) return undefined;
  tellWords('real_server', block, told);
  const own: CheckDefaults = {
    every: timeOf(block, told, 'delay_loop') ?? defaults.every,
    timeout: timeOf(block, told, 'connect_timeout') ?? defaults.timeout,
    retry: numberOf(block, told, 'retry') ?? defaults.retry,
    pause: timeOf(block, told, 'delay_before_retry') ?? defaults.pause,
  };
  return {
    place,
    address,
    port: words[2] === undefined ? undefined : Number(words[2]),
    mode: wordOf(block, 'lvs_method', 'lb_kind')?.toLowerCase() ?? mode,
    weight: numberOf(block, told, 'weight') ?? 1,
    inhibit: inhibit || isSet(block, 'inhibit_on_failure'),
    checkers: readCheckers(block, own, told),
  };
}

/** Returns the addresses and ports of a virtual server: its own, or those of its group. */
function pointsOf({ words, place }: Statement, groups: ReadonlyMap<string, Statement>, told: Told): readonly Point[] {
  const [, first = '', second] = words;
  if (first === 'fwmark' || first === 'match') {
    told.lose(
      place,
      `virtual_server ${first} ${second ?? ''} is not carried over: its address and port are known to the firewall only${first === 'fwmark' ? `; add a service with mark: ${second ?? ''}` : ''}`,
    );
    return [];
  }
  if (first !== 'group') return pointsIn({ words: words.slice(1), place }, told);
  const group = groups.get(second ?? '');
  if (!group) {
    told.lose(place, `there is no virtual_server_group "${second ?? ''}"; the service is not carried over`);
    return [];
  }
  return (group.block ?? []).flatMap((s) => {
    if (s.words[0] !== 'fwmark') return pointsIn(s, told);
    told.lose(
      s.place,
      `fwmark ${s.words[1] ?? ''} of group "${second}" is not carried over: its address and port are known to the firewall only`,
    );
    return [];
  });
}

/** Reads `ADDRESS [PORT]`, or a range: `A.B.C.D-E`, `A.B.C.D-E.F.G.H`, `A.B.C.D/N`. */
function pointsIn({ words, place }: Statement, told: Told): readonly Point[] {
  const [text = '', port = '0'] = words;
  const single = parseAddress(text);
  if (!/^\d+$/.test(port) || Number(port) > 65535) {
    told.lose(place, `"${port}" is not a port; the service is not carried over`);
    return [];
  }
  const points = (addresses: readonly Address[]) => addresses.map((address) => ({ address, port: Number(port) }));
  if (single) return points([single]);
  const range = rangeOf(text);
  if (range === undefined) {
    told.lose(place, `"${text}" is not an address; the service is not carried over`);
    return [];
  }
  if (range.last - range.first >= BigInt(IMPORT_LIMITS.range) || range.last < range.first) {
    told.lose(place, `range ${text} is not carried over: ${beyond(IMPORT_LIMITS.range, 'addresses in one range')}`);
    return [];
  }
  const addresses: Address[] = [];
  for (let value = range.first; value <= range.last; value++)
    addresses.push({ value, family: range.family, text: formatAddress(value, range.family) });
  return points(addresses);
}

function rangeOf(text: string): { readonly first: bigint; readonly last: bigint; readonly family: 4 | 6 } | undefined {
  const subnet = parseSubnet(text);
  if (subnet) {
    const { value, family } = networkOf(subnet).address;
    return { first: value, last: value + (1n << BigInt((family === 4 ? 32 : 128) - subnet.prefix)) - 1n, family };
  }
  const dash = text.lastIndexOf('-');
  const from = parseAddress(text.slice(0, dash));
  if (dash < 0 || !from) return undefined;
  const to = text.slice(dash + 1);
  const whole = parseAddress(to);
  if (whole)
    return whole.family === from.family ? { first: from.value, last: whole.value, family: from.family } : undefined;
  const [bits, base] = from.family === 4 ? [8n, 10] : [16n, 16];
  const end = Number.parseInt(to, base);
  if (!/^[0-9a-f]+$/i.test(to) || end >= 2 ** Number(bits)) return undefined;
  return { first: from.value, last: ((from.value >> bits) << bits) + BigInt(end), family: from.family };
}

/** Returns the leading bits of a netmask, which IPv6 gives as a number. */
function bitsOf(mask: string): number | undefined {
  const netmask = parseAddress(mask);
  if (netmask) return netmask.value.toString(2).replaceAll('0', '').length;
  const bits = Number(mask);
  return Number.isInteger(bits) ? bits : undefined;
}
