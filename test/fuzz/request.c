/* What clients ask over HTTP. */
#define _GNU_SOURCE
#include "../../images/node/src/request.h"

#include <string.h>

#include "fuzz.h"

const struct example examples[] = {
    EXAMPLE("GET /json HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: keep-alive\r\n\r\n"),
    EXAMPLE("POST /a?b HTTP/1.1\r\nHost: x\r\ncontent-length: 3\r\nConnection: close\r\n\r\nabc"),
    EXAMPLE("HEAD / HTTP/1.0\r\nconnection:keep-alive\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
};
const size_t n_examples = sizeof examples / sizeof *examples;

int fuzz_one(const char *data, size_t len) {
  struct http_request r;
  if (http_request(data, len, &r) != 1) return 0;
  must(r.head <= len && memcmp(data + r.head - 4, "\r\n\r\n", 4) == 0);
  must(r.length >= 0);
  must(r.path > data && r.path + r.path_len <= data + r.head);
  must(memchr(r.path, ' ', r.path_len) == NULL && memchr(r.path, '?', r.path_len) == NULL);
  return 1;
}
