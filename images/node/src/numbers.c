#define _GNU_SOURCE
#include "numbers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t leading_number(const char *text, size_t len, long long max, long long *out) {
  long long value = 0;
  size_t n = 0;
  for (; n < len && text[n] >= '0' && text[n] <= '9'; n++)
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text[n] - '0', &value)) return 0;
  if (n == 0 || value > max) return 0;
  *out = value;
  return n;
}

long long number_argument(const char *name, const char *text, long long min, long long max) {
  long long value;
  size_t len = strlen(text);
  if (leading_number(text, len, max, &value) != len || len == 0 || value < min) {
    fprintf(stderr, "%s: %s: expected a whole number from %lld to %lld, not \"%s\"\n", program_invocation_short_name, name, min, max, text);
    exit(2);
  }
  return value;
}
