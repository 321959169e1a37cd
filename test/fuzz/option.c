/* Options of TCP and IPv4 headers, as `toa` and `answer` get them. */
#define _GNU_SOURCE
#include "../../images/node/src/option.h"

#include <string.h>

#include "fuzz.h"

const struct example examples[] = {
    EXAMPLE("\xfe\x08\x92\xf4\x0a\0\0\x30"),
    EXAMPLE("\1\1\x08\x0a\0\0\0\1\0\0\0\2\xfe\x14\x92\xf4\x24\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
    EXAMPLE("\x1f\x08\x92\xf4\x0a\0\0\x30"),
    EXAMPLE("\x07\x04\x04\0\x1f\x14\x92\xf4\x24\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0"),
};
const size_t n_examples = sizeof examples / sizeof *examples;

int fuzz_one(const char *data, size_t len) {
  static const unsigned char kinds[] = {OPTION_TOA, OPTION_UOA};
  int read = 0;
  for (size_t i = 0; i < sizeof kinds; i++) {
    struct client client;
    if (client_of((const unsigned char *)data, len, kinds[i], &client) < 0) continue;
    read = 1;
    /* All of it stands there, behind its kind and its length. */
    int v4 = IN6_IS_ADDR_V4MAPPED(&client.address);
    unsigned char head[4] = {kinds[i], v4 ? 8 : 20};
    memcpy(head + 2, &client.port, 2);
    const char *at = memmem(data, len, head, sizeof head);
    head[1] = 20;
    if (!at) at = memmem(data, len, head, sizeof head);
    must(at != NULL);
    must(memmem(data, len, &client.address.s6_addr[v4 ? 12 : 0], v4 ? 4 : 16) != NULL);
  }
  return read;
}
