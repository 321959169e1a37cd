import { type Address, parseAddress, parseSubnet } from '../net/cidr.ts';
import type { Held } from './conf.ts';
import type { Told } from './told.ts';
import type { Statement } from './tree.ts';

/** Returns the last statement of a block that begins with one of these words: the one that counts. */
export function last(block: readonly Statement[], ...names: readonly string[]): Statement | undefined {
  return block.findLast((s) => names.includes(s.words[0] ?? ''));
}

/** Returns all statements of a block that begin with one of these words. */
export function all(block: readonly Statement[], ...names: readonly string[]): readonly Statement[] {
  return block.filter((s) => names.includes(s.words[0] ?? ''));
}

/** Returns the word after a keyword. */
export function wordOf(block: readonly Statement[], ...names: readonly string[]): string | undefined {
  return last(block, ...names)?.words[1];
}

/** Returns the number after a keyword; reports one that is none. */
export function numberOf(block: readonly Statement[], told: Told, ...names: readonly string[]): number | undefined {
  const statement = last(block, ...names);
  if (!statement) return undefined;
  const number = Number(statement.words[1]);
  if (statement.words[1] !== undefined && Number.isFinite(number)) return number;
  told.lose(
    statement.place,
    `"${statement.words.join(' ')}" has no number, which keepalived complains of, too; it is passed over`,
  );
  return undefined;
}

/** Returns the milliseconds of the seconds after a keyword. */
export function timeOf(block: readonly Statement[], told: Told, ...names: readonly string[]): number | undefined {
  const seconds = numberOf(block, told, ...names);
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

/** Returns whether a keyword stands in a block, and is not switched off by a word after it. */
export function isSet(block: readonly Statement[], name: string): boolean {
  const said = last(block, name);
  return said !== undefined && !['off', 'false', 'no'].includes(said.words[1] ?? '');
}

/** Reads addresses with their devices: `ADDRESS[/PREFIX] [dev DEVICE] ...`, one on a line. */
export function heldIn(block: readonly Statement[], told: Told): readonly Held[] {
  return block.flatMap(({ words, place }): Held[] => {
    const [first = ''] = words;
    const subnet = parseSubnet(first);
    const address = subnet?.address ?? parseAddress(first);
    if (!address) {
      told.lose(place, `"${first}" is not an address; it is passed over`);
      return [];
    }
    const dev = words.indexOf('dev');
    return [{ address, prefix: subnet?.prefix, dev: dev < 0 ? undefined : words[dev + 1], place }];
  });
}

/** Returns the address in a word; reports it if it is none. */
export function addressIn(word: string | undefined, statement: Statement, told: Told): Address | undefined {
  const address = parseAddress(word ?? '');
  if (!address) told.lose(statement.place, `"${word ?? ''}" is not an address; it is passed over`);
  return address;
}

/** Returns the program of a command: what stands before its first argument. */
export function programOf(command: string): string {
  return (
    /^\s*(?:'([^']*)'|(\S+))/
      .exec(command)
      ?.slice(1)
      .find((part) => part !== undefined) ?? ''
  );
}
