/*
 * A parser under test, as libFuzzer has it: a harness is a file with fuzz_one, which hands bytes to a parser and
 * holds what comes out against what must be true of it, and with examples, which are altered.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

struct example {
  const char *data;
  size_t len;
};
#define EXAMPLE(text) {text, sizeof text - 1}

extern const struct example examples[];
extern const size_t n_examples;

/* Takes any bytes, exactly so many. Whether a parser read something in them: of each example as it stands it must. */
int fuzz_one(const char *data, size_t len);

/* Ends the run, with the input that did it, unless this is true. */
#define must(what) ((what) ? (void)0 : broken(__FILE__, __LINE__, #what))
void broken(const char *file, int line, const char *what) __attribute__((noreturn));

#endif
