// Provides a container engine: the one that answers, else Debian's own docker.io.
import { existsSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { $ } from 'zx';

const START_DEADLINE_MS = 30_000;

/** Returns whether an engine answers at DOCKER_HOST, or at the default socket. */
function answers() {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  if (host.startsWith('ssh://') || process.env.DOCKER_TLS_VERIFY) return Promise.resolve(true); // `lab` checks it
  const url = host.startsWith('unix://') ? undefined : new URL(host);
  const target = url ? { host: url.hostname, port: url.port || 2375 } : { socketPath: host.slice('unix://'.length) };
  return new Promise((resolve) => {
    const req = request({ ...target, path: '/_ping', timeout: 5000 }, (res) => {
      res.resume();
      resolve(res.statusCode === 200);
    });
    req.once('error', () => resolve(false));
    req.once('timeout', () => req.destroy());
    req.end();
  });
}

function isDebian() {
  return (
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

function stop(say, text) {
  say(text);
  process.exit(3);
}

async function has(command) {
  return (await $({ nothrow: true, quiet: true })`command -v ${command}`).exitCode === 0;
}

async function install(say, packages) {
  say(`installing ${packages.join(' ')} from the Debian or Ubuntu archive (apt-get)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await $({ quiet: true, env })`apt-get -o Acquire::Check-Valid-Until=false update -q`;
  await $({ quiet: true, env })`apt-get install -yq --no-install-recommends ${packages}`;
}

async function start(say) {
  if (existsSync('/run/systemd/system')) {
    say('starting the engine with systemctl');
    await $({ quiet: true })`systemctl start docker`;
  } else {
    say('starting the engine: dockerd, its log in /var/log/dockerd.log');
    const { spawn } = await import('node:child_process');
    const log = openSync('/var/log/dockerd.log', 'a');
    spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] }).unref();
  }
  for (const deadline = Date.now() + START_DEADLINE_MS; Date.now() < deadline; await delay(100))
    if (await answers()) return;
  stop(say, 'the engine was started and does not answer; see /var/log/dockerd.log');
}

/**
 * Waits until an engine answers; reports what it installs or starts first; ends the process if it cannot provide one.
 */
export async function ensureEngine(say) {
  const root = process.getuid?.() === 0;
  const canInstall = root && isDebian();
  if (!(await answers())) {
    if (process.env.DOCKER_HOST) stop(say, `no engine answers at ${process.env.DOCKER_HOST} (DOCKER_HOST)`);
    if (!canInstall)
      stop(
        say,
        'no container engine answers. Install Docker (on Debian or Ubuntu: apt-get install docker.io), start it, and make its socket usable for you',
      );
    if (!(await has('dockerd'))) await install(say, ['docker.io', 'iptables']);
    await start(say);
  }
  // Only needed if no registry has the base image; the installation takes a second.
  if (canInstall && !process.env.DOCKER_HOST && !(await has('mmdebstrap')))
    await install(say, ['mmdebstrap', 'debian-archive-keyring']);
}
