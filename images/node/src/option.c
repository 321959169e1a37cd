#define _GNU_SOURCE
#include "option.h"

#include <string.h>

/* Kinds that have no length (RFC 791, RFC 9293 §3.1). */
#define END 0
#define FILLER 1

/* Kind, length, port, address. */
#define HEAD 4
#define LENGTH4 (HEAD + sizeof(struct in_addr))
#define LENGTH6 (HEAD + sizeof(struct in6_addr))

struct in6_addr mapped(const void *v4) {
  struct in6_addr address = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
  memcpy(&address.s6_addr[12], v4, sizeof(struct in_addr));
  return address;
}

int client_of(const unsigned char *options, size_t len, unsigned char kind, struct client *out) {
  for (size_t at = 0, length; at < len && options[at] != END; at += length) {
    length = options[at] == FILLER ? 1 : at + 1 < len ? options[at + 1] : 0;
    if (length < (options[at] == FILLER ? 1 : 2) || length > len - at) return -1;
    if (options[at] != kind || (length != LENGTH4 && length != LENGTH6)) continue;
    memcpy(&out->port, options + at + 2, sizeof out->port);
    if (length == LENGTH4) out->address = mapped(options + at + HEAD);
    else memcpy(&out->address, options + at + HEAD, sizeof out->address);
    return 0;
  }
  return -1;
}
