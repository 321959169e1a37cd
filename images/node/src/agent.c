/* The guest's end of `nodectl exec`: one process for each command, speaking the frames of nodectl.h. */
#define _GNU_SOURCE
#include "nodectl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
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
#include <utmp.h>

struct run {
  pid_t pid;
  int tty;
  int in, out, err; /* our ends; with a terminal, in == out and err is -1 */
};

static void start(struct run *r, const char *body, uint32_t len, int main_netns) {
  uint16_t head[3];
  char *argv[4096], *at, *end;
  int n = 0, in[2], out[2], err[2], master = -1, slave = -1;
  struct buf copy = {0};
  if (len < sizeof head + 2) _exit(125);
  buf_add(&copy, body, len);
  buf_add(&copy, "", 1);
  memcpy(head, copy.data, sizeof head);
  at = copy.data + sizeof head;
  end = copy.data + len;
  char *cwd = at, *term = cwd + strlen(cwd) + 1;
  for (at = term + strlen(term) + 1; at < end && n < 4095; at += strlen(at) + 1) argv[n++] = at;
  argv[n] = NULL;
  if (n == 0) _exit(125);
  r->tty = ntohs(head[0]);
  struct winsize size = {.ws_row = ntohs(head[1]), .ws_col = ntohs(head[2])};
  if (r->tty ? openpty(&master, &slave, NULL, NULL, &size) < 0 : pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) _exit(125);
  r->pid = fork();
  if (r->pid < 0) _exit(125);
  if (r->pid == 0) {
    unblock_signals();
    signal(SIGPIPE, SIG_DFL);
    setns(main_netns, CLONE_NEWNET);
    setsid();
    if (r->tty) {
      close(master);
      login_tty(slave);
      setenv("TERM", *term ? term : "xterm", 1);
    } else {
      dup2(in[0], 0);
      dup2(out[1], 1);
      dup2(err[1], 2);
    }
    if (chdir(cwd) < 0 && chdir("/") < 0) _exit(126);
    exec_or_exit(argv);
  }
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
  free(copy.data);
}

/* One read from the command to the client; 0 when that stream has ended. */
static int forward(int fd, char type, struct buf *to) {
  char chunk[16384];
  ssize_t n = read(fd, chunk, sizeof chunk);
  if (n > 0) buf_frame(to, type, chunk, (uint32_t)n);
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void drain(int fd, char type, struct buf *to) {
  struct pollfd p = {fd, POLLIN, 0};
  while (fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & (POLLIN | POLLHUP)) && forward(fd, type, to)) {}
}

static void flush(int conn, struct buf *to) {
  fcntl(conn, F_SETFL, 0);
  write_all(conn, to->data, to->len);
}

static void serve(int conn, int main_netns) {
  struct run r = {.in = -1, .out = -1, .err = -1};
  struct buf from = {0}, to = {0}, input = {0};
  int input_ended = 0, one = 1;
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
        {room ? r.err : -1, POLLIN, 0}, {input.len ? r.in : -1, POLLOUT, 0}};
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
      ssize_t n = write(r.in, input.data, input.len);
      if (n < 0 && errno != EAGAIN && errno != EINTR) n = (ssize_t)input.len; /* it reads no more */
      if (n > 0) {
        uint32_t taken = htonl((uint32_t)n);
        buf_drop(&input, (size_t)n);
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
        if (type == F_RUN && !r.pid) start(&r, body, len, main_netns);
        if (type == F_STDIN && len == 0) input_ended = 1;
        if (type == F_STDIN && r.in >= 0) buf_add(&input, body, len);
        if (type == F_SIGNAL && r.pid > 0 && len == 1) kill(-r.pid, (unsigned char)body[0]);
        if (type == F_WINCH && r.tty && len == 4) {
          uint16_t v[2];
          memcpy(v, body, 4);
          struct winsize size = {.ws_row = ntohs(v[0]), .ws_col = ntohs(v[1])};
          ioctl(r.out, TIOCSWINSZ, &size);
        }
        buf_drop(&from, 5 + len);
      }
      if (type < 0) _exit(125);
    }
    /* Only here: the end may have come in this very round, and nothing else would wake us for it. */
    if (input_ended && input.len == 0 && r.in >= 0) {
      if (r.tty) {
        char eof = 4;
        if (write(r.in, &eof, 1) < 0) input_ended = 0;
      } else {
        close(r.in);
        r.in = -1;
      }
      input_ended = 0;
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
