import type { Checker, CheckerKind } from './conf.ts';
import { tellWords } from './keywords.ts';
import { all, isSet, last, numberOf, timeOf, wordOf } from './statements.ts';
import type { Told } from './told.ts';
import type { Statement } from './tree.ts';

const KINDS: Readonly<Record<string, CheckerKind>> = {
  TCP_CHECK: 'tcp',
  HTTP_GET: 'http',
  SSL_GET: 'ssl',
  MISC_CHECK: 'misc',
  DNS_CHECK: 'dns',
  UDP_CHECK: 'udp',
  PING_CHECK: 'ping',
};
/** Checkers that the lab's own servers do not satisfy, with the reason. */
const OTHERS: Readonly<Record<string, string>> = {
  SMTP_CHECK: 'no server of a lab speaks SMTP',
  FILE_CHECK: 'a lab file cannot say what the tracked file contains',
  BFD_CHECK: 'real servers of a lab speak no BFD',
};

/** Retries of a checker for which the configuration gives none (keepalived.conf(5)). */
const RETRIES: Readonly<Partial<Record<CheckerKind, number>>> = { dns: 3, misc: 0 };

/** Times that a checker takes from its virtual or real server; in milliseconds. */
export interface CheckDefaults {
  readonly timeout: number;
  readonly retry: number | undefined;
  readonly pause: number | undefined;
  readonly every: number;
}

/** Reads the checkers of a real server. */
export function readCheckers(real: readonly Statement[], defaults: CheckDefaults, told: Told): readonly Checker[] {
  return real.flatMap((statement): Checker[] => {
    const [word = ''] = statement.words;
    const kind = KINDS[word];
    const other = OTHERS[word];
    if (kind === undefined && other === undefined) return [];
    const block = statement.block ?? [];
    tellWords('a_check', block, told);
    return [readChecker(kind ?? 'tcp', statement, block, defaults, other && `${word}: ${other}`, told)];
  });
}

function readChecker(
  kind: CheckerKind,
  { place }: Statement,
  block: readonly Statement[],
  defaults: CheckDefaults,
  other: string | undefined,
  told: Told,
): Checker {
  const every = timeOf(block, told, 'delay_loop') ?? defaults.every;
  const pause = kind === 'dns' ? every : kind === 'http' || kind === 'ssl' ? 3000 : 1000;
  const urls = all(block, 'url');
  return {
    kind,
    place,
    every,
    timeout:
      timeOf(block, told, kind === 'misc' ? 'misc_timeout' : 'connect_timeout') ??
      (kind === 'misc' ? every : defaults.timeout),
    retry: numberOf(block, told, 'retry', 'nb_get_retry', 'nb_sock_retry') ?? defaults.retry ?? RETRIES[kind] ?? 1,
    pause: timeOf(block, told, 'delay_before_retry') ?? defaults.pause ?? pause,
    port: numberOf(block, told, 'connect_port'),
    asks: asked(kind, block, urls, told),
    type: (wordOf(block, 'type') ?? 'SOA').toUpperCase(),
    dynamic: isSet(block, 'misc_dynamic'),
    beyond: other ?? beyondOf(block, urls),
  };
}

function asked(kind: CheckerKind, block: readonly Statement[], urls: readonly Statement[], told: Told): string {
  if (kind === 'misc') return last(block, 'misc_path')?.words.slice(1).join(' ') ?? '';
  if (kind === 'dns') return wordOf(block, 'name') ?? '.';
  const [first, ...more] = urls;
  for (const { place } of more)
    told.lose(place, 'a second url of one check stays in the configuration; the lab says the first');
  return wordOf(first?.block ?? [], 'path') ?? '/';
}

/** Returns why the pages of the lab's own servers do not satisfy a check. */
function beyondOf(block: readonly Statement[], urls: readonly Statement[]): string | undefined {
  if (last(block, 'connect_ip', 'host')) return 'it connects to another address than the real server’s';
  if (last(block, 'require_reply', 'payload'))
    return 'it wants a certain reply, which the lab’s own servers do not give';
  for (const { block: url = [] } of urls) {
    if (last(url, 'digest')) return 'it wants the digest of a page that only the real machines have';
    if (last(url, 'regex')) return 'it looks for text in a page that only the real machines have';
    const codes = last(url, 'status_code')?.words.slice(1) ?? [];
    if (codes.length > 0 && !codes.some(includesOk))
      return `it wants status ${codes.join(' ')}, and the lab’s own servers answer 200`;
  }
  return undefined;
}

function includesOk(code: string): boolean {
  const [from, to] = code.split('-').map(Number);
  return from !== undefined && from <= 200 && 200 <= (to ?? from);
}
