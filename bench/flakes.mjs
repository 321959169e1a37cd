// bench/flakes: checks whether verdicts depend on chance. Runs the whole catalogue (and optionally every must-fail
// control) repeatedly, for hours if necessary, and writes a table of what did not pass. Every run has a folder of
// evidence, which is kept if anything did not pass. Completed runs are recorded in runs.ndjson: another start with the
// same folder continues there. Ctrl-C ends it, and takes down what runs.
// node bench/flakes.mjs [--rounds N] [--for 90m] [--jobs N] [--load N] [--controls] [--out DIR] [LAB...]
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** How often each lab must have run in total. */
    rounds: { type: 'string', default: '1' },
    /** After this many minutes or hours, no new run starts. */
    for: { type: 'string' },
    /** Number of labs at once. */
    jobs: { type: 'string', default: '3' },
    /** Number of threads that only keep a processor busy, to test under load. */
    load: { type: 'string', default: '0' },
    controls: { type: 'boolean', default: false },
    out: { type: 'string', default: 'flakes' },
  },
});
const out = resolve(given.out);
process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const [rounds, jobs, load] = [given.rounds, given.jobs, given.load].map(Number);
const [, amount, unit] = /^(\d+(?:\.\d+)?)([mh])$/.exec(given.for ?? '') ?? [];
if (![rounds, jobs, load].every(Number.isInteger) || rounds < 1 || jobs < 1 || (given.for && !unit)) {
  process.stderr.write('bench/flakes: --rounds, --jobs and --load are whole numbers, --for is as 90m or 2h\n');
  process.exit(2);
}
const until = unit ? Date.now() + Number(amount) * { m: 60_000, h: 3_600_000 }[unit] : Number.POSITIVE_INFINITY;

const PREFIX = 'flakes-';
const RUNS = join(out, 'runs.ndjson');
mkdirSync(out, { recursive: true });

/** All runs, the oldest first: one line of RUNS each. */
const runs = existsSync(RUNS)
  ? readFileSync(RUNS, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  : [];

const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim();
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());

/** Runs a command in its own process group; forwards an interruption to the whole group, and waits for it. */
function run(command, args) {
  return new Promise((done) => {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const pass = () => process.kill(-child.pid, 'SIGINT');
    interrupt.signal.addEventListener('abort', pass, { once: true });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('close', (code) => {
      interrupt.signal.removeEventListener('abort', pass);
      done({ code, stdout, stderr });
    });
  });
}

/** Returns the name of a check in a report, so that the lists of two runs can be compared. */
const nameOf = (result) => `${result.step} | ${result.id} ${result.subject}`;

/** Tests a lab once. */
async function testLab(lab, folder) {
  const args = ['bin/lab', 'test', `labs/${lab}/lab.yaml`, '--name', `${PREFIX}${lab}`, '--json', '--report', folder];
  const { code, stdout, stderr } = await run(process.execPath, args);
  writeFileSync(join(folder, 'stderr.txt'), stderr);
  const results = stdout === '' ? [] : JSON.parse(stdout).results;
  const wrong = results
    .filter((r) => r.verdict === 'failed' || r.verdict === 'inconclusive')
    .map(({ id, subject, verdict, seen, promised, stalled }) => ({ id, subject, verdict, seen, promised, stalled }));
  if (code !== 0 && wrong.length === 0) wrong.push({ id: 'lab test', verdict: 'inconclusive', seen: stderr.trim() });
  return { code, checks: results.length, list: results.map(nameOf), wrong };
}

/** The files of must-fail controls: each of their tests breaks a lab in a way that a check must detect. */
const CONTROLS = readdirSync('test/docker')
  .filter((file) => file.endsWith('controls.test.ts'))
  .map((file) => `test/docker/${file}`);

/** Runs a file of controls once. */
async function testControls(file, folder) {
  const results = join(folder, 'vitest.json');
  const args = ['vitest', 'run', file, '--reporter=json', `--outputFile=${results}`];
  const { code, stderr } = await run('npx', args);
  writeFileSync(join(folder, 'stderr.txt'), stderr);
  const tests = existsSync(results)
    ? JSON.parse(readFileSync(results, 'utf8')).testResults.flatMap((f) => f.assertionResults)
    : [];
  const wrong = tests
    .filter((t) => t.status !== 'passed')
    .map((t) => ({ id: t.fullName, verdict: 'failed', seen: t.failureMessages.join('\n') }));
  if (code !== 0 && wrong.length === 0) wrong.push({ id: file, verdict: 'inconclusive', seen: stderr.trim() });
  return { code, checks: tests.length, list: tests.map((t) => t.fullName), wrong };
}

