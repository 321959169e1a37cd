// bench/outages: what clients notice of faults, lab by lab, as the README's tables: how long they get no answer, and
// which share of the open connections a route change breaks.
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
  ['fnat-keepalived-two-arm', 'kill:lb1'],
  ['dr-keepalived', 'kill:c2'],
  ['dr-keepalived-persistent', 'kill:lb1'],
  ['nat-keepalived', 'kill:lb1'],
  ['tun-keepalived', 'kill:lb1'],
  ['nat-mysql', 'kill:director1'],
  ['tun-mysql', 'kill:director1'],
  ['vrrp', 'kill:lb1'],
  ['fnat-ospf-bfd', 'kill:lb1'],
];

/** With many connections held open: by service, because services differ in this. */
const FLOWS = 64;
const FLOW_ROWS = [
  ['dr-ospf', 'kill:lb1', 'rr'],
  ['dr-ospf', 'kill:lb1', 'mh'],
  ['dr-ospf', 'withdraw:lb1', 'rr'],
  ['dr-ospf', 'withdraw:lb1', 'mh'],
];

const [runs = '10', jobs = '1'] = process.argv.slice(2);
const seconds = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms)} ms`);

/** Runs `lab measure` and returns its JSON; throws with its output if there is none. */
function measure(lab, fault, name, more = []) {
  return new Promise((resolve, reject) => {
    const args = ['bin/lab', 'measure', lab, '--name', name, '--fault', fault, '--runs', runs, '--json', ...more];
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

const outages = new Array(ROWS.length);
const shares = new Array(FLOW_ROWS.length);
const percent = (share) => `${Math.round(share)} %`;

/** Reports the result of a row on stderr. */
function report(row, told, what) {
  const missed = told.counts.failed + told.counts.inconclusive;
  process.stderr.write(`${row.join(' ')}: ${what}${missed > 0 ? `, ${missed} checks did not pass` : ''}\n`);
}

const queue = [
  ...ROWS.map((row, i) => async () => {
    const [lab, fault] = row;
    const told = await measure(lab, fault, `outages-${i}`);
    const { min, median, max } = told.measured.outage;
    const budget = told.budget === undefined ? '' : seconds(told.budget);
    outages[i] =
      `| ${lab} | \`${fault}\` | ${seconds(min)} | ${seconds(median)} | ${seconds(max)} | ${budget} | ± ${seconds(told.error)} |`;
    report(row, told, seconds(median));
  }),
  ...FLOW_ROWS.map((row, i) => async () => {
    const [lab, fault, service] = row;
    const told = await measure(lab, fault, `flows-${i}`, ['--service', service, '--flows', String(FLOWS)]);
    const [lost, back] = [told.measured['held connections broken'], told.measured['held broken on return']];
    const of = ({ min, median, max }) => [min, median, max].map(percent).join(' / ');
    shares[i] = `| ${lab} | ${service} | \`${fault}\` | ${of(lost)} | ${of(back)} |`;
    report(row, told, percent(lost.median));
  }),
];
await Promise.all(
  Array.from({ length: Number(jobs) }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await next();
  }),
);
say('| lab | fault | min | median | max | budget | probe |\n| --- | --- | --- | --- | --- | --- | --- |');
say(outages.join('\n'));
say(`\n| lab | service | fault | of ${FLOWS} connections break, min / median / max | and on return |`);
say('| --- | --- | --- | --- | --- |');
say(shares.join('\n'));
