import { z } from 'zod';
import { fail, ok, type Result } from '../result.ts';

const NAME = z.string().min(1).max(80);
const LAB = { id: z.int().nonnegative(), lab: NAME };

const ASKED = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('watch'), ...LAB }),
  z.strictObject({ type: z.literal('fault'), ...LAB, fault: z.string().min(1).max(200) }),
  z.strictObject({ type: z.literal('heal'), ...LAB, fault: z.string().max(200).optional() }),
  z.strictObject({
    type: z.literal('weight'),
    ...LAB,
    service: NAME,
    real: NAME,
    weight: z.int().nonnegative().max(65_535),
  }),
  z.strictObject({ type: z.literal('test'), ...LAB }),
  z.strictObject({ type: z.literal('stop-test'), ...LAB }),
  z.strictObject({ type: z.literal('up'), ...LAB }),
  z.strictObject({ type: z.literal('down'), ...LAB }),
  z.strictObject({ type: z.literal('logs'), ...LAB, node: NAME }),
  z.strictObject({ type: z.literal('capture'), ...LAB, segment: NAME, filter: z.string().max(200) }),
  z.strictObject({ type: z.literal('stop-capture'), ...LAB }),
]);

/** What a page asks of the server; `id` is the page's own, by which it is told the result. */
export type Asked = z.infer<typeof ASKED>;

/** Reads what a page sent; fails with the reason if it is no request. */
export function readAsked(text: string): Result<Asked, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('this is no JSON');
  }
  const read = ASKED.safeParse(value);
  return read.success ? ok(read.data) : fail(z.prettifyError(read.error));
}
