import { familyOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import { SNAT_WEIGHT, type SnatRule } from '../../model/snat.ts';
import type { SnatProtocol } from '../../model/words.ts';
import { endpoint, hostsOf } from '../../net/cidr.ts';
import type { Misplaced, ShownSnat } from '../driver.ts';
import type { SnatServer } from '../keepalived-kept.ts';
import { portNamed } from './ports.ts';

/** The scheduler of the services that translate: each has one address. */
const SCHEDULER = 'rr';

/** A service of DPVS that takes the packets of one protocol by their description. */
interface Match {
  readonly rule: SnatRule;
  readonly protocol: SnatProtocol;
  /** The protocol's name in a description. */
  readonly word: string;
  readonly source: Range;
  readonly destination?: Range;
  readonly iif?: string;
  readonly oif: string;
}

/** Addresses, the first and the last one included. */
interface Range {
  readonly first: string;
  readonly last: string;
}

function matchesOf(node: LabNode, rule: SnatRule): readonly Match[] {
  const family = familyOf(rule.to);
  return rule.protocols.map((protocol) => ({
    rule,
    protocol,
    word: protocol === 'icmp' && family === 6 ? 'icmpv6' : protocol,
    source: hostsOf(rule.from),
    ...(rule.destination === undefined ? {} : { destination: hostsOf(rule.destination) }),
    ...(rule.in === undefined ? {} : { iif: portNamed(node, rule.in) }),
    oif: portNamed(node, rule.out),
  }));
}

/** Returns a range as ipvsadm and keepalived take it. */
function rangeText({ first, last }: Range): string {
  return `${first}-${last}`;
}

/** Returns the words of a description, by the keys of ipvsadm and keepalived (DPVS tutorial, SNAT mode). */
function wordsOf({ source, destination, iif, oif }: Match): readonly (readonly [key: string, value: string])[] {
  return [
    ['src-range', rangeText(source)],
    ...(destination ? [['dst-range', rangeText(destination)] as const] : []),
    ...(iif === undefined ? [] : [['iif', iif] as const]),
    ['oif', oif],
  ];
}

/** Returns the description of a match as ipvsadm takes it. */
function optionOf(match: Match): string {
  return [`proto=${match.word}`, ...wordsOf(match).map(([key, value]) => `${key}=${value}`)].join(',');
}

/** Returns a range as `ipvsadm -ln` shows it: it has ports, too (0-0: all), and IPv6 has brackets. */
function rangeShown(range: Range): string {
  return `${familyOf(range.first) === 6 ? `[${rangeText(range)}]` : rangeText(range)}:0-0`;
}

/** Returns the description of a match as `ipvsadm -ln` shows it. */
function shownAs({ word, source, destination, iif, oif }: Match): string {
  return [
    word,
    `from=${rangeShown(source)}`,
    ...(destination ? [`to=${rangeShown(destination)}`] : []),
    ...(iif === undefined ? [] : [`iif=${iif}`]),
    `oif=${oif}`,
  ].join(',');
}

/** Returns whether keepalived sets up a rule: its address is checked. */
export function isKeptRule({ health }: SnatRule): boolean {
  return health !== undefined;
}

function rulesOf(rules: readonly SnatRule[], node: LabNode): readonly SnatRule[] {
  return rules.filter((rule) => rule.director === node.name);
}

/** Returns the commands of the rules that keepalived does not set up: a service for each protocol. */
export function snatCommands(rules: readonly SnatRule[], node: LabNode): readonly (readonly string[])[] {
  return rulesOf(rules, node)
    .filter((rule) => !isKeptRule(rule))
    .flatMap((rule) => matchesOf(node, rule))
    .flatMap((match) => {
      const named = ['-H', optionOf(match)];
      return [
        ['ipvsadm', '-A', '-s', SCHEDULER, ...named],
        ['ipvsadm', '-a', ...named, '-r', endpoint(match.rule.to, 0), '-w', String(SNAT_WEIGHT), '-J'],
      ];
    });
}

/** Returns what keepalived sets up of the rules of a director: two rules for the same packets are one. */
export function keptSnat(rules: readonly SnatRule[], node: LabNode): readonly SnatServer[] {
  const matches = rulesOf(rules, node)
    .filter(isKeptRule)
    .flatMap((rule) => matchesOf(node, rule));
  const texts = matches.map(optionOf);
  return matches
    .filter((_, i) => texts.indexOf(texts[i] ?? '') === i)
    .map((match) => ({
      rule: match.rule,
      protocol: match.protocol,
      lines: [
        `protocol ${match.word.toUpperCase()}`,
        `lb_algo ${SCHEDULER}`,
        'lb_kind SNAT',
        ...wordsOf(match).map(([key, value]) => `${key} ${value}`),
      ],
    }));
}

/** Returns what the table shows of a rule: a service for each protocol. */
export function shownSnat(node: LabNode, rule: SnatRule): readonly ShownSnat[] {
  return matchesOf(node, rule).map((match) => ({
    address: shownAs(match),
    scheduler: SCHEDULER,
    reals: [{ address: rule.to, port: 0, forward: 'SNAT', weight: SNAT_WEIGHT }],
  }));
}

/**
 * Returns the rules of a director that cannot stand beside an earlier one: both are for the same packets, keepalived sets
 * up one of them, and they differ in what happens to these packets.
 */
export function clashingRules(rules: readonly SnatRule[], node: LabNode): readonly Misplaced[] {
  const own = rulesOf(rules, node);
  return own.flatMap((rule, i) => {
    const texts = matchesOf(node, rule).map(optionOf);
    const earlier = own
      .slice(0, i)
      .filter((o) => isKeptRule(o) || isKeptRule(rule))
      .find((o) => matchesOf(node, o).some((m) => texts.includes(optionOf(m))));
    if (!earlier || fateOf(earlier) === fateOf(rule)) return [];
    const why = `rule "${earlier.name}" is for the same packets, and keepalived sets them up once; give both the same to, health, quorum, alpha and omega, or other packets`;
    return [{ path: ['snat', rule.name], why }];
  });
}

/** Returns what happens to the packets of a rule, as text. */
function fateOf({ to, health, quorum, alpha, omega }: SnatRule): string {
  return JSON.stringify([to, health, quorum, alpha, omega]);
}
