import { basename, dirname, resolve } from 'node:path';
import { type Diagnostic, formatDiagnostic } from '../lab/diagnostic.ts';
import { fail, ok, type Result } from '../result.ts';
import type { Director } from './conf.ts';
import { takeCopies, type Written } from './copies.ts';
import { firstDropped } from './drops.ts';
import { readFacts } from './facts.ts';
import { type Copies, type Given, keyOf, type Named, type Out, serviceWords } from './given.ts';
import { linesOf } from './lines.ts';
import { isStranger, partiesOf, sharedOf } from './parties.ts';
import { readDirector } from './read-director.ts';
import { beginningOf, holdsRules, readRules } from './read-rules.ts';
import { type Conf, readConf } from './reader.ts';
import { type Lost, Told } from './told.ts';

/** What is imported. */
export interface Request {
  /** Configurations, or rules of ipvsadm; in the order of their directors' roles if that is given. */
  readonly files: readonly string[];
  readonly facts: string | undefined;
  readonly lab: string;
  readonly allowOutside: boolean;
}

/** A lab file that was made, and what is to be told about it. */
export interface Imported {
  readonly yaml: string;
  readonly written: readonly Written[];
  /** Guesses, each with the line of the lab file. */
  readonly guesses: readonly { readonly line: number; readonly text: string }[];
  readonly lost: readonly Lost[];
  readonly services: number;
  readonly directors: number;
}

/** Checks a lab file; returns its mistakes. `written` is beside it. */
export type Check = (yaml: string, written: readonly Written[]) => readonly Diagnostic[];

/** Times that mistakes are taken out of the lab before the import gives up: each time tells up to fifty. */
const MOST_ROUNDS = 40;

/**
 * Makes a lab of real configurations. What the lab file's own rules refuse (`check`) is left out and told, entry by
 * entry. Fails with the mistakes of the configurations.
 */
export function importLab(request: Request, check: Check): Result<Imported, readonly Diagnostic[]> {
  const told = new Told();
  const given = readAll(request, told);
  if (!given || told.mistakes.count > 0) return fail(told.mistakes.all());
  const dropped = new Map(firstDropped(given.given));
  for (let round = 0; ; round++) {
    const fresh = new Told();
    const out = linesOf(given.given, dropped, fresh);
    const { yaml, lines, guesses } = textOf(out);
    const mistakes = check(yaml, given.written);
    if (mistakes.length === 0) {
      for (const { place, text } of [...fresh.lost(), ...dropped.values()]) told.lose(place, text);
      const services = given.given.services.filter((s) =>
        lines.some((l) => l?.origin.kind === 'service' && l.origin.name === s.name),
      ).length;
      return ok({
        yaml,
        written: given.written,
        guesses,
        lost: told.lost(),
        services,
        directors: given.given.parties.length,
      });
    }
    const before = dropped.size;
    for (const mistake of mistakes) drop(mistake, lines, given.given, dropped);
    if (dropped.size === before || round === MOST_ROUNDS)
      throw new Error(`the import made an invalid lab: ${mistakes.map(formatDiagnostic).join('\n')}\n${yaml}`);
  }
}

/** Leaves out the part of the lab that a mistake is in, or the entry if it has no such part. */
function drop(
  mistake: Diagnostic,
  lines: readonly (Out | undefined)[],
  given: Given,
  dropped: Map<string, { place: Lost['place']; text: string }>,
): void {
  const out = lines[(mistake.place?.line ?? 0) - 1];
  if (!out || (out.origin.kind === 'lab' && out.origin.part === undefined)) return;
  const { kind, name } = out.origin;
  const service = given.services.find((s) => s.name === name)?.virtual;
  const instance = given.shared.find((s) => s.name === name)?.instance;
  const place = out.place ?? (kind === 'service' ? service?.place : kind === 'instance' ? instance?.place : undefined);
  const what =
    kind === 'service' && service
      ? serviceWords(service)
      : kind === 'instance'
        ? `instance "${instance?.name ?? name}"`
        : kind === 'real'
          ? `the address ${name}`
          : name;
  const part = out.origin.part?.replace(/[:].*/, '');
  dropped.set(keyOf(out.origin), {
    place,
    text: `${part === undefined ? what : `${part} of ${what}`} is not carried over: ${mistake.message}`,
  });
}

/** Joins the lines, each guess as a comment above its line; returns what stands on each line of the text. */
function textOf(out: readonly Out[]): {
  readonly yaml: string;
  readonly lines: readonly (Out | undefined)[];
  readonly guesses: Imported['guesses'];
} {
  const lines: (Out | undefined)[] = [];
  const texts: string[] = [];
  const guesses: { line: number; text: string }[] = [];
  for (const each of out) {
    const indent = /^ */.exec(each.text)?.[0] ?? '';
    for (const guess of each.guesses) {
      texts.push(`${indent}# guess: ${guess}`);
      lines.push(undefined);
    }
    texts.push(each.text);
    lines.push(each);
    for (const text of each.guesses) guesses.push({ line: texts.length, text });
  }
  return { yaml: `${texts.join('\n')}\n`, lines, guesses };
}

interface Read {
  readonly given: Given;
  readonly written: readonly Written[];
}

