import { MODES } from '../model/words.ts';
import { modes, modesThat } from '../modes/index.ts';
import type { Mode } from '../modes/mode.ts';

/** The modes of a new lab. */
export const TEMPLATE_MODES = [...MODES, 'snat'] as const;
export const TEMPLATE_ARMS = ['one', 'two'] as const;
export const TEMPLATE_FAMILIES = ['4', '6'] as const;
export const TEMPLATE_PROTOCOLS = ['tcp', 'udp', 'both'] as const;
export const TEMPLATE_HA = ['none', 'vrrp'] as const;

/** The choices for a new lab. */
export interface Template {
  readonly name: string;
  readonly mode: (typeof TEMPLATE_MODES)[number];
  /** One: clients and real servers on one wire; two: the director between two wires. */
  readonly arm: (typeof TEMPLATE_ARMS)[number];
  readonly family: (typeof TEMPLATE_FAMILIES)[number];
  readonly protocol: (typeof TEMPLATE_PROTOCOLS)[number];
  readonly ha: (typeof TEMPLATE_HA)[number];
}

/** The networks of a family: the clients' side, the real servers' side, and the notation of an address in them. */
interface Plan {
  readonly wan: string;
  readonly lan: string;
  readonly default: string;
  readonly at: (side: 'wan' | 'lan', host: number) => string;
}

const PLANS: Readonly<Record<Template['family'], Plan>> = {
  '4': {
    wan: '10.0.0.0/24',
    lan: '192.168.100.0/24',
    default: 'default',
    at: (side, host) => `${side === 'wan' ? '10.0.0' : '192.168.100'}.${host}`,
  },
  '6': {
    wan: '"2001:db8:0:1::/64"',
    lan: '"2001:db8:0:2::/64"',
    default: '"::/0"',
    at: (side, host) => `"2001:db8:0:${side === 'wan' ? 1 : 2}::${host.toString(16)}"`,
  },
};

const HOST = {
  director: 1,
  backup: 12,
  rs1: 2,
  rs2: 3,
  client: 48,
  www: 80,
  vip: 100,
  lip: 200,
  backupLip: 201,
  gateway: 254,
} as const;

/** Returns the forwarding mode of a choice; undefined for SNAT, which has no service. */
function modeOf({ mode }: Template): Mode | undefined {
  return mode === 'snat' ? undefined : modes[mode];
}

/** Returns whether real servers reply to the client's address through the director: it is their gateway. */
function isRoutedBack({ wire }: Mode): boolean {
  return wire.back === 'client' && wire.reply === 'director';
}

/** Returns why a choice is not available; undefined if it is. */
export function refusal(t: Template): string | undefined {
  if (t.ha === 'none') return undefined;
  const mode = modeOf(t);
  if (!mode) return `${t.mode} has no VIP for VRRP to move`;
  if (isRoutedBack(mode))
    return `with ${t.mode} the real servers need a gateway address that moves together with the VIP, which lab init does not write yet; ${modesThat((m) => !isRoutedBack(m), 'and')} need none`;
  if (t.family === '6') return '`lab init` writes VRRP for IPv4 only';
  return undefined;
}

/** Returns the lab file of an available choice: it is valid, and its test passes. */
export function fromTemplate(t: Template): string {
  const plan = PLANS[t.family];
  const mode = modeOf(t);
  const lines = mode ? balancedLab(t, mode, plan) : snatLab(t, plan);
  return `lab: ${t.name}\nsource: lab init (${t.mode}, ${t.arm}-arm, IPv${t.family}${t.ha === 'vrrp' ? ', VRRP' : ''})\n\n${lines.join('\n')}\n`;
}

/** Returns the segments. On one wire, modes that route between client and real server need both subnets on it. */
function segments(t: Template, plan: Plan): string[] {
  const mode = modeOf(t);
  const routed = !mode || isRoutedBack(mode);
  if (t.arm === 'two') return ['segments:', `  wan: ${plan.wan}`, `  lan: ${plan.lan}`];
  return ['segments:', `  lan: ${routed ? `[${plan.wan}, ${plan.lan}]` : plan.lan}`];
}

