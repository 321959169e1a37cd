#define _GNU_SOURCE
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
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

const char *endpoint(const struct in6_addr *a, in_port_t port, char out[ENDPOINT_MAX]) {
  char text[INET6_ADDRSTRLEN];
  int v4 = IN6_IS_ADDR_V4MAPPED(a);
  inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &a->s6_addr[12] : &a->s6_addr[0], text, sizeof text);
  snprintf(out, ENDPOINT_MAX, v4 ? "%s:%u" : "[%s]:%u", text, ntohs(port));
  return out;
}
