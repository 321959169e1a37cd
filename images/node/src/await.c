/* nodectl await CONDITION...: ends when each condition has been observed to hold. */
#define _GNU_SOURCE
#include <time.h>

#include "die.h"
#include "nodectl.h"
#include "ready.h"

int await_main(int argc, char **argv) {
  struct timespec pause = {0, READY_LOOK_MS * 1000L * 1000L};
  for (int i = 0; i < argc; i++) {
    if (!is_condition(argv[i])) die("%s is no condition: tcp:PORT, udp:PORT, sctp:PORT or a path", argv[i]);
    while (!holds(argv[i])) nanosleep(&pause, NULL);
  }
  return 0;
}
