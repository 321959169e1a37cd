#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <utmp.h>

#include "nodectl.h"

void run_start(struct run *r, const struct run_request *request, int netns) {
  int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1}, led[2], master = -1, slave = -1;
  struct winsize size = {.ws_row = request->size.rows, .ws_col = request->size.cols};
  char byte;
  r->tty = request->tty;
  if (pipe2(led, O_CLOEXEC) < 0) _exit(125);
  if (r->tty ? openpty(&master, &slave, NULL, NULL, &size) < 0 : pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) _exit(125);
  r->pid = fork();
  if (r->pid < 0) _exit(125);
  if (r->pid == 0) {
    unblock_signals();
    signal(SIGPIPE, SIG_DFL);
    if (netns >= 0) setns(netns, CLONE_NEWNET);
    setsid();
    close(led[1]);
    if (r->tty) {
      close(master);
      login_tty(slave);
      setenv("TERM", *request->term ? request->term : "xterm", 1);
    } else {
      dup2(in[0], 0);
      dup2(out[1], 1);
      dup2(err[1], 2);
    }
    if (chdir(request->cwd) < 0 && chdir("/") < 0) _exit(126);
    exec_or_exit(request->argv);
  }
  /* Signals go to the command's group, which exists only after the command leads one. */
  close(led[1]);
  while (read(led[0], &byte, 1) < 0 && errno == EINTR) {}
  close(led[0]);
  if (r->tty) {
    close(slave);
    r->in = r->out = master;
    r->err = -1;
  } else {
    close(in[0]);
    close(out[1]);
    close(err[1]);
    r->in = in[1];
    r->out = out[0];
    r->err = err[0];
  }
  fcntl(r->in, F_SETFL, O_NONBLOCK);
}

ssize_t run_read(int fd, char *to, size_t most) {
  ssize_t n = read(fd, to, most);
  if (n >= 0) return n;
  return errno == EINTR || errno == EAGAIN ? -1 : 0;
}
