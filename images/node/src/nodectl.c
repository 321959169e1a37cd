/*
 * nodectl: the one program of ours inside a node.
 *
 *   nodectl init [TOKEN]    process 1 of a container: gets its wires and files, then boots or starts
 *   guest-init              process 1 of a guest kernel (a link to this file)
 *   nodectl exec -- CMD     runs CMD in the node's kernel, guest or not
 *   svc start|stop|status   the node's services (a link to this file)
 *   nodectl signal ID N     sends a signal to the command that was started with LAB_EXEC=ID
 *   nodectl fabric          process 1 of the fabric
 *   nodectl wire            in the fabric: gives nodes their wires and files, reports each as it is ready
 *   nodectl offload IFACE.. turns off what a veth leaves undone for the next hop
 *   nodectl mark N SEGMENT.. sends a frame by which who captures knows that all before has come through
 */
#include "nodectl.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void die(const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  fputs("nodectl: ", stderr);
  vfprintf(stderr, fmt, args);
  fputc('\n', stderr);
  va_end(args);
  exit(125);
}

int write_all(int fd, const void *data, size_t len) {
  const char *at = data;
  while (len > 0) {
    ssize_t n = write(fd, at, len);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    at += n;
    len -= (size_t)n;
  }
  return 0;
}

int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

void unblock_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

void exec_or_exit(char **argv) {
  execvp(argv[0], argv);
  int missing = errno == ENOENT;
  fprintf(stderr, "%s: %s\n", argv[0], missing ? "command not found" : strerror(errno));
  _exit(missing ? 127 : 126);
}

void buf_add(struct buf *b, const void *data, size_t len) {
  if (b->len + len > b->cap) {
    b->cap = (b->len + len) * 2;
    b->data = realloc(b->data, b->cap);
    if (!b->data) die("out of memory");
  }
  memcpy(b->data + b->len, data, len);
  b->len += len;
}

void buf_drop(struct buf *b, size_t len) {
  b->len -= len;
  memmove(b->data, b->data + len, b->len);
}

void buf_frame(struct buf *b, char type, const void *data, uint32_t len) {
  unsigned char head[5] = {(unsigned char)type, len >> 24, len >> 16, len >> 8, len};
  buf_add(b, head, sizeof head);
  buf_add(b, data, len);
}

int buf_peek(const struct buf *b, const char **payload, uint32_t *len) {
  if (b->len < 5) return 0;
  const unsigned char *h = (const unsigned char *)b->data;
  *len = (uint32_t)h[1] << 24 | (uint32_t)h[2] << 16 | (uint32_t)h[3] << 8 | h[4];
  if (*len > FRAME_MAX) return -1;
  if (b->len < 5 + (size_t)*len) return 0;
  *payload = b->data + 5;
  return h[0];
}

int main(int argc, char **argv) {
  const char *name = strrchr(argv[0], '/');
  name = name ? name + 1 : argv[0];
  if (strcmp(name, "guest-init") == 0) return init_main(1, NULL);
  if (strcmp(name, "svc") == 0) return svc_main(argc - 1, argv + 1);
  if (argc < 2) die("usage: nodectl init|exec|signal|fabric|wire|offload|mark");
  if (strcmp(argv[1], "init") == 0) return init_main(0, argc > 2 ? argv[2] : NULL);
  if (strcmp(argv[1], "exec") == 0) return exec_main(argc - 2, argv + 2);
  if (strcmp(argv[1], "signal") == 0) return signal_main(argc - 2, argv + 2);
  if (strcmp(argv[1], "fabric") == 0) return fabric_main();
  if (strcmp(argv[1], "wire") == 0) return wire_main();
  if (strcmp(argv[1], "offload") == 0) return offload_main(argc - 2, argv + 2);
  if (strcmp(argv[1], "mark") == 0) return mark_main(argc - 2, argv + 2);
  die("unknown verb %s", argv[1]);
}
