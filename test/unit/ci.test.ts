import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readLab } from '../../src/lab/read.ts';
import { parseShard } from '../../src/report/shards.ts';
import { stepLines } from '../../src/scenario/step-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-ci-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Step {
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}
const action = parse(readFileSync('action.yml', 'utf8')) as {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
};
const recipes = [...readFileSync('docs/ci.md', 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1] ?? '');

/** Runs a script of a recipe with a `lab` that prints its arguments, one a line. */
function argumentsOf(script: string, env: Readonly<Record<string, string>>): readonly string[] {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin', 'lab'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  const options = { env: { PATH: process.env['PATH'] ?? '', ...env }, encoding: 'utf8' } as const;
  return execFileSync('bash', ['--norc', '-euo', 'pipefail', '-c', script], options).trimEnd().split('\n');
}

describe('action.yml', () => {
  it('is a composite action that uses each of its inputs, and no input as a part of a script', () => {
    expect(action.runs.using).toBe('composite');
    const text = readFileSync('action.yml', 'utf8');
    for (const [name, { description }] of Object.entries(action.inputs)) {
      expect(description).not.toBe('');
      expect(text).toContain(`inputs.${name}`);
    }
    for (const [, name = ''] of text.matchAll(/inputs\.([a-z-]+)/g)) expect(action.inputs).toHaveProperty(name);
    const scripts = action.runs.steps.filter((step) => step.run !== undefined);
    expect(scripts.map((step) => step.shell)).toEqual(['bash', 'bash']);
    for (const { run } of scripts) expect(run).not.toContain('${{');
  });

  const script = action.runs.steps.find((step) => step.env?.['LABS'] !== undefined)?.run ?? '';
  it.each([
    [{}, ['test', '--all', '--report', 'report']],
    [{ LABS: './labs/a b', SHARD: '2/8' }, ['test', './labs/a', 'b', '--report', 'report', '--shard', '2/8']],
    [{ LABS: 'a\nb', ARGS: '--again 2' }, ['test', 'a', 'b', '--report', 'report', '--again', '2']],
    [{ LABS: '$(id) `id`;id' }, ['test', '$(id)', '`id`;id', '--report', 'report']],
  ])('with %j calls lab with its arguments', (env, expected) => {
    const given = { LABS: '', SHARD: '', ARGS: '', REPORT: 'report', ACTION: folder, ...env };
    expect(argumentsOf(script, given)).toEqual(expected);
  });
});

/** What the Kubernetes API requires of an Indexed Job (batch/v1), and no other key than it has. */
const container = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  image: z.string(),
  restartPolicy: z.literal('Always').optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
  securityContext: z.strictObject({ privileged: z.boolean() }).optional(),
  startupProbe: z
    .strictObject({
      exec: z.strictObject({ command: z.array(z.string()) }),
      failureThreshold: z.int(),
      periodSeconds: z.int(),
    })
    .optional(),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string() })).optional(),
});
const job = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z0-9-]+$/) }),
  spec: z.strictObject({
    completionMode: z.literal('Indexed'),
    completions: z.int().min(1),
    parallelism: z.int().min(1),
    backoffLimitPerIndex: z.int(),
    template: z.strictObject({
      spec: z.strictObject({
        restartPolicy: z.enum(['Never', 'OnFailure']),
        initContainers: z.array(container),
        containers: z.array(container.omit({ restartPolicy: true })).min(1),
        volumes: z.array(
          z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: z.string() }) }),
        ),
      }),
    }),
  }),
});

describe('docs/ci.md', () => {
  it('has recipes that are YAML, and divides alike in all of them', () => {
    expect(recipes).toHaveLength(3);
    const [github, gitlab] = recipes.map((recipe) => parse(recipe));
    expect(github.jobs.test.strategy.matrix.shard).toEqual([1, 2, 3, 4]);
    const given = github.jobs.test.steps[1].with;
    for (const name of Object.keys(given)) expect(action.inputs).toHaveProperty(name);
    expect(given.shard).toContain('{ matrix.shard }}/4');
    expect(gitlab.labs.parallel).toBe(4);
    expect(gitlab.labs.script[0]).toContain('--shard "$CI_NODE_INDEX/$CI_NODE_TOTAL"');
  });

  it('has a Job of Kubernetes whose pods take each part once', () => {
    const { spec } = job.parse(parse(recipes[2] ?? ''));
    const pod = spec.template.spec;
    const [test] = pod.containers;
    const volumes = pod.volumes.map((v) => v.name);
    for (const mount of test?.volumeMounts ?? []) expect(volumes).toContain(mount.name);
    const script = (test?.args?.[0] ?? '').replaceAll('/opt/lvslab', folder);
    const env = Object.fromEntries(test?.env?.map(({ name, value }) => [name, value]) ?? []);
    const shards = Array.from({ length: spec.completions }, (_, index) => {
      const called = argumentsOf(script, { ...env, JOB_COMPLETION_INDEX: String(index) });
      return parseShard(called[called.indexOf('--shard') + 1] ?? '');
    });
    expect(shards).toEqual([1, 2, 3, 4].map((index) => ({ index, of: 4 })));
  });
});

describe('the line of a step', () => {
  it('is where the lab file has it, or its service if the file has no scenario', () => {
    const file = 'labs/fnat-keepalived/lab.yaml';
    const lab = readLab(file);
    if (!lab.ok) throw new Error('it is invalid');
    const text = readFileSync(file, 'utf8').split('\n');
    const lines = [...stepLines(file, lab.value).values()];
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(text[line - 1]).toMatch(/^ {2}- /);
    const bare = join(folder, 'lab.yaml');
    writeFileSync(bare, readFileSync('labs/dr-one-arm/lab.yaml', 'utf8').replace(/^scenario:[\s\S]*/m, ''));
    const read = readLab(bare);
    if (!read.ok) throw new Error('it is invalid');
    const [line] = stepLines(bare, read.value).values();
    expect(readFileSync(bare, 'utf8').split('\n')[(line ?? 0) - 1]).toMatch(/^ {2}web: /);
  });
});
