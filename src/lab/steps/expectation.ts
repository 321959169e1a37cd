import { z } from 'zod';
import { masterDownInterval } from '../../checks/adverts.ts';
import type { Expectation } from '../../model/step.ts';
import type { VrrpInstance } from '../../model/vrrp.ts';
import { EXPECTATIONS } from '../../model/words.ts';
import { didYouMean } from '../../nearest.ts';
import { ms, type Resolver } from '../resolver.ts';
import { command, duration, freeName, mapping, nodeName, oneOrMore, text, whole } from '../schema-words.ts';
import type { Path } from '../source.ts';
import { shownOutput, shownShape } from './shown.ts';
import { type Known, serviceName, serviceNamed, WAIT } from './step-word.ts';

/** The shape of a command with its expected result. */
export const runShape = z
  .strictObject(
    {
      on: nodeName('The node'),
      do: command('The command, run in the node’s own kernel'),
      title: text('a sentence', 'What the command shows (default: the command itself)', (v) => v !== '').optional(),
      exits: whole('Expected exit code (default 0)', 0, 255).optional(),
      prints: text('a regular expression', 'Expected output', isRegExp).optional(),
      within: duration('Time limit; the command is repeated until it is as expected', ...WAIT).optional(),
    },
    mapping('{ on: NODE, do: COMMAND }'),
  )
  .meta({ description: 'Runs a command in a node, and checks its exit code and output' });

/** An expectation: it must hold at once, within a time, or for a time. */
export const expectationShape = z
  .strictObject(
    {
      master: oneOrMore(nodeName('A director'), 'a director', 'The only director that sends adverts').optional(),
      of: freeName('The VRRP instance (default: all)').optional(),
      answers: serviceName('The service must answer every connection').optional(),
      by: oneOrMore(nodeName('A real server'), 'a real server', 'The only real servers that answer').optional(),
      silent: serviceName('The service must answer no connection').optional(),
      weight: z
        .union([whole('A weight', 0, 65535), z.literal('none')], {
          error: 'expected a weight from 0 to 65535, or none',
        })
        .meta({ description: 'Expected weight of `real` on every director, or `none`: it is not in the table' })
        .optional(),
      real: nodeName('The real server that `weight` refers to').optional(),
      service: serviceName('The service that `weight` refers to (default: the first)').optional(),
      run: runShape.optional(),
      shows: shownShape.optional(),
      within: duration('Time limit (default: derived from the lab’s timers)', ...WAIT).optional(),
      every: duration('Polling interval (default 50ms)', '10ms', '60m').optional(),
      for: duration('How long it must hold from then on', ...WAIT).optional(),
    },
    mapping(`what must hold: one of ${EXPECTATIONS.join(', ')}, with within, every, for`),
  )
  .refine((e) => EXPECTATIONS.filter((k) => e[k] !== undefined).length === 1, {
    error: `expected exactly one of ${EXPECTATIONS.join(', ')}`,
  })
  .meta({
    description: 'An expectation: one of `master`, `answers`, `silent`, `weight`, `run`, `shows`, with its times',
  });

type RawExpectation = z.infer<typeof expectationShape>;

/** Keys that belong to one kind of expectation. */
const BELONGS = { of: 'master', by: 'answers', real: 'weight', service: 'weight' } as const;

/** Reports keys that belong to another kind of expectation: they would have no effect. */
function tellStrays(r: Resolver, raw: RawExpectation, path: Path): void {
  for (const [key, owner] of Object.entries(BELONGS) as [keyof typeof BELONGS, 'master' | 'answers' | 'weight'][])
    if (raw[key] !== undefined && raw[owner] === undefined)
      r.wrong([...path, key], `"${key}" belongs to ${owner}, and has no effect here`, 'key');
  if (raw.within !== undefined && raw.run?.within !== undefined)
    r.wrong([...path, 'within'], 'the run sets within already; leave out one of the two', 'key');
}

/** Default time between two looks. */
const LOOK_EVERY = '50ms';
/** Milliseconds added to the time that VRRP or a health check may take. */
const MARGIN_MS = 1000;
/** Milliseconds in which a service must answer, or stop answering, or a table is as expected. */
const ANSWER_MS = 3000;

