/* A node's side of the wiring, and code that both sides share; see handover.h. */
#define _GNU_SOURCE
#include "handover.h"
#include "job.h"
#include "nodectl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds between two attempts to reach the fabric, which listens before any node is started. */
#define AGAIN_MS 20

union one_fd {
  char bytes[CMSG_SPACE(sizeof(int))];
  struct cmsghdr head;
};

int send_fd(int socket, const void *data, size_t len, int fd) {
  union one_fd control = {0};
  struct iovec part = {(void *)data, len};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
  memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

ssize_t recv_fd(int socket, void *data, size_t len, int *fd, int flags) {
  union one_fd control = {0};
  struct iovec part = {data, len};
  /* CMSG_SPACE has room for two descriptors; the kernel closes any that do not fit. */
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_LEN(sizeof *fd)};
  *fd = -1;
  ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  struct cmsghdr *head = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
  if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof *fd))
    memcpy(fd, CMSG_DATA(head), sizeof *fd);
  return n;
}

/* Unpacks `left` bytes of tar from the connection. Returns tar's exit code, or -1 if the connection ended. */
static int unpack(int connection, long long left) {
  char chunk[65536];
  int in[2], status, lost = 0;
  if (pipe2(in, O_CLOEXEC) < 0) die("pipe: %s", strerror(errno));
  pid_t pid = fork();
  if (pid < 0) die("fork: %s", strerror(errno));
  if (pid == 0) {
    char *argv[] = {"tar", "--no-same-owner", "-xf", "-", "-C", "/", NULL};
    dup2(in[0], 0);
    exec_or_exit(argv);
  }
  close(in[0]);
  while (left > 0 && !lost) {
    ssize_t n = read(connection, chunk, left < (long long)sizeof chunk ? (size_t)left : sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    lost = n <= 0;
    if (n > 0) write_all(in[1], chunk, (size_t)n); /* tar may have ended: it reports why */
    if (n > 0) left -= n;
  }
  close(in[1]);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  return lost ? -1 : exit_code(status);
}

/* Connects, and sends the token and this process's network namespace. Returns the connection, or -1. */
static int present(const char *token) {
  struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = WIRE_SOCKET};
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (connection < 0 || netns < 0) die("no way to hand over the network: %s", strerror(errno));
  int sent = connect(connection, (struct sockaddr *)&to, sizeof to) == 0 && send_fd(connection, token, TOKEN_LEN, netns) == 0;
  close(netns);
  if (sent) return connection;
  close(connection);
  return -1;
}

/* Reads the length of the files; returns -1 if the connection ends first, or sends none. */
static long long files_length(int connection) {
  char head[32];
  for (size_t n = 0; n < sizeof head; n++) {
    if (read(connection, head + n, 1) != 1) return -1;
    if (head[n] == '\n') return parse_files_length(head, n + 1);
  }
  return -1;
}

int hand_over(const char *token) {
  static const char failed[] = "failed: its files cannot be unpacked\n", unpacked[] = "unpacked\n";
  struct timespec again = {0, AGAIN_MS * 1000000L};
  if (strlen(token) != TOKEN_LEN) die("the token has %zu characters, not %d", strlen(token), TOKEN_LEN);
  for (;; nanosleep(&again, NULL)) {
    char byte;
    int connection = present(token);
    if (connection < 0) continue;
    long long length = files_length(connection);
    int status = length < 0 ? -1 : unpack(connection, length);
    if (status > 0) tell(connection, failed);
    if (status == 0 && write_all(connection, unpacked, sizeof unpacked - 1) == 0 && read(connection, &byte, 1) == 1) return connection;
    close(connection);
  }
}

void tell(int connection, const char *text) {
  if (send(connection, text, strlen(text), MSG_NOSIGNAL) < 0) fprintf(stderr, "nodectl: nobody hears: %s", text);
}
