#define _GNU_SOURCE
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

int parse_address(const char *text, unsigned short port, struct sockaddr_storage *out, socklen_t *len) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    memcpy(out, &v4, *len = sizeof v4);
    return 0;
  }
  if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
    memcpy(out, &v6, *len = sizeof v6);
    return 0;
  }
  return -1;
}
