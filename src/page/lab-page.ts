import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckResult } from '../events.ts';
import { found } from '../model/lookup.ts';
import { LAB_FILE } from '../report/kept-lab.ts';
import type { Report } from '../report/report.ts';
import { readSaid } from '../said.ts';
import { parseSample, type Sample } from '../scenario/outage.ts';
import type { CheckPage, LabPage, StepPage } from './data.ts';
import { evidenceOf, filesOf, tablesOf } from './files.ts';
import { framesOf } from './frames.ts';
import { readPackets } from './packets.ts';
import { pictureOf } from './picture.ts';
import { HAPPENING, LAB } from './shapes.ts';
import { type FaultRun, type Happening, type ProbeFile, stretchOf, timelineOf } from './timeline.ts';

/** How much of a report goes into its page. */
export interface Limits {
  /** Maximum bytes of a file whose text is in the page. */
  readonly fileBytes: number;
  /** Maximum number of a probe's samples. */
  readonly samples: number;
}

/** Returns the page of one tested lab. `prefix` is its folder's link relative to the page. */
export function labPage(folder: string, prefix: string, report: Report, limits: Limits): LabPage {
  const lab = readText(join(folder, LAB_FILE), (text) => readSaid(LAB, text));
  const files = filesOf(folder, prefix, limits.fileBytes);
  const byName = new Map(files.map((f) => [f.name, f]));
  const happenings = happeningsOf(folder, report.started);
  const steps = stepsOf(report.results).map((step) => ({ ...step, runs: runsOf(folder, step.checks) }));
  const packets = readPackets(
    folder,
    lab?.segments.map((s) => s.name) ?? [],
    report.results.flatMap((r) => r.frames ?? []),
    steps.flatMap((s) => s.runs.flatMap((run) => stretchOf(run) ?? [])),
  );
  const page = ({ key, result }: Keyed): CheckPage => ({
    key,
    id: result.id,
    subject: result.subject,
    verdict: result.verdict,
    promised: result.promised,
    seen: result.seen,
    evidence: [...new Set(result.evidence)].map((text) => evidenceOf(text, byName)),
    ms: result.ms,
    figures: result.figures ?? {},
    frames: lab ? framesOf(lab, result.frames ?? [], packets.named) : [],
  });
  return {
    name: report.lab,
    folder: prefix,
    source: report.source,
    started: report.started,
    ms: report.ms,
    ...ending(report),
    counts: report.counts,
    engine: { version: report.engine.version, kernel: report.engine.kernel },
    nodes: report.nodes,
    software: report.software,
    earlier: report.earlier,
    left: report.left,
    steps: steps.map(
      ({ title, checks, runs }): StepPage => ({
        title,
        checks: checks.map(page),
        timelines: runs.flatMap((run) => timelineOf(lab, run, happenings, packets.announced, limits.samples) ?? []),
      }),
    ),
    ...(lab && lab.nodes.length > 0 ? { picture: pictureOf(lab) } : {}),
    tables: tablesOf(folder, files),
    files,
  };
}

function ending({ interrupted, error }: Report): { ended?: string } {
  if (interrupted) return { ended: 'interrupted before the end of the scenario' };
  return error === undefined ? {} : { ended: error };
}

interface Keyed {
  readonly key: string;
  readonly result: CheckResult;
}

interface Step {
  readonly title: string;
  readonly checks: readonly Keyed[];
}

/** Returns results by their steps, each with a key that is unique in its step. */
function stepsOf(results: readonly CheckResult[]): readonly Step[] {
  const steps: { title: string; checks: Keyed[]; times: Map<string, number> }[] = [];
  for (const result of results) {
    if (steps.at(-1)?.title !== result.step) steps.push({ title: result.step, checks: [], times: new Map() });
    const step = found(steps.at(-1), 'step');
    const name = `${result.id}:${result.subject}`;
    const times = (step.times.get(name) ?? 0) + 1;
    step.times.set(name, times);
    step.checks.push({ key: times > 1 ? `${name}:${times}` : name, result });
  }
  return steps;
}

/** Returns the runs of a fault that a step's checks were judged by, each with its probes. */
function runsOf(folder: string, checks: readonly Keyed[]): readonly FaultRun[] {
  const runs = new Map<string, { readonly probes: Map<string, ProbeFile>; readonly results: Keyed[] }>();
  for (const check of checks)
    for (const evidence of check.result.evidence) {
      const [name = '', slug, half, client] = /^probe-(.+)-(loss|return)(?:-(\S+))?\.ndjson/.exec(evidence) ?? [];
      if (slug === undefined) continue;
      if (!runs.has(slug)) runs.set(slug, { probes: new Map(), results: [] });
      const run = found(runs.get(slug), 'run');
      run.results.push(check);
      if (!run.probes.has(name))
        run.probes.set(name, {
          name,
          half: half === 'loss' ? 'loss' : 'return',
          client,
          samples: samplesIn(join(folder, name)),
        });
    }
  return [...runs.values()].map(({ probes, results }) => ({ probes: [...probes.values()], results }));
}

function samplesIn(path: string): readonly Sample[] {
  return readText(path, (text) => text.split('\n').flatMap((line) => parseSample(line) ?? [])) ?? [];
}

/** Returns what a run's log tells of faults, since the run began: the folder may have been used before. */
function happeningsOf(folder: string, started: string): readonly Happening[] {
  const begin = Date.parse(started) * 1000;
  const lines = readText(join(folder, 'events.ndjson'), (text) => text.split('\n')) ?? [];
  return lines.flatMap((line): Happening[] => {
    const event = readSaid(HAPPENING, line);
    if (!event) return [];
    const at = typeof event.at === 'number' ? event.at : Date.parse(event.at) * 1000;
    const kind = event.type === 'wait' ? 'wait' : event.over ? 'heal' : 'fault';
    return at >= begin ? [{ at, kind, text: event.text }] : [];
  });
}

function readText<T>(path: string, read: (text: string) => T): T | undefined {
  return existsSync(path) ? read(readFileSync(path, 'utf8')) : undefined;
}