function balancedLab(t: Template, mode: Mode, plan: Plan): string[] {
  const { at } = plan;
  const routed = isRoutedBack(mode);
  const clients = t.arm === 'two' || routed ? 'wan' : 'lan';
  const wire = t.arm === 'two' ? 'wan' : 'lan';
  const vip = at(clients, HOST.vip);
  const straight = mode.wire.reply === 'others';
  const gateway = t.arm === 'two' && straight;
  const director = (name: string, host: number, lip: number) => {
    const own =
      t.arm === 'two'
        ? `wan: ${at('wan', host)}, lan: ${at('lan', host)}`
        : `lan: ${routed ? `[${at('wan', host)}, ${at('lan', host)}]` : at('lan', host)}`;
    return `  ${name}: { kind: director, ${own}${mode.needsLips ? `, lips: [${at('lan', lip)}]` : ''} }`;
  };
  const back = routed
    ? `, routes: { ${plan.default}: ${at('lan', HOST.director)} }`
    : gateway
      ? `, routes: { ${plan.default}: ${at('lan', HOST.gateway)} }`
      : '';
  const protocols = t.protocol === 'both' ? ['tcp', 'udp'] : [t.protocol];
  const service = (protocol: string) => {
    const name = protocol === 'tcp' ? 'web' : 'echo';
    return `  ${name}: { vip: ${vip}, port: 80, protocol: ${protocol}, mode: ${t.mode}, scheduler: rr, reals: { rs1: 1, rs2: 1 } }`;
  };
  const names = protocols.map((p) => (p === 'tcp' ? 'web' : 'echo'));
  return [
    ...segments(t, plan),
    '',
    'nodes:',
    `  client: { kind: client, ${wire}: ${at(clients, HOST.client)} }`,
    director('lb1', HOST.director, HOST.lip),
    ...(t.ha === 'vrrp' ? [director('lb2', HOST.backup, HOST.backupLip)] : []),
    ...(gateway
      ? [
          '  # the real servers’ route to the client, past the director',
          `  gw: { kind: switch, wan: ${at('wan', HOST.gateway)}, lan: ${at('lan', HOST.gateway)} }`,
        ]
      : []),
    `  rs1: { kind: realserver, lan: ${at('lan', HOST.rs1)}${back} }`,
    `  rs2: { kind: realserver, lan: ${at('lan', HOST.rs2)}${back} }`,
    '',
    'services:',
    ...protocols.map(service),
    ...(t.ha === 'vrrp'
      ? [
          '',
          'vrrp:',
          `  VI_1: { on: ${wire}, id: 51, priorities: { lb1: 100, lb2: 90 }, addresses: [${names.join(', ')}] }`,
          '',
          'scenario:',
          ...names.map((n) => `  - contract: ${n}`),
          ...(names.includes('web') ? ['  - failover: { service: web, kill: lb1, to: lb2 }'] : []),
        ]
      : []),
  ];
}

function snatLab(t: Template, plan: Plan): string[] {
  const { at } = plan;
  const own =
    t.arm === 'two'
      ? `wan: ${at('wan', HOST.director)}, lan: ${at('lan', HOST.director)}`
      : `lan: [${at('wan', HOST.director)}, ${at('lan', HOST.director)}]`;
  const protocols = t.protocol === 'both' ? 'tcp, udp, icmp' : `${t.protocol}, icmp`;
  return [
    ...segments(t, plan),
    '',
    'nodes:',
    `  www: { kind: host, ${t.arm === 'two' ? 'wan' : 'lan'}: ${at('wan', HOST.www)}, serve: [80/tcp, 80/udp] }`,
    `  lb1: { kind: director, ${own} }`,
    `  host1: { kind: host, lan: ${at('lan', HOST.rs1)}, routes: { ${plan.default}: ${at('lan', HOST.director)} } }`,
    '',
    'snat:',
    `  out: { from: ${plan.lan}, to: ${at('wan', HOST.director)}, out: ${t.arm === 'two' ? 'wan' : 'lan'}, protocols: [${protocols}] }`,
  ];
}
