/* Waits until programs have started, as one sees it from outside: who listens on a port, which files are there. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "nodectl.h"
#include "numbers.h"

/* Nanoseconds between two looks. */
#define LOOK_EVERY_NS (5 * 1000 * 1000)

struct transport {
  const char *name;
  const char *tables[2];
  unsigned state; /* of a socket that waits for whoever comes (include/net/tcp_states.h); UDP says TCP_CLOSE */
};

static const struct transport transports[] = {
    {"tcp:", {"/proc/net/tcp", "/proc/net/tcp6"}, 0x0a},
    {"udp:", {"/proc/net/udp", "/proc/net/udp6"}, 0x07},
};

static int listens(const struct transport *t, long long wanted) {
  int found = 0;
  for (size_t i = 0; i < 2 && !found; i++) {
    FILE *f = fopen(t->tables[i], "re"); /* a kernel without IPv6 has no second one */
    char line[512];
    unsigned port, state;
    while (f && !found && fgets(line, sizeof line, f))
      found = sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &port, &state) == 2 && port == (unsigned)wanted &&
              state == t->state;
    if (f) fclose(f);
  }
  return found;
}

static int holds(const char *condition) {
  for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
    size_t head = strlen(transports[i].name);
    if (strncmp(condition, transports[i].name, head) == 0)
      return listens(&transports[i], number_argument("PORT", condition + head, 1, 65535));
  }
  if (*condition != '/') die("%s is no condition: tcp:PORT, udp:PORT or a path", condition);
  return access(condition, F_OK) == 0;
}

/* nodectl await CONDITION...: ends once each has been seen to hold. */
int await_main(int argc, char **argv) {
  struct timespec pause = {0, LOOK_EVERY_NS};
  for (int i = 0; i < argc; i++)
    while (!holds(argv[i])) nanosleep(&pause, NULL);
  return 0;
}
