// bench/mutants: alters one thing in a running lab, runs the lab's test on it, and reports which check detects it.
// node bench/mutants.mjs [--labs a,b] [--only KIND] [--most N] [--jobs N] [--out FILE] [--again] [--full] [--list]
//                        [--table]
//
// --most N tries N mutations of each lab, spread over its kinds. Every lab is started with the contracts of its
// scenario; each mutation is undone, or the lab recreated, and after every few mutations the unaltered lab must pass,
// or these few are repeated, each on a new lab. Survivors are tried with the whole scenario if --full is given, and
// with the contracts again if --again is. Results are lines of JSON in FILE; mutations that are already there are not
// repeated.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { parse, stringify } from 'yaml';
import { equivalent } from './mutants/equivalent.mjs';
import { mutationsOf, spread } from './mutants/mutations.mjs';
import { table } from './mutants/table.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const { values: options } = parseArgs({
  options: {
    labs: { type: 'string' },
    only: { type: 'string' },
    most: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    out: { type: 'string', default: 'mutants.jsonl' },
    full: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
/** Number of mutations after which the unaltered lab must pass. */
const GROUP = 5;
/** Milliseconds that one command may take, including a whole scenario. */
const LONGEST_MS = 900_000;

const say = (line) => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), 'lvslab-mutants-'));
const names = options.labs?.split(',') ?? readdirSync('labs').sort();
const known = existsSync(options.out)
  ? readFileSync(options.out, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : [];

/** Runs `lab` and returns its exit code and its output. */
function lab(...args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['bin/lab', ...args], { timeout: LONGEST_MS });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Returns the reader of lab files, built from the sources. */
async function reader() {
  const outfile = join(folder, 'read.mjs');
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({
    entryPoints: ['src/lab/read.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    banner,
    logLevel: 'error',
  });
  return (await import(pathToFileURL(outfile).href)).readLab;
}

/** Copies a lab's file under another name, with only its contracts or the whole scenario, and the files beside it. */
function copyOf(name, whole) {
  const beside = join(folder, `${whole ? 'whole' : 'contracts'}-${name}`);
  cpSync(join('labs', name), beside, { recursive: true });
  const path = join(beside, 'lab.yaml');
  const file = parse(readFileSync(path, 'utf8'), { merge: true });
  file.lab = `mut-${name}`;
  const contracts = file.scenario?.some((s) => s.contract);
  // Keeps the steps on which a contract depends: routes that a command sets.
  if (contracts && !whole)
    file.scenario = file.scenario.filter((s) => s.contract || (s.run && name === 'dr-host-route'));
  writeFileSync(path, stringify(file, { aliasDuplicateObjects: false }));
  return { name: file.lab, path };
}

/** Recreates a lab, and waits until it answers. */
async function anew({ name, path }) {
  await lab('down', name);
  const { code, stderr } = await lab('up', path);
  if (code !== 0) throw new Error(`${name} does not come up: ${stderr.slice(-400)}`);
}

/** Returns the result of the lab's test: which checks fail, or that none does. */
async function verdict({ name }) {
  const { code, stdout, stderr } = await lab('test', name, '--json', '--bail', '--again', '1');
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return { result: 'no verdict', by: [], told: stderr.slice(-300) };
  }
  const failed = report.results.filter((r) => r.verdict === 'failed');
  const by = [...new Set(failed.map((r) => r.id))];
  if (by.length > 0) return { result: 'caught', by };
  const open = report.results.filter((r) => r.verdict === 'inconclusive').map((r) => `${r.id}: ${r.seen}`);
  return open.length > 0 || code !== 0
    ? { result: 'inconclusive', by: [], told: open.join('; ').slice(0, 300) }
    : { result: 'survived', by: [] };
}

const inNode = (standing, node, line) => lab('exec', standing.name, node, '--', 'sh', '-c', line);

/** Tries one mutation on a running lab, and undoes it; `dirty` means that the lab must be recreated. */
async function tried(standing, m) {
  const made = await inNode(standing, m.node, m.make);
  if (made.code !== 0)
    return { seen: { result: 'not applicable', by: [], told: made.stderr.slice(-200) }, dirty: m.undo === undefined };
  const seen = await verdict(standing);
  const undone = m.undo === undefined ? undefined : await inNode(standing, m.node, m.undo);
  return { seen, dirty: undone?.code !== 0 };
}

function record(m, seen, stage) {
  const { make: _make, undo: _undo, ...rest } = m;
  appendFileSync(options.out, `${JSON.stringify({ ...rest, stage, ...seen })}\n`);
  say(`${seen.result.padEnd(14)} ${m.id}${seen.by.length > 0 ? `: ${seen.by.slice(0, 3).join(', ')}` : ''}`);
}

/** Tries all mutations of one lab, in groups; before and after each group the unaltered lab must pass. */
async function mutate(name, mutations, whole) {
  const stage = whole ? 'scenario' : 'contract';
  const standing = copyOf(name, whole);
  const clean = async () => {
    await anew(standing);
    return (await verdict(standing)).result === 'survived';
  };
  if (whole) await anew(standing);
  else if (!((await clean()) || (await clean()))) return say(`${name} does not pass as it is: nothing is tried`);
  for (let i = 0; i < mutations.length; i += GROUP) {
    const group = mutations.slice(i, i + GROUP);
    const results = [];
    for (const m of group) {
      const { seen, dirty } = await tried(standing, m);
      results.push(seen);
      if (dirty || whole) await anew(standing);
    }
    // A mutation that was not undone would be detected instead of the next ones.
    const good = whole || (await verdict(standing)).result === 'survived';
    for (const [j, m] of group.entries()) {
      if (!good) {
        await anew(standing);
        results[j] = (await tried(standing, m)).seen;
      }
      record(m, results[j], stage);
    }
    if (!good) await anew(standing);
  }
  await lab('down', standing.name);
}

async function main() {
  if (options.table) return say(table(known, equivalent));
  const readLab = await reader();
  const work = names.map((name) => {
    const read = readLab(`labs/${name}/lab.yaml`);
    if (!read.ok) throw new Error(`labs/${name} is wrong`);
    const every = mutationsOf(read.value).filter((m) => options.only === undefined || m.kind.includes(options.only));
    const all = options.most === undefined ? every : spread(every, Number(options.most));
    const last = (m) => [...known].reverse().find((k) => k.id === m.id);
    const survived = (m) => last(m)?.result === 'survived' && last(m).stage === 'contract';
    const open = all.filter((m) => (options.full || options.again ? survived(m) : !last(m)));
    return { name, all, open };
  });
  if (options.list) for (const m of work.flatMap((w) => w.all)) say(m.id);
  say(
    `${work.flatMap((w) => w.all).length} mutations of ${work.length} labs, ${work.flatMap((w) => w.open).length} to be tried`,
  );
  if (options.list) return;
  const queue = work.filter((w) => w.open.length > 0);
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      await mutate(next.name, next.open, options.full).catch((error) => say(`${error.message}`));
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
