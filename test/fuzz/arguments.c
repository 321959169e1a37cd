/* Numbers and addresses as text. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../../images/node/src/address.h"
#include "../../images/node/src/numbers.h"
#include "fuzz.h"

const struct example examples[] = {
    EXAMPLE("80"), EXAMPLE("65536"), EXAMPLE("9223372036854775807"), EXAMPLE("192.168.100.254"), EXAMPLE("fd00::1:2"), EXAMPLE("::ffff:10.0.0.1"),
};
const size_t n_examples = sizeof examples / sizeof *examples;

int fuzz_one(const char *data, size_t len) {
  char text[4200];
  struct sockaddr_storage address;
  socklen_t address_len;
  long long value;
  memcpy(text, data, len);
  text[len] = 0;
  size_t digits = strspn(text, "0123456789");
  errno = 0;
  long long wanted = strtoll(text, NULL, 10);
  size_t read = leading_number(data, len, LLONG_MAX, &value);
  if (digits > 0 && errno == 0) must(read == digits && value == wanted);
  else must(read == 0);
  int is_address = parse_address(text, 80, &address, &address_len) == 0;
  if (is_address) must(address_len <= sizeof address && (address.ss_family == AF_INET || address.ss_family == AF_INET6));
  return read > 0 || is_address;
}
