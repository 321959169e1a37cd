import { DRIVERS, KERNELS } from '../model/words.ts';
import type { LabOptions } from './session.ts';

/** What a matrix may vary, and what its values are. */
const AXES = {
  kernel: KERNELS,
  driver: DRIVERS,
  qemu: 'a version that Debian carries, such as 6.1, or a folder with a kernel',
  keepalived: '`image` for the image’s own, or a program',
  frr: '`image` for the image’s own, or a folder with a build',
} as const;

type AxisName = keyof typeof AXES;

/** The value that stands for what the image has. */
const OWN = 'image';

/** One thing that differs between the cells of a matrix, with its values. */
export interface Axis {
  readonly name: AxisName;
  readonly values: readonly string[];
}

/** One combination of values, with which each lab is tested. */
export interface Cell {
  /** Its number, from 1: the copies of labs in it are named after it. */
  readonly number: number;
  /** Its values in words: `qemu=6.1 keepalived=./mine`. */
  readonly words: string;
  readonly options: Pick<LabOptions, 'kernel' | 'driver' | 'qemu' | 'keepalived' | 'frr'>;
}

/** Reads `AXIS=VALUE,VALUE`. Returns what was expected instead, in words, if it is something else. */
export function parseAxis(written: string): Axis | string {
  const [name = '', listed] = written.split(/=(.*)/s, 2);
  if (!(Object.keys(AXES) as string[]).includes(name))
    return `expected AXIS=VALUE,VALUE with one of ${Object.keys(AXES).join(', ')}, such as qemu=5.10,6.1`;
  const axis = name as AxisName;
  const allowed: string | readonly string[] = AXES[axis];
  const values = [...new Set((listed ?? '').split(','))];
  const wrong = values.find((v) => v === '' || (typeof allowed !== 'string' && !allowed.includes(v)));
  if (wrong === undefined) return { name: axis, values };
  const words = typeof allowed === 'string' ? allowed : allowed.join(', ');
  return `each value of ${axis} is ${typeof allowed === 'string' ? words : `one of ${words}`}`;
}

/**
 * Returns all combinations of the values of axes, the last axis changing fastest. Versions of the kernel under QEMU mean that
 * nodes run it, unless the kernel is said otherwise.
 */
export function cellsOf(axes: readonly Axis[], given: Pick<LabOptions, 'kernel'>): readonly Cell[] {
  const all = axes.reduce<readonly (readonly (readonly [AxisName, string])[])[]>(
    (cells, { name, values }) => cells.flatMap((cell) => values.map((value) => [...cell, [name, value] as const])),
    [[]],
  );
  return all.map((pairs, i) => {
    const options = Object.fromEntries(pairs.map(([name, value]) => [name, value === OWN ? '' : value]));
    const implied = options['qemu'] !== undefined && (options['kernel'] ?? given.kernel) === undefined;
    return {
      number: i + 1,
      words: pairs.map(([name, value]) => `${name}=${value}`).join(' '),
      options: { ...options, ...(implied ? { kernel: 'qemu' as const } : {}) },
    };
  });
}
