// bench/scale: labs of 6 to 300 plain nodes on one segment. Measures the time per node to create, start and remove it,
// which must stay flat; and the time to wire and release all of them. One run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [6, 20, 60, 150, 300];
const say = (line) => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), 'lvslab-scale-'));

function labFile(size) {
  const nodes = Array.from({ length: size }, (_, i) => `  n${i}: { kind: host, lan: 10.0.${i >> 7}.${(i & 127) + 1} }`);
  return `lab: scale-${size}
segments: { lan: 10.0.0.0/16 }
nodes:
${nodes.join('\n')}
scenario:
  - run: { on: n0, do: "ping -c 1 -W 2 10.0.0.2", prints: 1 received }
`;
}

/** Runs a lab of `size` nodes once, and reads its times from its event log. */
function measure(size) {
  const file = join(folder, `scale-${size}.yaml`);
  const report = join(folder, `report-${size}`);
  writeFileSync(file, labFile(size));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bin/lab', 'test', file, '--report', report, '--timeout', '120s'],
    {
      encoding: 'utf8',
      timeout: 300_000,
    },
  );
  if (status !== 0) throw new Error(`a lab of ${size} nodes ended with ${status}\n${stdout}\n${stderr}`);
  const events = readFileSync(join(report, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const at = (event) => Date.parse(event.at);
  const plan = at(events.find((e) => e.type === 'plan'));
  const wiring = at(events.find((e) => e.type === 'node' && e.state === 'booting'));
  const ready = at(events.findLast((e) => e.type === 'node' && e.state === 'ready'));
  const down = events.find((e) => e.type === 'lab' && e.state === 'down').ms;
  return { size, create: (wiring - plan) / size, wire: ready - wiring, destroy: down / size };
}

try {
  const rows = [];
  say('nodes  create+start per node  wire and release all  remove per node');
  for (const size of sizes) {
    const row = measure(size);
    rows.push(row);
    say(
      `${String(size).padStart(5)}  ${`${row.create.toFixed(1)} ms`.padStart(21)}  ${`${(row.wire / 1000).toFixed(2)} s`.padStart(20)}  ${`${row.destroy.toFixed(1)} ms`.padStart(15)}`,
    );
  }
  const [first, last] = [rows[0], rows.at(-1)];
  say(
    `ratio of the last to the first: create ${(last.create / first.create).toFixed(2)}, remove ${(last.destroy / first.destroy).toFixed(2)} (at most 1.3)`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