/** Makes one run, and keeps its evidence if anything did not pass. */
async function once(what, work) {
  const n = runs.filter((r) => r.what === what).length + 1;
  const name = `${what.replaceAll('/', '-')}-${n}`;
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const began = Date.now();
  const { list, wrong, ...told } = await work(what, folder);
  if (interrupt.signal.aborted) return rmSync(folder, { recursive: true, force: true });
  const hash = createHash('sha256').update(list.join('\n')).digest('hex').slice(0, 8);
  writeFileSync(join(out, `list-${what.replaceAll('/', '-')}-${hash}.txt`), `${list.join('\n')}\n`);
  const row = {
    what,
    n,
    commit,
    load,
    at: new Date(began).toISOString(),
    ms: Date.now() - began,
    ...told,
    hash,
    wrong,
  };
  runs.push(row);
  appendFileSync(RUNS, `${JSON.stringify(row)}\n`);
  writeFileSync(join(out, 'table.md'), table());
  if (wrong.length === 0) rmSync(folder, { recursive: true, force: true });
  const how = wrong.map((w) => `\n  ${w.verdict} ${w.id} ${w.subject ?? ''}: ${w.seen.split('\n')[0]}`).join('');
  process.stdout.write(`${wrong.length > 0 ? 'LOOK' : 'pass'}  ${name}  ${(row.ms / 1000).toFixed(1)} s${how}\n`);
}

/**
 * Returns the runs so far as a table, a row for each lab and each file of controls; the causes are filled in by hand.
 */
function table() {
  const rows = [...new Set(runs.map((r) => r.what))].sort().map((what) => {
    const own = runs.filter((r) => r.what === what);
    const failed = own.filter((r) => r.wrong.some((w) => w.verdict === 'failed'));
    const open = own.filter((r) => r.wrong.length > 0 && !failed.includes(r));
    // A run that its environment interrupted has a shorter list; its verdict shows this.
    const lists = new Set(own.filter((r) => r.checks > 0).map((r) => r.hash)).size;
    const ids = [...new Set(own.flatMap((r) => r.wrong.map((w) => w.id)))].join(', ');
    return `| ${what} | ${own.length} | ${failed.length} | ${open.length} | ${lists} | ${ids} | |`;
  });
  const sum = (of) => runs.filter(of).length;
  const failed = (r) => r.wrong.some((w) => w.verdict === 'failed');
  return `${[
    '| what | runs | failed | inconclusive | lists of checks | what did not pass | cause |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    `| all | ${runs.length} | ${sum(failed)} | ${sum((r) => r.wrong.length > 0 && !failed(r))} | | | |`,
  ].join('\n')}\n`;
}

/** Takes down what an interrupted run (a machine switched off) has left. */
async function tidy() {
  const { stdout } = await run(process.execPath, ['bin/lab', 'ls', '--json']);
  const left = JSON.parse(stdout || '[]').map((lab) => lab.name);
  const own = left.filter((name) => name.startsWith(PREFIX));
  if (own.length > 0) await run(process.execPath, ['bin/lab', 'down', ...own]);
}

/** Makes a run of each, `atOnce` at a time. */
async function round(what, work, atOnce) {
  const queue = [...what];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (interrupt.signal.aborted || Date.now() > until) return;
      await once(next, work);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const busy = Array.from({ length: load }, () => new Worker('for (;;);', { eval: true }));
const labs = positionals.length > 0 ? positionals : readdirSync('labs');
try {
  await tidy();
  const due = (all, n) => all.filter((what) => runs.filter((r) => r.what === what).length < n);
  for (let n = 1; n <= rounds; n++) {
    await round(due(labs, n), testLab, jobs);
    // Controls require that no other lab starts or ends meanwhile, so they run alone.
    if (given.controls) await round(due(CONTROLS, n), testControls, 1);
  }
} finally {
  await Promise.all(busy.map((worker) => worker.terminate()));
}
process.stdout.write(`\n${table()}`);
process.exitCode = interrupt.signal.aborted ? 130 : runs.some((r) => r.wrong.length > 0) ? 1 : 0;
