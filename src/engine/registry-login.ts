import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
}

/**
 * Returns what Docker's own command knows of the registry of an image: the name and password that `docker login` wrote to
 * config.json ($DOCKER_CONFIG, or ~/.docker). None if it has none, or keeps them with a helper, which is not asked.
 */
export function credentialsFor(reference: string): {
  readonly authconfig?: { readonly username: string; readonly password: string; readonly serveraddress: string };
} {
  const registry = reference.split('/')[0] ?? '';
  const file = join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');
  let auth: string | undefined;
  try {
    auth = (JSON.parse(readFileSync(file, 'utf8')) as DockerConfig).auths?.[registry]?.auth;
  } catch {
    return {};
  }
  const [, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(auth ?? '', 'base64').toString()) ?? [];
  return username === undefined || password === undefined
    ? {}
    : { authconfig: { username, password, serveraddress: registry } };
}
