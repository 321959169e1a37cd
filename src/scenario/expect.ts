import { mastersCheck } from '../checks/adverts.ts';
import type { Bed } from '../checks/bed.ts';
import type { CheckSpec, Observation } from '../checks/check.ts';
import { tally } from '../checks/path.ts';
import { differenceOf, printedLines } from '../checks/printed.ts';
import { weightsOf } from '../checks/table.ts';
import { ask, type Request } from '../checks/traffic.ts';
import type { Lab } from '../model/lab.ts';
import { serviceOf } from '../model/lookup.ts';
import type { Expectation, RunCommand, ShownOutput } from '../model/step.ts';
import { formatMs } from '../net/duration.ts';
import { unreachable } from '../result.ts';
import { asWritten } from '../shell.ts';

/** Number of connections in one look at a service; milliseconds for each. */
const ASKS = 6;
const ASK_MS = 800; // below TCP's first retransmission after 1 s: a request is answered at once, or it is lost
/** Number of characters of a command's output that a result shows. */
const SHOWN = 200;

/** Describes an expectation as an obligation, without its times. */
export function expectationWords(lab: Lab, e: Expectation): string {
  switch (e.kind) {
    case 'master':
      return `${e.nodes.join(' and ')} ${e.nodes.length > 1 ? 'are masters' : 'is master'} of ${instancesOf(lab, e).join(' and ')}`;
    case 'answers':
      return `${e.service} answers${e.by.length > 0 ? `, only from ${e.by.join(' and ')}` : ''}`;
    case 'silent':
      return `${e.service} does not answer`;
    case 'weight':
      return e.weight === 'none'
        ? `${e.node} is not in the table of ${e.service}`
        : `${e.node} has weight ${e.weight} in ${e.service}`;
    case 'run':
      return e.run.title;
    case 'shows':
      return `\`${e.shown.command}\` on ${e.shown.node} prints what ${e.shown.file} shows`;
    default:
      return unreachable(e);
  }
}

function instancesOf(lab: Lab, e: Expectation & { kind: 'master' }): string[] {
  return lab.vrrp.map((v) => v.name).filter((name) => e.instance === undefined || e.instance === name);
}

/**
 * Returns the check of an expectation: it looks until the expectation holds, and then continues to look for as long as
 * it must hold.
 */
export function expectationCheck(lab: Lab, e: Expectation, slug: string): CheckSpec {
  const { id, subject, promise, look } = observable(lab, e, slug);
  const within = e.within > 0 ? ` within ${formatMs(e.within)}` : '';
  const lasts = e.lasts > 0 ? `, for ${formatMs(e.lasts)}` : '';
  let held: number | undefined;
  return {
    id,
    subject,
    promise: `${promise}${within}${lasts}`,
    within: e.within + e.lasts,
    every: e.every,
    look: async (bed) => {
      const began = performance.now();
      const seen = await look(bed);
      if (!seen.ok) {
        const broke = held !== undefined;
        held = undefined;
        return broke ? { ...seen, final: true, seen: `${seen.seen}, after it had been as expected` } : seen;
      }
      held ??= began;
      return { ...seen, ok: performance.now() - held >= e.lasts };
    },
  };
}

interface Observable {
  readonly id: string;
  readonly subject: string;
  readonly promise: string;
  readonly look: (bed: Bed) => Promise<Observation>;
}

function observable(lab: Lab, e: Expectation, slug: string): Observable {
  const promise = expectationWords(lab, e);
  switch (e.kind) {
    case 'master': {
      const instances = lab.vrrp.filter((v) => e.instance === undefined || v.name === e.instance);
      const looks = instances.map((v) => mastersCheck(v, e.nodes));
      return {
        id: 'expect.master',
        subject: instances.map((v) => v.name).join(', '),
        promise,
        look: async (bed) => {
          const seen = await Promise.all(looks.map((look) => look(bed)));
          return {
            ok: seen.every((s) => s.ok),
            seen: seen.map((s) => s.seen).join('; '),
            evidence: seen.flatMap((s) => s.evidence ?? []),
          };
        },
      };
    }
    case 'answers':
    case 'silent':
      return {
        id: `expect.${e.kind}`,
        subject: e.service,
        promise,
        look: async (bed) => {
          const requests = await ask(bed, serviceOf(lab, e.service), { count: ASKS, timeout: ASK_MS });
          const by = requests.filter((r) => r.status === 200).map((r) => r.server);
          const strangers = e.kind === 'answers' && e.by.length > 0 && by.some((s) => !e.by.includes(s));
          const missed = requests.filter((r) => r.status !== 200).map(missWords);
          const who = by.length > 0 ? tally(by) : 'none';
          return {
            ok: e.kind === 'silent' ? by.length === 0 : by.length === ASKS && !strangers,
            seen: `${who} of ${requests.length} asked${missed.length > 0 ? ` (${tally(missed)})` : ''}`,
          };
        },
      };
    case 'weight': {
      const service = serviceOf(lab, e.service);
      return {
        id: 'expect.weight',
        subject: e.service,
        promise,
        look: async (bed) => {
          const weights = await weightsOf(bed, service, e.node);
          return {
            ok: weights.every((w) => w.weight === e.weight),
            seen: weights.map((w) => `${w.director}: weight ${w.weight}`).join(', '),
          };
        },
      };
    }
    case 'run':
      return runObservable(e.run, slug);
    case 'shows':
      return shownObservable(e.shown, promise, slug);
    default:
      return unreachable(e);
  }
}

/** Describes how a request remained unanswered. */
function missWords({ status, ms }: Request): string {
  if (status > 0) return `status ${status}`;
  return ms < ASK_MS ? 'refused or reset' : `no answer within ${formatMs(ASK_MS)}`;
}

/** Checks that a command's exit code and output are as expected. */
function runObservable(run: RunCommand, slug: string): Observable {
  const expected = [
    `exit code ${run.exits}`,
    ...(run.prints === undefined ? [] : [`output that matches /${run.prints}/`]),
  ];
  return {
    id: 'run',
    subject: run.node,
    promise: `\`${run.command}\` on ${run.node} has ${expected.join(' and ')}`,
    look: async (bed) => {
      const { code, stdout, stderr } = await bed.tryRun(run.node, asWritten(run.command));
      const output = `${stdout}${stderr}`;
      const file = bed.evidence.write(`${slug}.txt`, output);
      const words = output.trim().replaceAll('\n', ' / ');
      return {
        ok: code === run.exits && (run.prints === undefined || new RegExp(run.prints, 'm').test(output)),
        seen: `exit code ${code}${words === '' ? '' : `: ${words.length > SHOWN ? `${words.slice(0, SHOWN)}...` : words}`}`,
        evidence: [file],
      };
    },
  };
}

/** Checks that a command prints what a document shows; the evidence is the output, and how it differs. */
function shownObservable({ node, command, lines }: ShownOutput, promise: string, slug: string): Observable {
  return {
    id: 'expect.shows',
    subject: node,
    promise,
    look: async (bed) => {
      const { code, stdout, stderr } = await bed.tryRun(node, asWritten(command));
      const { same, words, diff } = differenceOf(lines, printedLines(stdout));
      const evidence = [
        bed.evidence.write(`${slug}.txt`, `${stdout}${stderr}`),
        bed.evidence.write(`${slug}.diff`, diff),
      ];
      return { ok: code === 0 && same, seen: code === 0 ? words : `exit code ${code}; ${words}`, evidence };
    },
  };
}
