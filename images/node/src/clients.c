#define _GNU_SOURCE
#include "clients.h"

#include <string.h>

#define ROOM 4096

static struct {
  struct ends ends;
  struct client client;
} kept[ROOM];
static unsigned long long n_kept; /* the oldest are overwritten */

static size_t n_there(void) { return n_kept < ROOM ? (size_t)n_kept : ROOM; }

void keep_client(const struct ends *ends, const struct client *client) {
  kept[n_kept % ROOM].ends = *ends;
  kept[n_kept % ROOM].client = *client;
  n_kept++;
}

int recall_client(const struct ends *ends, struct client *out) {
  for (size_t back = 1; back <= n_there(); back++) {
    size_t i = (size_t)((n_kept - back) % ROOM);
    if (memcmp(&kept[i].ends, ends, sizeof *ends) != 0) continue;
    *out = kept[i].client;
    return 0;
  }
  return -1;
}

void forget_client(const struct ends *ends) {
  for (size_t i = 0; i < n_there(); i++)
    if (memcmp(&kept[i].ends, ends, sizeof *ends) == 0) memset(&kept[i], 0, sizeof kept[i]);
}
