/*
 * nodectl serve [LANE]: one command of the engine that runs all others. The engine takes a tenth of a second of a
 * processor to start a command; this process takes a fork. LANE is for those who list the engine's commands.
 *
 * Commands are independent. The end of stdin closes the stdin of each, with which a tethered command ends; this process
 * ends after the last of them.
 *
 * Stdin was seen to stay open although the client had been killed, right after it had started this process. A client ends a
 * server that is idle (IDLE_MS of command-server.ts), so one that is idle for longer has none, and ends by itself.
 */
#define _GNU_SOURCE
#include "nodectl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frames.h"
#include "run.h"

/* Milliseconds without a command after which there is no client. */
enum { ABANDONED_MS = 30000 };

struct command {
  uint32_t number;
  struct run run;
};

static struct command *commands;
static size_t n_commands;
static struct buf out; /* what the client has not received yet */

static void send_frame(uint32_t number, enum frame type, const void *data, size_t len) {
  struct buf payload = {0};
  uint32_t name = htonl(number);
  buf_add(&payload, &name, sizeof name);
  buf_add(&payload, data, len);
  buf_frame(&out, type, payload.data, (uint32_t)payload.len);
  buf_free(&payload);
}

static void close_end(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Forwards one read of a stream, and closes it at its end; returns whether something was there. */
static int forward(struct command *c, int *fd, enum frame type) {
  char chunk[16384];
  ssize_t n = run_read(*fd, chunk, sizeof chunk);
  if (n > 0) send_frame(c->number, type, chunk, (size_t)n);
  if (n == 0) close_end(fd);
  return n > 0;
}

static void drain(struct command *c, int *fd, enum frame type) {
  while (*fd >= 0) {
    struct pollfd p = {*fd, POLLIN, 0};
    if (poll(&p, 1, 0) <= 0 || !forward(c, fd, type)) return;
  }
}

static void start(uint32_t number, const struct run_request *request) {
  commands = reallocarray(commands, n_commands + 1, sizeof *commands);
  if (!commands) die("out of memory");
  commands[n_commands] = (struct command){.number = number};
  run_start(&commands[n_commands++].run, request, -1);
}

static void take(int type, const char *payload, uint32_t len) {
  struct run_request request;
  uint32_t number;
  if (parse_number(payload, len, &number) < 0) die("the client sent nonsense");
  if (type == F_RUN && parse_run(payload + NUMBER_LEN, len - NUMBER_LEN, &request) == 0 && !request.tty) {
    start(number, &request);
    free_run(&request);
  } else if (type == F_STDIN && len == NUMBER_LEN) {
    for (size_t i = 0; i < n_commands; i++)
      if (commands[i].number == number) close_end(&commands[i].run.in);
  } else {
    die("the client sent nonsense");
  }
}

/* Reads requests; returns 0 at their end. */
static int take_requests(struct buf *in) {
  char chunk[16384];
  const char *payload;
  uint32_t len;
  int type;
  ssize_t n = run_read(0, chunk, sizeof chunk);
  if (n > 0) buf_add(in, chunk, (size_t)n);
  while ((type = buf_peek(in, &payload, &len)) > 0) {
    take(type, payload, len);
    buf_drop(in, FRAME_HEAD + len);
  }
  if (type < 0) die("the client sent nonsense");
  return n != 0;
}

static void reap(void) {
  for (size_t i = 0; i < n_commands;) {
    struct command *c = &commands[i];
    int status;
    if (waitpid(c->run.pid, &status, WNOHANG) != c->run.pid) {
      i++;
      continue;
    }
    unsigned char code = (unsigned char)exit_code(status);
    drain(c, &c->run.out, F_STDOUT);
    drain(c, &c->run.err, F_STDERR);
    send_frame(c->number, F_EXIT, &code, sizeof code);
    close_end(&c->run.in);
    close_end(&c->run.out);
    close_end(&c->run.err);
    *c = commands[--n_commands];
  }
}

int serve_main(void) {
  struct buf in = {0};
  struct pollfd *p = NULL;
  int client = 1;
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  signal(SIGPIPE, SIG_IGN);
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  send_frame(0, F_HELLO, NULL, 0);
  for (;;) {
    if (write_all(1, out.data, out.len) < 0) {} /* nobody listens: the commands end all the same */
    buf_drop(&out, out.len);
    if (!client && n_commands == 0) return 0;
    p = reallocarray(p, 2 + 2 * n_commands, sizeof *p);
    if (!p) die("out of memory");
    size_t polled = n_commands;
    p[0] = (struct pollfd){client ? 0 : -1, POLLIN, 0};
    p[1] = (struct pollfd){signals, POLLIN, 0};
    for (size_t i = 0; i < polled; i++) {
      p[2 + 2 * i] = (struct pollfd){commands[i].run.out, POLLIN, 0};
      p[3 + 2 * i] = (struct pollfd){commands[i].run.err, POLLIN, 0};
    }
    int ready = poll(p, 2 + 2 * polled, polled == 0 ? ABANDONED_MS : -1);
    if (ready == 0) return 0;
    if (ready < 0 && errno != EINTR) die("poll: %s", strerror(errno));
    for (size_t i = 0; i < polled; i++) {
      if (p[2 + 2 * i].revents) forward(&commands[i], &commands[i].run.out, F_STDOUT);
      if (p[3 + 2 * i].revents) forward(&commands[i], &commands[i].run.err, F_STDERR);
    }
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {}
    reap();
    if (p[0].revents && !take_requests(&in)) {
      client = 0;
      for (size_t i = 0; i < n_commands; i++) close_end(&commands[i].run.in);
    }
  }
}
