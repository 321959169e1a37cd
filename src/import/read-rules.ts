import { takeFile } from '../lab/take.ts';
import { type Address, parseAddress } from '../net/cidr.ts';
import type { Director, RealServer, Virtual } from './conf.ts';
import { realFolder } from './files.ts';
import { IMPORT_LIMITS } from './limits.ts';
import type { Place, Told } from './told.ts';
import { tokensOf, withoutComment } from './words.ts';

/** A line that adds a service or a real server, as `ipvsadm-save` prints it or a script has it. */
const RULE = /^(?:\$ ?|# ?)?(?:\S*ipvsadm\s+)?(-A|--add-service|-a|--add-server|--add-laddr)\s/;
/** The forwarding method of each option (ipvsadm(8); `-b` is DPVS's). */
const METHODS: Readonly<Record<string, string>> = {
  '-m': 'nat',
  '--masquerading': 'nat',
  '-g': 'dr',
  '--gatewaying': 'dr',
  '-i': 'tun',
  '--ipip': 'tun',
  '-b': 'fnat',
  '--fullnat': 'fnat',
};

/** Returns whether a file holds rules of ipvsadm, not a keepalived.conf. */
export function holdsRules(text: string): boolean {
  const lines = text.split('\n', 200).map((line) => line.trim());
  return (
    lines.some((line) => RULE.test(line)) &&
    !lines.some((line) => /^(virtual_server|vrrp_instance|global_defs)\b/.test(line))
  );
}

/** Returns the beginning of a file as text; undefined if it cannot be read (which reading it whole reports). */
export function beginningOf(file: string, allowOutside: boolean): string | undefined {
  const taken = takeFile(file, { within: allowOutside ? undefined : realFolder(file), most: IMPORT_LIMITS.bytes });
  return taken.ok ? taken.value.bytes.toString('utf8') : undefined;
}

interface Service extends Omit<Virtual, 'reals' | 'mode'> {
  readonly reals: RealServer[];
}

/** Reads the rules of ipvsadm as a director: `ipvsadm-save -n`, `ipvsadm -Sn`, or the commands themselves. */
export function readRules(file: string, text: string, told: Told): Director {
  const services = new Map<string, Service>();
  const lips: Address[] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const place = { file, line: i + 1 };
    // a prompt `#` begins no comment
    const line = withoutComment(raw.trim().replace(/^[$#] ?/, '')).trim();
    const [, verb] = RULE.exec(line) ?? [];
    const words = tokensOf(line).tokens.flatMap((t) => ('word' in t ? [t.word] : []));
    if (verb === undefined) {
      if (line !== '') told.lose(place, `"${line.slice(0, 60)}" adds no service and no real server; it is passed over`);
    } else if (verb === '-A' || verb === '--add-service') addService(words, place, services, told);
    else if (verb === '--add-laddr') {
      const lip = parseAddress(after(words, '-z', '--laddr') ?? '');
      if (lip && !lips.some((l) => l.text === lip.text)) lips.push(lip);
    } else addReal(words, place, services, told);
  }
  return {
    file,
    instances: [],
    // A service has no method in the table: that of its first real server stands for it.
    services: [...services.values()].map((service) => ({ ...service, mode: service.reals[0]?.mode ?? 'dr' })),
    scripts: new Map(),
    statics: [],
    lips,
    programs: [],
    dpvs: false,
  };
}

function after(words: readonly string[], ...options: readonly string[]): string | undefined {
  const at = words.findIndex((w) => options.includes(w));
  return at < 0 ? undefined : words[at + 1];
}

function pointOf(text: string): { readonly address: Address; readonly port: number } | undefined {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+)|[0-9a-f:]+)(?::(\d+))?$/i.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? text);
  return address && { address, port: Number(port ?? 0) };
}

/** Returns the key of a service, as its real servers name it. */
function keyOf(
  words: readonly string[],
): { readonly key: string; readonly at: string; readonly protocol: string } | undefined {
  for (const [protocol, options] of [
    ['tcp', ['-t', '--tcp-service']],
    ['udp', ['-u', '--udp-service']],
    ['sctp', ['--sctp-service']],
    ['mark', ['-f', '--fwmark-service']],
  ] as const) {
    const at = after(words, ...options);
    if (at !== undefined) return { key: `${protocol} ${at}`, at, protocol };
  }
  return undefined;
}

function addService(words: readonly string[], place: Place, services: Map<string, Service>, told: Told): void {
  const found = keyOf(words);
  const point = found && pointOf(found.at);
  if (!found || !point || found.protocol === 'mark') {
    const why =
      found?.protocol === 'mark'
        ? 'the address and port of a firewall mark are known to the firewall only; add a service with mark:'
        : 'expected -t ADDRESS:PORT with numbers (ipvsadm-save -n)';
    told.lose(place, `${words.join(' ')}: ${why}; it is not carried over`);
    return;
  }
  const persistent = words.findIndex((w) => w === '-p' || w === '--persistent');
  const time = Number(words[persistent + 1]);
  const mask = parseAddress(after(words, '-M', '--netmask') ?? '');
  const flags = (after(words, '-b', '--sched-flags') ?? '').split(',').filter((f) => f !== '');
  const other = flags.find((f) => f !== 'sh-port' && f !== 'mh-port');
  services.set(found.key, {
    place,
    vip: point.address,
    port: point.port,
    protocol: found.protocol,
    scheduler: after(words, '-s', '--scheduler') ?? 'wlc',
    hashesPort: flags.length > 0 && other === undefined,
    persistence:
      persistent < 0
        ? undefined
        : {
            time: 1000 * (Number.isInteger(time) ? time : 360),
            mask: mask?.value.toString(2).replaceAll('0', '').length,
          },
    ops: words.includes('-o') || words.includes('--ops'),
    reals: [],
    every: 0,
    quorum: undefined,
    sorry: undefined,
    beyond: other === undefined ? undefined : { place, text: `${other}: a lab file cannot say this flag yet` },
  });
}

function addReal(words: readonly string[], place: Place, services: Map<string, Service>, told: Told): void {
  const found = keyOf(words);
  const service = services.get(found?.key ?? '');
  const point = pointOf(after(words, '-r', '--real-server') ?? '');
  if (!service || !point) {
    told.lose(
      place,
      `${words.join(' ')}: ${service ? 'its real server is no address' : 'its service is not carried over'}`,
    );
    return;
  }
  const weight = Number(after(words, '-w', '--weight') ?? 1);
  service.reals.push({
    place,
    address: point.address,
    port: point.port === 0 ? service.port : point.port,
    weight: Number.isInteger(weight) ? weight : 1,
    inhibit: false,
    checkers: [],
    mode: METHODS[words.find((w) => METHODS[w] !== undefined) ?? '-g'] ?? 'dr',
  });
}
