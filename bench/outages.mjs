// bench/outages: what clients notice of faults, lab by lab, as the README's table.
// node bench/outages.mjs [RUNS] [LABS AT ONCE]
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const say = (line) => process.stdout.write(`${line}\n`);

const ROWS = [
  ['fnat-ospf', 'kill:lb1'],
  ['fnat-keepalived', 'kill:lb1'],
  ['fnat-keepalived', 'pause:lb1'],
  ['fnat-keepalived', 'stop:lb1/keepalived'],
  ['fnat-keepalived', 'stop:rs1/nginx'],
  ['dr-keepalived', 'kill:c2'],
  ['nat-keepalived', 'kill:lb1'],
  ['nat-mysql', 'kill:director1'],
  ['vrrp', 'kill:lb1'],
  ['fnat-ospf-bfd', 'kill:lb1'],
];

const [runs = '10', jobs = '1'] = process.argv.slice(2);
const seconds = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms)} ms`);

/** Runs `lab measure` and gives its JSON; throws with what it said when there is none. */
function measure(lab, fault, name) {
  return new Promise((resolve, reject) => {
    const args = ['bin/lab', 'measure', lab, '--name', name, '--fault', fault, '--runs', runs, '--json'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.once('close', () => {
      try {
        resolve(JSON.parse(out));
      } catch {
        reject(new Error(`${lab} ${fault}: ${err}`));
      }
    });
  });
}

const lines = new Array(ROWS.length);
const queue = ROWS.map((row, i) => ({ row, i }));
async function work() {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [lab, fault] = next.row;
    const told = await measure(lab, fault, `outages-${next.i}`);
    const { min, median, max } = told.measured.outage;
    const budget = told.budget === undefined ? '' : seconds(told.budget);
    const failed = told.counts.failed + told.counts.inconclusive;
    lines[next.i] =
      `| ${lab} | \`${fault}\` | ${seconds(min)} | ${seconds(median)} | ${seconds(max)} | ${budget} | ± ${seconds(told.error)} |`;
    process.stderr.write(`${lab} ${fault}: ${seconds(median)}${failed > 0 ? `, ${failed} checks did not pass` : ''}\n`);
  }
}
await Promise.all(Array.from({ length: Number(jobs) }, work));
say('| lab | fault | min | median | max | budget | probe |\n| --- | --- | --- | --- | --- | --- | --- |');
say(lines.join('\n'));
