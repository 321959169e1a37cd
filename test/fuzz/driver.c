/*
 * driver SEED INPUTS: hands so many inputs, made out of a harness's examples by a generator that SEED starts, to
 * its parser. The same seed gives the same inputs. Whatever ends the run (a sanitizer, `must`, a signal, an
 * input that takes more than ten seconds) is told with the seed, the number of the input and its bytes.
 */
#define _GNU_SOURCE
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define LONGEST 4096
#define SECONDS_FOR_ONE 10

static uint64_t state;
static unsigned long long seed, number;
static char input[LONGEST];
static size_t input_len;

/* xorshift64* */
static uint64_t next(void) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 2685821657736338717u;
}

static size_t below(size_t n) { return n ? (size_t)(next() % n) : 0; }

static void tell_input(void) {
  fprintf(stderr, "\nseed %llu, input %llu, %zu bytes: ", seed, number, input_len);
  for (size_t i = 0; i < input_len; i++) fprintf(stderr, "%02x", (unsigned char)input[i]);
  fputc('\n', stderr);
}

static void on_signal(int signal) {
  fprintf(stderr, signal == SIGALRM ? "an input takes more than %d seconds" : "signal", SECONDS_FOR_ONE);
  tell_input();
  _exit(1);
}

void broken(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: not true: %s", file, line, what);
  tell_input();
  _exit(1);
}

static void insert(size_t at, const char *data, size_t len) {
  if (len > LONGEST - input_len) len = LONGEST - input_len;
  memmove(input + at + len, input + at, input_len - at);
  memcpy(input + at, data, len);
  input_len += len;
}

static void cut(size_t at, size_t len) {
  if (len > input_len - at) len = input_len - at;
  memmove(input + at, input + at + len, input_len - at - len);
  input_len -= len;
}

/* Values that parsers stumble over: ends, signs, bounds of lengths, separators. */
static const struct example odd[] = {
    EXAMPLE("\0"), EXAMPLE("\xff"), EXAMPLE("\x7f"), EXAMPLE("\x80"), EXAMPLE("\n"), EXAMPLE("\r\n\r\n"), EXAMPLE(" "), EXAMPLE("\""), EXAMPLE("="),
    EXAMPLE("\0\0\0\0"), EXAMPLE("\xff\xff\xff\xff"), EXAMPLE("\0\1\0\0"), EXAMPLE("\0\1\0\1"), EXAMPLE("\x80\0\0\0"),
    EXAMPLE("-1"), EXAMPLE("0"), EXAMPLE("4294967296"), EXAMPLE("9223372036854775808"), EXAMPLE("99999999999999999999999999")};

static void alter(void) {
  const struct example *o = &odd[below(sizeof odd / sizeof *odd)], *e = &examples[below(n_examples)];
  size_t at = below(input_len + 1), from = below(e->len);
  switch (below(7)) {
    case 0:
      if (at < input_len) input[at] = (char)next();
      return;
    case 1:
      if (at < input_len) input[at] = (char)(input[at] ^ 1 << below(8));
      return;
    case 2:
      cut(at, 1 + below(8));
      return;
    case 3: /* the end is missing */
      input_len = at;
      return;
    case 4:
      insert(at, o->data, o->len);
      return;
    case 5:
      cut(at, o->len);
      insert(at < input_len ? at : input_len, o->data, o->len);
      return;
    default: /* a piece of another one */
      insert(at, e->data + from, below(e->len - from + 1));
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: driver SEED INPUTS\n", stderr);
    return 2;
  }
  seed = strtoull(argv[1], NULL, 10);
  state = seed * 0x9e3779b97f4a7c15u + 1;
  unsigned long long inputs = strtoull(argv[2], NULL, 10);
  __sanitizer_set_death_callback(tell_input);
  signal(SIGALRM, on_signal);
  for (number = 0; number < inputs; number++) {
    const struct example *e = &examples[number < n_examples ? number : below(n_examples)];
    input_len = 0;
    insert(0, e->data, e->len);
    /* Examples come first as they are. */
    for (size_t times = number < n_examples ? 0 : 1 + below(6); times > 0; times--) alter();
    /* A block that is just so long: who reads beyond it is seen. */
    char *exact = malloc(input_len ? input_len : 1);
    if (!exact) return 2;
    memcpy(exact, input, input_len);
    alarm(SECONDS_FOR_ONE);
    int read = fuzz_one(input_len ? exact : exact + 1, input_len);
    must(read || number >= n_examples);
    free(exact);
  }
  printf("%llu inputs from seed %llu\n", number, seed);
  return 0;
}
