/*
 * pulse EVERY_MS LATE_MS BEAT_MS: reports when this machine is stalled.
 *
 * It sleeps repeatedly until the next multiple of EVERY_MS. If it wakes more than LATE_MS late, no other process here
 * could run in time either: the machine was starved of CPU, or paused. Each such time is a JSON line, in microseconds
 * of the machine's wall clock. A line with lateness 0, at once and then every BEAT_MS, means that it watches, and that
 * everything before has been reported:
 *   {"at":..,"late":0}
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>

#include "numbers.h"

static long long us(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* Maximum value of an argument, in milliseconds: a day. */
#define LONGEST_MS 86400000

int main(int argc, char **argv) {
  if (argc != 4) {
    fputs("usage: pulse EVERY_MS LATE_MS BEAT_MS\n", stderr);
    return 2;
  }
  long long every = number_argument("EVERY_MS", argv[1], 1, LONGEST_MS) * 1000, worth = number_argument("LATE_MS", argv[2], 1, LONGEST_MS) * 1000;
  long long beat = number_argument("BEAT_MS", argv[3], 1, LONGEST_MS) * 1000;
  setvbuf(stdout, NULL, _IOLBF, 0);
  long long next = us(CLOCK_MONOTONIC), told = next - beat;
  for (;;) {
    struct timespec until = {next / 1000000, next % 1000000 * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) continue;
    long long late = us(CLOCK_MONOTONIC) - next;
    if (late > worth) printf("{\"at\":%lld,\"late\":%lld}\n", us(CLOCK_REALTIME), late);
    if (next - told >= beat) {
      printf("{\"at\":%lld,\"late\":0}\n", us(CLOCK_REALTIME));
      told = next;
    }
    next = late > every ? us(CLOCK_MONOTONIC) + every : next + every;
  }
}
