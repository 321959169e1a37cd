import { z } from 'zod';
import { parseAddress, parseSubnet } from '../net/cidr.ts';
import { parseDuration } from '../net/duration.ts';

/** A text that passes a test; `expects` describes valid values in the message for a mistake. */
export function text(expects: string, description: string, test: (value: string) => boolean, pattern?: RegExp) {
  const base = pattern
    ? z.string({ error: `expected ${expects}` }).regex(pattern, { error: `expected ${expects}` })
    : z.string({ error: `expected ${expects}` });
  return base.refine(test, { error: `expected ${expects}` }).meta({ description: `${description}: ${expects}` });
}

/** A whole number within bounds. */
export function whole(description: string, min: number, max: number) {
  const expects = `a whole number from ${min} to ${max}`;
  const error = `expected ${expects}`;
  return z
    .int({ error })
    .min(min, { error })
    .max(max, { error })
    .meta({ description: `${description}: ${expects}` });
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(description: string, values: T) {
  return z.enum(values, { error: `expected one of ${values.join(', ')}` }).meta({ description });
}

/** True or false. */
export function yes(description: string) {
  return z.boolean({ error: 'expected true or false' }).meta({ description });
}

/** The message for a mapping or list of the wrong shape. */
export function mapping(what: string) {
  return { error: `expected ${what}` };
}

/** An address. */
export const address = (description: string) =>
  text('an address such as 192.168.100.11', description, (v) => parseAddress(v) !== undefined);
/** The message for a time out of range. */
export const within = (least: string, most: string, unit?: string) =>
  `a time such as ${unit === undefined ? '500ms, 3s or 1.5s' : '3s or 1m'}, from ${least} to ${most}${unit === undefined ? '' : `, in steps of ${unit}`}`;

/**
 * A time from `least` to `most`, both in the notation of a lab file; a multiple of `unit` if the program that uses it
 * counts in that unit.
 */
export function duration(description: string, least: string, most: string, unit?: string) {
  const [from, to, step] = [least, most, unit ?? '1ms'].map((t) => parseDuration(t) ?? Number.NaN) as [
    number,
    number,
    number,
  ];
  return text(within(least, most, unit), description, (v) => {
    const ms = parseDuration(v);
    return ms !== undefined && ms >= from && ms <= to && ms % step === 0;
  });
}
/** A shell command, on one or more lines. */
export const command = (description: string) => text('a command', description, isCommand);
/** Returns whether a text is a shell command. */
export function isCommand(value: string): boolean {
  return value.trim() !== '' && !value.includes('\0');
}
/** A file, relative to the lab file. */
export const path = (description: string) => text('a path relative to the lab file', description, (v) => v !== '');

/** Names of nodes and segments become interface names, which Linux limits to 15 characters. */
const NODE_NAME = /^[a-z][a-z0-9-]{0,11}$/;
/** A node's or segment's name. */
export const nodeName = (description: string) =>
  text('a name of at most 12 lower-case letters, digits and hyphens', description, () => true, NODE_NAME);
/** A name that does not become an interface name. */
export const freeName = (description: string) =>
  text('a name of letters, digits, hyphens and underscores', description, () => true, /^[A-Za-z][A-Za-z0-9_-]{0,30}$/);

/** The message for an address with an optional prefix. */
export const PLACED = 'an address such as 192.168.100.11 or 192.168.100.11/24';
/** An address, with or without a prefix length. */
export const placed = (description: string) =>
  text(PLACED, description, (v) => parseAddress(v) !== undefined || parseSubnet(v) !== undefined);
/** A subnet. */
export const network = (description: string) =>
  text('a subnet such as 192.168.100.0/24', description, (v) => parseSubnet(v) !== undefined);

/** One value or a list of them. */
export function oneOrMore<T extends z.ZodType>(item: T, expects: string, description: string) {
  return z
    .union([item, z.array(item).min(1)], { error: `expected ${expects}, or a list of these` })
    .meta({ description: `${description}: ${expects}, or a list of these` });
}

/** One address or several. */
export const addresses = (description: string) => oneOrMore(placed(description), PLACED, description);
/**
 * The bytes that an IP packet may have, from what every host accepts (RFC 791 §3.1) to the largest Ethernet frames in
 * use.
 */
export const mtu = (description: string) => whole(description, 576, 9216);
/** A port. */
export const port = (description: string) => whole(description, 1, 65535);
