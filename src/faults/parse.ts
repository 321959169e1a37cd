import type { Fault } from '../model/fault.ts';
import type { Lab } from '../model/lab.ts';
import type { FaultKind } from '../model/words.ts';
import { didYouMean } from '../nearest.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Aim, FaultStory } from './fault.ts';
import { faults } from './index.ts';
import { announcedBy } from './routing.ts';

/** The syntax of each aim. */
const FORMS: Readonly<Record<Aim, string>> = {
  node: 'NODE',
  program: 'NODE/PROGRAM',
  'node or program': 'NODE or NODE/PROGRAM',
  wires: 'NODE or NODE@SEGMENT',
  pair: 'NODE+NODE',
  server: 'NODE',
  announcer: 'DIRECTOR',
  'server or announcer': 'NODE',
};

/** Returns the syntax of a kind of fault: `cut:NODE or NODE@SEGMENT`. */
export function formOf(kind: FaultKind): string {
  const { aim, amount } = faults[kind];
  return `${kind}:${FORMS[aim].replaceAll(' or ', `${amountForm(amount)} or ${kind}:`)}${amountForm(amount)}`;
}

function amountForm(amount: FaultStory['amount']): string {
  return amount === undefined ? '' : amount.standard === undefined ? '=AMOUNT' : `[=${amount.standard}]`;
}

const TEXT = /^([a-z]+):([a-z0-9-]+)(?:\+([a-z0-9-]+))?(?:\/([\w.-]+))?(?:@([a-z0-9-]+))?(?:=(\S+))?$/;

/**
 * Parses a fault such as `kill:lb1` or `loss:lb1@lan=10%`, against the lab's nodes. Fails with the mistake, in words.
 */
export function parseFault(text: string, lab: Pick<Lab, 'nodes' | 'services' | 'ospf' | 'bgp'>): Result<Fault, string> {
  const { nodes, services } = lab;
  const [, kind = '', name = '', other, program, segment, amount] = TEXT.exec(text) ?? [];
  const kinds = Object.keys(faults) as FaultKind[];
  if (kind === '') return fail(`invalid fault "${text}"; a fault is written as ${formOf('kill')}`);
  const known = kinds.find((k) => k === kind);
  if (!known) return fail(`there is no fault "${kind}"${didYouMean(kind, kinds)}; there are ${kinds.join(', ')}`);
  const story = faults[known];
  const written = `write ${formOf(known)}`;
  const node = nodes.find((n) => n.name === name);
  const missing = [name, ...(other === undefined ? [] : [other])].find((n) => !nodes.some((o) => o.name === n));
  if (!node || missing !== undefined)
    return fail(
      `there is no node "${missing ?? name}"${didYouMean(
        missing ?? name,
        nodes.map((n) => n.name),
      )}`,
    );
  const has = { program: program !== undefined, segment: segment !== undefined, other: other !== undefined };
  const fits: Readonly<Record<Aim, boolean>> = {
    node: !has.program && !has.segment && !has.other,
    program: has.program && !has.segment && !has.other,
    'node or program': !has.segment && !has.other,
    wires: !has.program && !has.other,
    pair: has.other && !has.program && !has.segment && other !== name,
    server: !has.program && !has.segment && !has.other,
    announcer: !has.program && !has.segment && !has.other,
    'server or announcer': !has.program && !has.segment && !has.other,
  };
  if (!fits[story.aim]) return fail(`invalid form of ${known}: "${text}"; ${written}`);
  const { programs } = story;
  if (programs && (node.kind !== 'director' || !programs.includes(program ?? '')))
    return fail(`${known} is for ${programs.join(' and ')} of a director; write ${known}:DIRECTOR/${programs[0]}`);
  const own = [...new Set(node.interfaces.map((i) => i.segment))];
  if (segment !== undefined && !own.includes(segment))
    return fail(`"${name}" has no card on segment "${segment}"${didYouMean(segment, own)}`);
  const announces = announcedBy(lab, name).length > 0;
  if (story.aim === 'announcer' && !announces) return fail(`"${name}" announces no VIP by OSPF or BGP`);
  const serves = services.some((s) => s.reals.some((r) => r.node === name));
  if ((story.aim === 'server' && !serves) || (story.aim === 'server or announcer' && !serves && !announces))
    return fail(`"${name}" is a real server of no service`);
  if (amount !== undefined && !story.amount) return fail(`${known} takes no amount; ${written}`);
  const much = amount ?? story.amount?.standard;
  if (story.amount && (much === undefined || !story.amount.fits(much)))
    return fail(`${known} needs ${story.amount.expects} after "="; ${written}`);
  return ok({
    text,
    kind: known,
    node: name,
    segments: story.aim !== 'wires' ? [] : segment === undefined ? own : [segment],
    ...(other === undefined ? {} : { other }),
    ...(program === undefined ? {} : { program }),
    ...(much === undefined ? {} : { amount: much }),
  });
}
