/* The management wire: a stream of frames that comes in pieces, and what each type of frame holds. */
#define _GNU_SOURCE
#include "../../images/node/src/frames.h"

#include <signal.h>
#include <string.h>

#include "fuzz.h"

const struct example examples[] = {
    EXAMPLE("R\0\0\0\x16\0\0\0\x18\0\x50/\0xterm\0echo\0hi\0"),
    EXAMPLE("R\0\0\0\x0c\0\1\0\x18\0\x50/\0\0ls\0"),
    EXAMPLE("I\0\0\0\3abcI\0\0\0\0"),
    EXAMPLE("S\0\0\0\1\x0fW\0\0\0\4\0\x18\0\x50"),
    EXAMPLE("O\0\0\0\2hiE\0\0\0\0A\0\0\0\4\0\0\0\3X\0\0\0\1\0"),
};
const size_t n_examples = sizeof examples / sizeof *examples;

/* What was read is what would be written. */
static int run_frame(const char *payload, uint32_t len) {
  struct run_request run;
  struct buf again = {0};
  if (parse_run(payload, len, &run) < 0) return 0;
  must(run.argv[0] != NULL);
  add_run(&again, &run);
  must(again.len == FRAME_HEAD + (size_t)len);
  must(memcmp(again.data + FRAME_HEAD, payload, len) == 0);
  buf_free(&again);
  free_run(&run);
  return 1;
}

static int one_frame(int type, const char *payload, uint32_t len) {
  struct size size;
  size_t taken = 0;
  uint32_t number = 0;
  int signal = 1, code = 0;
  must(type > 0 && len <= FRAME_MAX);
  int read = run_frame(payload, len) + (parse_signal(payload, len, &signal) == 0) + (parse_size(payload, len, &size) == 0) +
             (parse_ack(payload, len, &taken) == 0) + (parse_exit(payload, len, &code) == 0);
  must(signal > 0 && signal < NSIG && taken <= STDIN_WINDOW && code >= 0 && code < 256);
  if (parse_number(payload, len, &number) == 0) must(len >= NUMBER_LEN);
  return read + (type == F_STDIN || type == F_STDOUT || type == F_STDERR);
}

int fuzz_one(const char *data, size_t len) {
  struct buf from = {0};
  const char *payload;
  uint32_t size;
  int type = 0, read = 0;
  /* Nothing, added to nothing, and taken from it. */
  buf_add(&from, NULL, 0);
  buf_drop(&from, 0);
  /* In pieces, of a length that the first byte tells. */
  size_t piece = len ? 1 + (unsigned char)data[0] % 64u : 1;
  for (size_t at = 0; at < len && type >= 0; at += piece) {
    buf_add(&from, data + at, len - at < piece ? len - at : piece);
    while ((type = buf_peek(&from, &payload, &size)) > 0) {
      read += one_frame(type, payload, size);
      buf_drop(&from, FRAME_HEAD + (size_t)size);
    }
  }
  buf_free(&from);
  /* And as a payload: of what a frame's head says, little passes by chance. */
  return read + one_frame(F_RUN, data, (uint32_t)len);
}
