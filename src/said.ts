import type { z } from 'zod';

/**
 * Reads JSON that a program in a node printed, as a value of a shape; returns undefined if it is not one. The program
 * that answers in a node need not be the one that was asked.
 */
export function readSaid<T>(shape: z.ZodType<T>, text: string): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = shape.safeParse(value);
  return read.success ? read.data : undefined;
}