function readAll(request: Request, told: Told): Read | undefined {
  const sources = request.files.flatMap((file) => readOne(file, request, told));
  if (told.mistakes.count > 0) return undefined;
  // a file that another one includes is no director's own
  const included = new Set(sources.flatMap((s) => s.conf?.files.slice(1).map((f) => resolve(f.local)) ?? []));
  const directors = sources.filter((s) => !included.has(resolve(s.director.file)));
  for (const { director } of directors) tellEmpty(director, directors.length > 1, told);
  const machines = request.facts === undefined ? [] : readFacts(request.facts, told);
  const parties = partiesOf(
    directors.map((s) => s.director),
    machines,
  );
  const copies = new Map<string, Copies>();
  const written: Written[] = [];
  const programs = new Set<string>();
  const folders = new Map<string, string>();
  for (const [i, source] of directors.entries()) {
    const party = parties[i];
    if (!party || !source.conf || party.generated) continue;
    const folder = folders.get(source.director.file) ?? party.name;
    folders.set(source.director.file, folder);
    const taken = takeCopies(folder, source.conf, source.director, request.allowOutside, told);
    copies.set(party.name, taken.copies);
    written.push(...taken.written.filter((w) => !written.some((o) => o.path === w.path)));
    for (const path of taken.programs) programs.add(path);
  }
  for (const { director } of directors.filter((s) => s.director.dpvs))
    told.lose(
      { file: director.file, line: 1 },
      'this configuration is for DPVS’s keepalived; the lab’s directors get one that the lab generates',
    );
  const shared = sharedOf(parties, told);
  const own = parties.filter((p) => !isStranger(p, parties)).map((p) => p.director);
  return {
    written,
    given: {
      lab: request.lab,
      source: `lab import of ${request.files.map((f) => basename(f)).join(', ')}`,
      parties,
      shared,
      services: namedServices(own, told),
      machines,
      programs,
      copies,
    },
  };
}

interface Source {
  readonly director: Director;
  readonly conf: Conf | undefined;
}

/** Reads a file as the directors that it configures: one, or one for each machine that its `@host` lines name. */
function readOne(file: string, request: Request, told: Told): readonly Source[] {
  const text = beginningOf(file, request.allowOutside);
  const director = (conf: Conf, host: string | undefined): Source => ({
    director: readDirector(conf, host, told),
    conf,
  });
  if (text !== undefined && holdsRules(text)) return [{ director: readRules(file, text, told), conf: undefined }];
  const plain = readConf(file, { allowOutside: request.allowOutside, host: undefined }, told);
  if (told.mistakes.count > 0) return [];
  if (plain.hosts.length === 0) return [director(plain, undefined)];
  const hosts = plain.hosts.filter((host) => host !== '');
  return hosts.map((host) => {
    const conf = readConf(file, { allowOutside: request.allowOutside, host }, told);
    if (!/^[a-z][a-z0-9-]{0,11}$/.test(host))
      told.lose(
        conf.lines[0]?.place,
        `no node can be called "${host}", so its lines after @${host} do not count in the lab; use at most 12 lower-case letters, digits and hyphens`,
      );
    return director(conf, host);
  });
}

/** Reports a configuration with nothing to make a lab of, and tells one without services. */
function tellEmpty(director: Director, several: boolean, told: Told): void {
  if (director.services.length > 0) return;
  if (director.instances.length === 0 && !several) {
    for (const { place, text } of told.lost()) if (place) told.wrong(place, text);
    told.wrong(
      { file: director.file, line: 1 },
      'there is no virtual_server and no vrrp_instance in this file that a lab can say: nothing to make a lab of',
    );
  } else
    told.lose(
      { file: director.file, line: 1 },
      'there is no virtual_server in this file; its director balances nothing',
    );
}

/** Names the services, each once: directors of one cluster have the same. */
function namedServices(directors: readonly Director[], told: Told): readonly Named[] {
  const named: Named[] = [];
  const keys = new Map<string, Named>();
  const counts = new Map<string, number>();
  for (const [i, { services }] of directors.entries())
    for (const virtual of services) {
      const key = serviceWords(virtual);
      const known = keys.get(key);
      if (known) {
        const twin = i === 0 ? 'stands in the file already' : differs(known.virtual, virtual);
        if (twin !== undefined)
          told.lose(
            virtual.place,
            `${key} ${twin}; the lab says it as it is at ${basename(dirname(known.virtual.place.file))}/${basename(known.virtual.place.file)}:${known.virtual.place.line}`,
          );
        continue;
      }
      const stem = `${virtual.protocol.replaceAll(/[^a-z]/g, '') || 'service'}${virtual.port}`;
      const count = (counts.get(stem) ?? 0) + 1;
      counts.set(stem, count);
      const service = { name: count === 1 ? stem : `${stem}-${count}`, virtual };
      keys.set(key, service);
      named.push(service);
    }
  return named;
}

/** Returns what differs between a service's definitions on two directors. */
function differs(a: Named['virtual'], b: Named['virtual']): string | undefined {
  const reals = (v: typeof a) =>
    v.reals
      .map((r) => `${r.address.text}:${r.port} ${r.weight} ${r.mode}`)
      .sort()
      .join();
  const persistence = (v: typeof a) => `${v.persistence?.time} ${v.persistence?.mask}`;
  if (a.scheduler !== b.scheduler) return `has scheduler ${b.scheduler} here and ${a.scheduler} on another director`;
  if (a.mode !== b.mode) return `has mode ${b.mode} here and ${a.mode} on another director`;
  if (persistence(a) !== persistence(b)) return 'has another persistence here than on another director';
  return reals(a) === reals(b)
    ? undefined
    : 'has other real servers, weights or forwarding methods here than on another director';
}
