#define _GNU_SOURCE
#include "ready.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "numbers.h"

struct transport {
  const char *name;
  const char *tables[2];
  unsigned state; /* of a listening socket (include/net/tcp_states.h); UDP shows TCP_CLOSE */
};

static const struct transport transports[] = {
    {"tcp:", {"/proc/net/tcp", "/proc/net/tcp6"}, 0x0a},
    {"udp:", {"/proc/net/udp", "/proc/net/udp6"}, 0x07},
};

/* Returns the transport of a condition, and its port; or NULL. */
static const struct transport *transport_of(const char *condition, long long *port) {
  for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
    size_t head = strlen(transports[i].name);
    if (strncmp(condition, transports[i].name, head) != 0) continue;
    const char *rest = condition + head;
    size_t len = strlen(rest);
    return leading_number(rest, len, 65535, port) == len && len > 0 && *port > 0 ? &transports[i] : NULL;
  }
  return NULL;
}

static int listens(const struct transport *t, long long wanted) {
  int found = 0;
  for (size_t i = 0; i < 2 && !found; i++) {
    FILE *f = fopen(t->tables[i], "re"); /* a kernel without IPv6 lacks the second one */
    char line[512];
    unsigned port, state;
    while (f && !found && fgets(line, sizeof line, f))
      found = sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &port, &state) == 2 && port == (unsigned)wanted &&
              state == t->state;
    if (f) fclose(f);
  }
  return found;
}

int is_condition(const char *text) {
  long long port;
  return *text == '/' || transport_of(text, &port) != NULL;
}

int holds(const char *condition) {
  long long port;
  const struct transport *t = transport_of(condition, &port);
  return t ? listens(t, port) : access(condition, F_OK) == 0;
}
