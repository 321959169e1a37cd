/* What servers say: HTTP, greetings, datagrams. */
#define _GNU_SOURCE
#include "../../images/node/src/answers.h"

#include <string.h>

#include "fuzz.h"

const struct example examples[] = {
    EXAMPLE("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json\r\nContent-Length: 74\r\nX-Server: rs1\r\n\r\n"
            "{\"server\":\"rs1\",\"client\":\"10.0.0.1:10000\",\"asked\":\"10.0.0.9:80\",\"n\":7}\n"),
    EXAMPLE("HTTP/1.0 503 no\r\n\r\n"),
    EXAMPLE("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n"),
    EXAMPLE("\x59\0\0\0\n11.8.3-MariaDB-log\0\1\0\0\0abcdefgh\0"),
    EXAMPLE("220 rs1 ESMTP\r\n"),
    EXAMPLE("{\"server\":\"rs2\",\"client\":\"[::1]:53\",\"asked\":\"[::2]:53\",\"n\":123456789012}\n"),
};
const size_t n_examples = sizeof examples / sizeof *examples;

int fuzz_one(const char *data, size_t len) {
  struct http_answer answer;
  const char *said;
  size_t said_len;
  char name[SERVER_NAME_MAX + 1];
  int read = 0;
  if (http_head(data, len, &answer) == 1) {
    read = 1;
    must(answer.head <= len && memcmp(data + answer.head - 4, "\r\n\r\n", 4) == 0);
    must(answer.status >= 0 && answer.status <= 999 && answer.length >= -1);
    must(line_length(data + answer.head, len - answer.head) <= len - answer.head);
  }
  if (greeting(data, len, &said, &said_len)) {
    read = 1;
    must(said >= data && said_len <= len && said + said_len <= data + len);
  }
  /* It goes between quotes into JSON. */
  server_name(data, len, name);
  for (const char *c = name; *c; c++) must(*c > ' ' && *c != '"' && *c != '\\' && *c < 127);
  must(answered_number(data, len) >= 0);
  return read || *name;
}