/** Returns an expectation of the lab file; undefined if it has mistakes, or is for another driver. */
export function expectation(r: Resolver, known: Known, raw: RawExpectation, path: Path): Expectation | undefined {
  const times = (standard: number) => ({
    within: raw.within === undefined ? standard : ms(raw.within),
    every: ms(raw.every ?? LOOK_EVERY),
    lasts: raw.for === undefined ? 0 : ms(raw.for),
  });
  tellStrays(r, raw, path);
  if (raw.master !== undefined) return mastersExpected(r, known, raw, path, times);
  if (raw.answers !== undefined) {
    const by = [raw.by ?? []].flat();
    for (const name of by) r.lookup(known.nodes, name, undefined, [...path, 'by']);
    const service = serviceNamed(r, known, raw.answers, [...path, 'answers']);
    return service && { kind: 'answers', service: service.name, by, ...times(ANSWER_MS) };
  }
  if (raw.silent !== undefined) {
    const service = serviceNamed(r, known, raw.silent, [...path, 'silent']);
    return service && { kind: 'silent', service: service.name, ...times(ANSWER_MS) };
  }
  if (raw.weight !== undefined) {
    const name = raw.service ?? known.services[0]?.name ?? '';
    const service = serviceNamed(r, known, name, [...path, 'service']);
    if (raw.real === undefined) r.wrong(path, 'the real server is missing; add real: REALSERVER', 'key');
    else if (service && !service.reals.some((s) => s.node === raw.real))
      r.wrong([...path, 'real'], `"${raw.real}" is not a real server of service "${service.name}"`);
    if (!service || raw.real === undefined) return undefined;
    const check = service.health;
    const budget = check ? check.every + (check.retry + 1) * check.timeout + check.retry * check.pause : 0;
    return { kind: 'weight', service: service.name, node: raw.real, weight: raw.weight, ...times(budget + MARGIN_MS) };
  }
  if (raw.shows !== undefined) {
    const shown = shownOutput(r, known, raw.shows, [...path, 'shows']);
    return shown && { kind: 'shows', shown, ...times(ANSWER_MS) };
  }
  if (raw.run === undefined) return undefined;
  const { on, do: command, title, exits, prints, within } = raw.run;
  r.lookup(known.nodes, on, undefined, [...path, 'run', 'on']);
  return {
    kind: 'run',
    run: {
      node: on,
      command,
      title: title ?? `${on}: ${command}`,
      exits: exits ?? 0,
      ...(prints === undefined ? {} : { prints }),
    },
    ...times(within === undefined ? 0 : ms(within)),
  };
}

/**
 * Returns the longest time until another director is master, in milliseconds: the tracked object is noticed, and the
 * slowest member has waited.
 */
function changeOf(vrrp: VrrpInstance): number {
  const seen = Math.max(0, ...vrrp.track.map((t) => ('script' in t ? t.every * Math.max(t.rise, t.fall) : 0)));
  return seen + vrrp.preemptDelay + Math.max(...vrrp.members.map((m) => masterDownInterval(vrrp, m.priority)));
}

function mastersExpected(
  r: Resolver,
  known: Known,
  raw: RawExpectation,
  path: Path,
  times: (standard: number) => Pick<Expectation, 'within' | 'every' | 'lasts'>,
): Expectation | undefined {
  const nodes = [raw.master ?? []].flat();
  const names = known.vrrp.map((v) => v.name);
  if (raw.of !== undefined && !names.includes(raw.of) && !r.isDropped(`vrrp.${raw.of}`)) {
    r.wrong([...path, 'of'], `there is no VRRP instance "${raw.of}"${didYouMean(raw.of, names)}`);
    return undefined;
  }
  const instances = known.vrrp.filter((v) => raw.of === undefined || v.name === raw.of);
  if (instances.length === 0 && !r.incomplete('vrrp')) r.wrong(path, 'the lab has no VRRP instance', 'key');
  for (const name of nodes) {
    const director = r.lookup(known.nodes, name, 'director', [...path, 'master']);
    if (director && instances.some((v) => !v.members.some((m) => m.node === name)))
      r.wrong([...path, 'master'], `"${name}" does not take part in ${instances.map((v) => v.name).join(' and ')}`);
  }
  const longest = Math.max(0, ...instances.map(changeOf));
  return {
    kind: 'master',
    nodes,
    ...(raw.of === undefined ? {} : { instance: raw.of }),
    ...times(longest + MARGIN_MS),
  };
}

function isRegExp(value: string): boolean {
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}
