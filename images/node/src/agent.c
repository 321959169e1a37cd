/* The guest's end of `nodectl exec`: one process for each command, using the frames of frames.h. */
#define _GNU_SOURCE
#include "nodectl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frames.h"
#include "run.h"

/* Forwards one read from the command to the client; returns 0 when that stream has ended. */
static int forward(int fd, enum frame type, struct buf *to) {
  char chunk[16384];
  ssize_t n = run_read(fd, chunk, sizeof chunk);
  if (n > 0) buf_frame(to, type, chunk, (uint32_t)n);
  return n != 0;
}

static void drain(int fd, enum frame type, struct buf *to) {
  struct pollfd p = {fd, POLLIN, 0};
  while (fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & (POLLIN | POLLHUP)) && forward(fd, type, to)) {}
}

static void flush(int conn, struct buf *to) {
  fcntl(conn, F_SETFL, 0);
  write_all(conn, to->data, to->len);
}

/* The client's bytes for the command that have not been written to it yet. */
struct input {
  struct buf bytes;
  int ended;
};

/* Handles a frame from the client; returns -1 if a client cannot send it, or not now. */
static int take(struct run *r, struct input *input, int type, const char *body, uint32_t len, int main_netns) {
  struct run_request request;
  struct size size;
  int number;
  switch (type) {
    case F_RUN:
      if (r->pid || parse_run(body, len, &request) < 0) return -1;
      run_start(r, &request, main_netns);
      free_run(&request);
      return 0;
    case F_STDIN:
      if (len > STDIN_WINDOW - input->bytes.len) return -1;
      if (len == 0) input->ended = 1;
      if (r->in >= 0) buf_add(&input->bytes, body, len);
      return 0;
    case F_SIGNAL:
      if (parse_signal(body, len, &number) < 0 || !r->pid) return -1;
      kill(-r->pid, number);
      return 0;
    case F_WINCH: {
      if (parse_size(body, len, &size) < 0) return -1;
      struct winsize window = {.ws_row = size.rows, .ws_col = size.cols};
      if (r->tty) ioctl(r->out, TIOCSWINSZ, &window);
      return 0;
    }
    default:
      return -1;
  }
}

/* Ends this conversation: the client receives this message, and an exit code as the command's. */
static void refuse(int conn, struct buf *to, const char *words) __attribute__((noreturn));
static void refuse(int conn, struct buf *to, const char *words) {
  unsigned char code = 125;
  buf_frame(to, F_STDERR, words, (uint32_t)strlen(words));
  buf_frame(to, F_EXIT, &code, 1);
  flush(conn, to);
  _exit(125);
}

static void serve(int conn, int main_netns) {
  struct run r = {.in = -1, .out = -1, .err = -1};
  struct buf from = {0}, to = {0};
  struct input input = {0};
  int one = 1;
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(conn, F_SETFL, O_NONBLOCK);
  for (;;) {
    int room = to.len < FRAME_MAX;
    struct pollfd p[] = {
        {conn, (short)(POLLIN | (to.len ? POLLOUT : 0)), 0}, {signals, POLLIN, 0}, {room ? r.out : -1, POLLIN, 0},
        {room ? r.err : -1, POLLIN, 0}, {input.bytes.len ? r.in : -1, POLLOUT, 0}};
    if (poll(p, 5, -1) < 0 && errno != EINTR) _exit(125);
    if (p[2].revents && !forward(r.out, F_STDOUT, &to)) {
      if (r.in != r.out) close(r.out);
      r.out = -1;
    }
    if (p[3].revents && !forward(r.err, F_STDERR, &to)) {
      close(r.err);
      r.err = -1;
    }
    if (p[4].revents) {
      ssize_t n = write(r.in, input.bytes.data, input.bytes.len);
      if (n < 0 && errno != EAGAIN && errno != EINTR) n = (ssize_t)input.bytes.len; /* the command reads no more */
      if (n > 0) {
        uint32_t taken = htonl((uint32_t)n);
        buf_drop(&input.bytes, (size_t)n);
        buf_frame(&to, F_ACK, &taken, 4);
      }
    }
    if (p[0].revents & POLLOUT) {
      ssize_t n = write(conn, to.data, to.len);
      if (n > 0) buf_drop(&to, (size_t)n);
    }
    if (p[0].revents & (POLLIN | POLLHUP | POLLERR)) {
      char chunk[16384];
      const char *body;
      uint32_t len;
      int type;
      ssize_t n = read(conn, chunk, sizeof chunk);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        if (r.pid > 0) kill(-r.pid, SIGHUP); /* the caller is gone */
        _exit(0);
      }
      if (n > 0) buf_add(&from, chunk, (size_t)n);
      while ((type = buf_peek(&from, &body, &len)) > 0) {
        if (take(&r, &input, type, body, len, main_netns) < 0) {
          type = -1;
          break;
        }
        buf_drop(&from, FRAME_HEAD + len);
      }
      if (type < 0) {
        if (r.pid > 0) kill(-r.pid, SIGHUP);
        refuse(conn, &to, "agent: the client sent nonsense\n");
      }
    }
    /* Only here: the end may have arrived in this very round, and no other event would wake this loop. */
    if (input.ended && input.bytes.len == 0 && r.in >= 0) {
      if (r.tty) {
        char eof = 4;
        if (write(r.in, &eof, 1) < 0) {} /* then it has ended */
      } else {
        close(r.in);
        r.in = -1;
      }
      input.ended = 0;
    }
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {}
    int status;
    if (r.pid > 0 && waitpid(r.pid, &status, WNOHANG) == r.pid) {
      unsigned char code = (unsigned char)exit_code(status);
      drain(r.out, F_STDOUT, &to);
      drain(r.err, F_STDERR, &to);
      buf_frame(&to, F_EXIT, &code, 1);
      flush(conn, &to);
      _exit(0);
    }
  }
}

int agent_main(int main_netns, int ready_fd, int go_fd) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(MGMT_PORT)};
  char byte;
  int one = 1;
  if (unshare(CLONE_NEWNET) < 0) die("agent: %s", strerror(errno));
  write_all(ready_fd, "r", 1);
  if (read(go_fd, &byte, 1) != 1) return 1;
  if (system("ip addr add " MGMT_GUEST_IP MGMT_PREFIX " dev vec0 && ip link set vec0 up") != 0) return 1;
  signal(SIGCHLD, SIG_IGN);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  inet_pton(AF_INET, MGMT_GUEST_IP, &at.sin_addr);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 64) < 0) die("agent: %s", strerror(errno));
  write_all(ready_fd, "r", 1);
  for (;;) {
    int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (conn < 0) continue;
    if (fork() == 0) {
      signal(SIGCHLD, SIG_DFL);
      serve(conn, main_netns);
    }
    close(conn);
  }
}
