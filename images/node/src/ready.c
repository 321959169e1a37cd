#define _GNU_SOURCE
#include "ready.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "numbers.h"

/* Reads the port and the state of a socket from a line of a table; returns 1 if both are there. */
typedef int reader(const char *line, unsigned *port, unsigned *state);

static int of_ip(const char *line, unsigned *port, unsigned *state) {
  return sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", port, state) == 2;
}

/* Endpoint and socket, type, state, bucket, port (net/sctp/proc.c); both families are in one table. */
static int of_sctp(const char *line, unsigned *port, unsigned *state) {
  return sscanf(line, " %*x %*x %*d %u %*d %u", state, port) == 2;
}

struct transport {
  const char *name;
  const char *tables[2];
  reader *read;
  unsigned state; /* of a listening socket (include/net/tcp_states.h); UDP shows TCP_CLOSE */
};

static const struct transport transports[] = {
    {"tcp:", {"/proc/net/tcp", "/proc/net/tcp6"}, of_ip, 0x0a},
    {"udp:", {"/proc/net/udp", "/proc/net/udp6"}, of_ip, 0x07},
    {"sctp:", {"/proc/net/sctp/eps", NULL}, of_sctp, 0x0a},
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
  for (size_t i = 0; i < 2 && t->tables[i] && !found; i++) {
    FILE *f = fopen(t->tables[i], "re"); /* a kernel without IPv6 or SCTP lacks a table */
    char line[512];
    unsigned port, state;
    while (f && !found && fgets(line, sizeof line, f))
      found = t->read(line, &port, &state) && port == (unsigned)wanted && state == t->state;
    if (f) fclose(f);
  }
  return found;
}

int is_condition(const char *text) {
  long long port;
  return *text == '/' || transport_of(text, &port) != NULL;
}

/* An empty file does not count: keepalived creates the PID files of all its processes before it starts any. */
static int is_written(const char *path) {
  struct stat what;
  return stat(path, &what) == 0 && (!S_ISREG(what.st_mode) || what.st_size > 0);
}

int holds(const char *condition) {
  long long port;
  const struct transport *t = transport_of(condition, &port);
  return t ? listens(t, port) : is_written(condition);
}
