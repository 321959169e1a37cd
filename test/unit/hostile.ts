import fc from 'fast-check';

// The same values in every run, and in a run that fails: FUZZ_SEED and FUZZ_RUNS choose others, and more.
fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? 1), numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) });

/** Text as somebody might write who wants to break what reads it: anything, and what has a meaning somewhere. */
export const hostile: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom(
        ...['\ud800', '\udfff', '\uffff', '\ufffe', '\u0000', '\u0001', '\u001b[31m', '\u007f', '\u0085', '\u2028'],
        ...['<', '>', '&', '"', "'", ']]>', '<!--', '&lt;', '&#0;', '<?xml', '\r\n', '\r', '\n', '\t', ' ', '😀', 'a'],
        ...['constructor', '__proto__', '#{x}', '$(x)', '`', '\\', '%s', '../', '-1', 'NaN', '1e999'],
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
