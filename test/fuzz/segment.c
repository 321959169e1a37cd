/* Packets as `refuse` and `toa` get them. */
#define _GNU_SOURCE
#include "../../images/node/src/segment.h"

#include "fuzz.h"

const struct example examples[] = {
    EXAMPLE("\x45\0\0\x28\0\0\x40\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2\x27\x10\0\x50\0\0\0\1\0\0\0\0\x50\2\xff\xff\0\0\0\0"),
    EXAMPLE("\x46\0\0\x30\0\0\x40\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2\1\1\1\1\x27\x10\0\x50\0\0\0\1\0\0\0\5\x50\x10\xff\xff\0\0\0\0hoho"),
    EXAMPLE("\x60\0\0\0\0\x14\6\x40\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"
            "\x27\x10\0\x50\0\0\0\1\0\0\0\0\x50\2\xff\xff\0\0\0\0"),
    EXAMPLE("\x45\0\0\x30\x30\x8d\x40\0\x40\6\xc0\x1f\xc0\xa8\x64\xc8\xc0\xa8\x64\2\4\1\0\x50\xf4\xd1\xfb\x66\xcc\x33\x59\xbe\x70\x10"
            "\0\x3f\x8f\xc8\0\0\xfe\x08\x92\xf4\x0a\0\0\x30"),
};
const size_t n_examples = sizeof examples / sizeof *examples;

int fuzz_one(const char *data, size_t len) {
  struct segment in, back;
  unsigned char reply[RESET_MAX];
  if (parse_segment((const unsigned char *)data, len, &in) < 0) return 0;
  must(in.payload <= 65535);
  must(in.options + in.options_len <= len && in.options_len <= 40);
  size_t size = reset_for(&in, reply);
  must(size <= sizeof reply && parse_segment(reply, size, &back) == 0);
  must(back.family == in.family && back.tcp.rst && back.payload == 0 && tcp_sum(&back) == 0);
  must(back.tcp.source == in.tcp.dest && back.tcp.dest == in.tcp.source);
  return 1;
}
