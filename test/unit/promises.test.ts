import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Bed } from '../../src/checks/bed.ts';
import type { Promised } from '../../src/checks/check.ts';
import type { CheckResult } from '../../src/events.ts';
import { readLab } from '../../src/lab/read.ts';
import type { Lab } from '../../src/model/lab.ts';
import { CannotObserve, Outpaced } from '../../src/plan/hand.ts';
import { StepContext } from '../../src/scenario/context.ts';
import { promisesOf } from '../../src/scenario/run.ts';

function labNamed(name: string): Lab {
  const read = readLab(`labs/${name}/lab.yaml`);
  if (!read.ok) throw new Error(`labs/${name} is wrong`);
  return read.value;
}

const names = (promises: readonly Promised[]) => promises.map((p) => `${p.id} ${p.subject}`);

describe('what a lab will tell of', () => {
  it.each(readdirSync('labs'))('is known for every step of %s before it runs', (name) => {
    const lab = labNamed(name);
    for (const step of lab.scenario) {
      const promises = promisesOf(lab, step);
      expect(promises.length).toBeGreaterThan(0);
      expect(promises.every((p) => p.id !== '' && p.subject !== '' && p.promised !== '')).toBe(true);
    }
  });

  it('has an instance that nobody preempts fail over with its director, as the others do', () => {
    const lab = labNamed('vrrp');
    const kills = lab.scenario.filter((s) => s.kind === 'fault' && s.fault.text === 'kill:lb1');
    expect(kills).toHaveLength(2);
    for (const step of kills) {
      const told = names(promisesOf(lab, step));
      for (const { name, preempt } of lab.vrrp) {
        expect(told).toContain(`failover.master ${name}`);
        expect(told).toContain(`failover.garp ${name}`);
        expect(told.includes(`return.master ${name}`)).toBe(preempt);
      }
    }
  });
});

describe('a part of a step', () => {
  const promise = (id: string): Promised => ({ id, subject: 'web', promised: `${id} holds` });
  const both = [promise('first'), promise('second')];

  /** Runs a part that tells of these, and then ends as it may. */
  async function part(tells: readonly string[], ends: () => void = () => undefined): Promise<readonly CheckResult[]> {
    const wire = { newest: 0, forget: () => undefined };
    const bed = { lab: { vrrp: [] }, wire, running: { name: 'lab' } } as unknown as Bed;
    const results: CheckResult[] = [];
    const context = new StepContext(
      bed,
      () => undefined,
      { title: 'a step', slug: 'slug', bootDeadline: 0, timed: false },
      results,
    );
    await context.part(both, async () => {
      for (const id of tells) context.tell(promise(id), 'passed', 'so it is');
      ends();
    });
    return results;
  }

  const verdicts = (results: readonly CheckResult[]) => results.map((r) => `${r.id} ${r.verdict}: ${r.seen}`);

  it('tells of all that it has announced', async () => {
    expect(verdicts(await part(['first', 'second']))).toEqual(['first passed: so it is', 'second passed: so it is']);
  });
  it('that cannot go on leaves the rest inconclusive, and says why', async () => {
    const stopped = await part(['first'], () => {
      throw new CannotObserve('the node is gone');
    });
    expect(verdicts(stopped)).toEqual(['first passed: so it is', 'second inconclusive: the node is gone']);
    expect(stopped[1]?.stalled).toBeUndefined();
    const late = await part(['first'], () => {
      throw new Outpaced('asking took too long');
    });
    expect(late[1]).toMatchObject({ verdict: 'inconclusive', stalled: true });
  });
  it('that tells of something else, or keeps silent, is a bug', async () => {
    await expect(part(['first', 'third'])).rejects.toThrow('third of web was not announced by "a step"');
    await expect(part(['first', 'first'])).rejects.toThrow('first of web was not announced');
    await expect(part(['first'])).rejects.toThrow('second of web was announced by "a step" and has no result');
  });
});

describe('a step and its repetitions', () => {
  it('forget the packets of which no check asks: those before the slowest election, and at least ten seconds', () => {
    const forgot: number[] = [];
    const wire = { newest: 100e6, forget: (before: number) => void forgot.push(before / 1e6) };
    const options = { title: 'a step', slug: 'slug', bootDeadline: 0, timed: false };
    const of = (vrrp: readonly object[]) =>
      new StepContext({ lab: { vrrp }, wire } as unknown as Bed, () => undefined, options, []);
    of([]).again();
    const slow = { version: 2, advert: 20_000, members: [{ node: 'lb1', priority: 256 }] };
    of([slow]);
    expect(forgot).toEqual([90, 90, 39]);
  });
});
