import { type IncomingMessage, request } from 'node:http';
import type { Lab } from '../model/lab.ts';
import { containerName, LABEL, unpackLab } from './labels.ts';

/** Milliseconds in which the engine must have answered: a shell waits for it at each key. LAB_COMPLETION_MS changes it. */
const WITHIN_MS = 150;
/** Maximum size of the engine's list, in bytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * Returns the running labs, as far as the engine tells at once; none if it does not answer. It asks the engine without its
 * library, which takes longer to load than a shell may wait, and only where DOCKER_HOST is a socket or an address.
 */
export async function glance(): Promise<readonly Lab[]> {
  try {
    const containers = JSON.parse(await list()) as readonly Listed[];
    return containers.flatMap(({ Names: [name = ''], Labels: labels }) => {
      const definition = labels[LABEL.definition];
      const fabric = name === `/${containerName(labels[LABEL.lab] ?? '')}`;
      return fabric && definition !== undefined ? read(definition) : [];
    });
  } catch {
    return [];
  }
}

/** What is used of a container in the engine's list (Docker Engine API, GET /containers/json). */
interface Listed {
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

function read(definition: string): readonly Lab[] {
  try {
    return [unpackLab(definition)];
  } catch {
    return []; // another version made it
  }
}

function list(): Promise<string> {
  const filters = encodeURIComponent(JSON.stringify({ label: [LABEL.definition] }));
  const signal = AbortSignal.timeout(Number(process.env['LAB_COMPLETION_MS']) || WITHIN_MS);
  return new Promise((resolve, reject) => {
    const ask = request({ ...address(), path: `/containers/json?filters=${filters}`, signal }, (answer) => {
      text(answer).then(resolve, reject);
    });
    ask.on('error', reject);
    ask.end();
  });
}

function address(): { readonly socketPath: string } | { readonly host: string; readonly port: string } {
  const host = process.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock';
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const { hostname, port, protocol } = new URL(host);
  if (protocol !== 'tcp:') throw new Error('it is not asked without its library');
  return { host: hostname, port };
}

async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('the list is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
