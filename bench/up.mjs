// bench/up: `lab up fnat-keepalived` to the first verified answer through the VIP, compared with a bare script that
// only creates the same containers, wires and guests, all in parallel. Both alternate in one run; the figure is the
// ratio of the medians.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const ROUNDS = Number(process.argv[2] ?? 5);
const NAME = 'bench-up';
const VIP = 'http://192.168.100.254/json';
const lab = (...args) =>
  execFileSync(process.execPath, ['bin/lab', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const sh = (command) => execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/**
 * Returns the files that lvslab installs in the nodes, taken from a running lab: the bare script must create the same
 * guests.
 */
function nodeFiles(folder) {
  lab('up', 'fnat-keepalived', '--name', NAME, '--no-wait');
  for (const node of ['client', 'lb1', 'lb2', 'rs1', 'rs2']) {
    sh(
      `docker exec lvslab.${NAME}.${node} sh -c 'cd / && tar -cf - --exclude=lab/state lab $(ls -d etc/keepalived/keepalived.conf etc/nginx/nginx.conf 2>/dev/null)' > ${folder}/${node}.tar`,
    );
  }
  lab('down', NAME);
}

function bareScript(folder) {
  const image = sh("docker images --format '{{.Repository}}:{{.Tag}}' lvslab/node").trim().split('\n')[0];
  const nodes = { client: '146', lb1: '11', lb2: '12', rs1: '2', rs2: '3' };
  const caps = '--network none --cap-add NET_ADMIN --cap-add NET_RAW --security-opt systempaths=unconfined';
  const one = Object.keys(nodes).map((n) => {
    const uml = n.startsWith('lb') ? '--device /dev/net/tun --tmpfs /dev/shm:exec,size=1g' : '';
    return `( docker create --name bare.${n} --hostname ${n} ${caps} ${uml} ${image} sh -c 'until [ -e /lab/go ]; do sleep 0.01; done; exec nodectl init' >/dev/null; docker cp - bare.${n}:/ < ${folder}/${n}.tar; docker start bare.${n} >/dev/null ) &`;
  });
  const wires = Object.entries(nodes).map(([n, last]) => {
    const mac = `02:00:c0:a8:64:${Number(last).toString(16).padStart(2, '0')}`;
    return `link add ${n}.0 type veth peer name eth0 address ${mac} netns $(docker inspect -f '{{.State.Pid}}' bare.${n})\nlink set ${n}.0 master lan up`;
  });
  const ports = Object.keys(nodes)
    .map((n) => `${n}.0`)
    .join(' ');
  return `set -e
( docker run -d --name bare.fabric --network none --pid host --cap-add NET_ADMIN --cap-add SYS_ADMIN --cap-add SYS_PTRACE --security-opt apparmor=unconfined ${image} >/dev/null ) &
${one.join('\n')}
wait
docker exec -i bare.fabric sh -c 'cat > /lab/batch; ip -batch /lab/batch; nodectl offload ${ports}' <<EOF
link add lan type bridge stp_state 0 forward_delay 0 mcast_snooping 0
link set lan up promisc on
${wires.join('\n')}
EOF
for n in ${Object.keys(nodes).join(' ')}; do docker exec bare.$n touch /lab/go & done
wait
docker exec bare.client sh -c 'until curl -s -m 1 ${VIP} | grep -q server; do sleep 0.05; done'
`;
}

function timed(work) {
  const began = performance.now();
  work();
  return performance.now() - began;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const folder = mkdtempSync(join(tmpdir(), 'lvslab-bench-'));
const times = { lab: [], bare: [] };
try {
  nodeFiles(folder);
  const script = join(folder, 'bare.sh');
  writeFileSync(script, bareScript(folder));
  for (let i = 0; i < ROUNDS; i++) {
    times.lab.push(timed(() => lab('up', 'fnat-keepalived', '--name', NAME)));
    lab('down', NAME);
    times.bare.push(timed(() => sh(`bash ${script}`)));
    sh('docker rm -f bare.client bare.lb1 bare.lb2 bare.rs1 bare.rs2 bare.fabric');
  }
} finally {
  spawnSync('sh', ['-c', 'docker rm -f bare.client bare.lb1 bare.lb2 bare.rs1 bare.rs2 bare.fabric'], {
    stdio: 'ignore',
  });
  rmSync(folder, { recursive: true, force: true });
}
const seconds = (ms) => (ms / 1000).toFixed(2);
process.stdout.write(
  `lab up to first answer: ${times.lab.map(seconds).join(' ')} s, median ${seconds(median(times.lab))}\n`,
);
process.stdout.write(
  `bare script:            ${times.bare.map(seconds).join(' ')} s, median ${seconds(median(times.bare))}\n`,
);
process.stdout.write(`ratio ${(median(times.lab) / median(times.bare)).toFixed(2)} (at most 1.2 is asked)\n`);
