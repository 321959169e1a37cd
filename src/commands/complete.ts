import { printRaw } from '../output/print.ts';
import { visibleLine } from '../visible.ts';
import { type Candidate, type Wanted, wantedAt } from './complete-line.ts';
import { verbs } from './verbs.ts';

/** What a shell does beside offering the words: it adds no blank, or it offers files or folders too. */
type How = 'words' | 'parts' | 'files' | 'folders';

/** Characters of a word that no shell acts on. Names of labs come from anyone's containers. */
const PLAIN = /^[\w./:@+=%,-]+$/;

/**
 * Answers a shell: `words` are those after `lab`, the last one being typed. Prints how the shell goes on, then each word
 * with its meaning after a tab. It never fails: what cannot be found out is left out.
 */
export async function complete(words: readonly string[]): Promise<number> {
  const wanted = wantedAt(words, verbs);
  const typed = words.at(-1) ?? '';
  const { how, candidates } = await answer(wanted, typed).catch(() => ({ how: 'words' as How, candidates: [] }));
  const fitting = candidates.filter(({ word }) => word.startsWith(typed) && PLAIN.test(word));
  const lines = fitting.map(({ word, help }) => `${word}\t${visibleLine(help)}`);
  printRaw([how, ...new Set(lines)].join('\n'));
  return 0;
}

interface Answer {
  readonly how: How;
  readonly candidates: readonly Candidate[];
}

async function answer(wanted: Wanted, typed: string): Promise<Answer> {
  if (wanted.kind === 'words') return { how: 'words', candidates: wanted.words };
  const { thing, given, before } = wanted;
  const own = typed.slice(before.length);
  if (thing === 'file' || thing === 'folder') return { how: thing === 'file' ? 'files' : 'folders', candidates: [] };
  const candidates = await things(wanted, own);
  const path = (thing === 'lab' || thing === 'lab or running lab') && /[./]/.test(own);
  const left = candidates.filter(({ word }) => !given.includes(word));
  return {
    how: path ? 'files' : left.some(({ word }) => word.endsWith(':')) ? 'parts' : 'words',
    candidates: left.map(({ word, help }) => ({ word: `${before}${word}`, help })),
  };
}

async function things({ thing, given }: Wanted & { kind: 'thing' }, typed: string): Promise<readonly Candidate[]> {
  if (thing === 'nothing') return [];
  const running = thing === 'lab' ? [] : await (await import('../engine/glance.ts')).glance();
  const names = running.map(({ name }) => ({ word: name, help: 'running' }));
  if (thing === 'running lab') return names;
  if (thing === 'lab' || thing === 'lab or running lab') {
    const files = (await import('../lab/names.ts')).labNames();
    const rest = files.filter((name) => !running.some((lab) => lab.name === name));
    return [...names, ...rest.map((word) => ({ word, help: 'lab' }))];
  }
  const lab = running.find((l) => l.name === given[0]) ?? (await fromFile(given[0] ?? ''));
  if (!lab) return [];
  const of = await import('./complete-things.ts');
  switch (thing) {
    case 'node':
      return of.nodesOf(lab);
    case 'client':
      return of.nodesOf(lab).filter(({ help }) => help === 'client');
    case 'service':
      return lab.services.map(({ name, vip }) => ({ word: name, help: vip }));
    case 'place':
      return of.placesOf(lab);
    case 'fault':
      return of.faultsOf(lab, typed);
    case 'command':
      return of.commandOf(lab, given[1] ?? '', given.slice(2));
    default:
      return [];
  }
}

/** Returns the lab of a file, if it is valid; loading its reader takes longer than asking the engine. */
async function fromFile(argument: string) {
  const { findLabFile, readLab } = await import('../lab/read.ts');
  const lab = readLab(findLabFile(argument));
  return lab.ok ? lab.value : undefined;
}
