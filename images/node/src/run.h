/* A command that runs with its streams in this process's hands. */
#ifndef RUN_H
#define RUN_H

#include <sys/types.h>

#include "frames.h"

struct run {
  pid_t pid;
  int tty;
  int in, out, err; /* this process's ends; with a terminal, in == out and err is -1 */
};

/* Starts a command, in another network namespace unless netns is -1. Ends this process if that is impossible. */
void run_start(struct run *r, const struct run_request *request, int netns);

/* Reads once from a stream of a command, up to `most` bytes. Returns their number, 0 at the stream's end, -1 if nothing is there now. */
ssize_t run_read(int fd, char *to, size_t most);

#endif
