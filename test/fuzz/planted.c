/*
 * Proof that this finds what it is there to find: the agent's reading of a run frame as it was before it had a
 * parser of its own. It trusts that the texts in it end within it.
 */
#include <string.h>

#include "fuzz.h"

const struct example examples[] = {EXAMPLE("\0\0\0\x18\0\x50/\0xterm\0echo\0hi\0")};
const size_t n_examples = 1;

int fuzz_one(const char *data, size_t len) {
  const char *argv[4096], *end = data + len;
  int n = 0;
  if (len < 8) return 0;
  const char *cwd = data + 6, *term = cwd + strlen(cwd) + 1;
  for (const char *at = term + strlen(term) + 1; at < end && n < 4095; at += strlen(at) + 1) argv[n++] = at;
  argv[n] = NULL;
  return n > 0 && argv[0] != NULL;
}
