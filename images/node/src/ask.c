/*
 * A client that asks a service, one connection after the other, and tells each answer as a line of
 * JSON: status (HTTP's, 200 for a datagram's answer, 0 for none), its own port and address, time,
 * size of the answer, bytes that the other side never acknowledged, and the answer itself.
 * Three that fail end it: the rest would only wait.
 *
 *   ask [-u] [-n COUNT] [-k] [-t MS] [-s SOURCE]... [-g PATH] [-b BYTES] ADDRESS PORT
 *
 *   -u  datagrams, each from a port of its own
 *   -k  keep every connection open until stdin ends
 *   -s  an address to ask from; several take turns
 *   -b  post that many bytes
 *   -l  read one line that the server says of itself, instead of asking by HTTP
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ports.h"

#define MAX_SOURCES 256
#define MAX_BODY 65536
#define MAX_FAILURES 3

struct result {
  int status, unsent;
  long bytes;
  char body[MAX_BODY];
};

static int datagram, keep, line, timeout_ms = 3000;
static long post = -1;
static const char *path = "/json", *host;
static struct sockaddr_storage to;
static socklen_t to_len;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int parse(const char *text, int port, struct sockaddr_storage *out, socklen_t *len) {
  struct sockaddr_in *v4 = (struct sockaddr_in *)out;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons((unsigned short)port);
    *len = sizeof *v4;
    return 1;
  }
  if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((unsigned short)port);
    *len = sizeof *v6;
    return 1;
  }
  return 0;
}

static int wait_for(int fd, short events, double deadline) {
  struct pollfd p = {fd, events, 0};
  for (;;) {
    double left = deadline - now_ms();
    if (left <= 0) return 0;
    int n = poll(&p, 1, (int)left + 1);
    if (n > 0) return 1;
    if (n < 0 && errno != EINTR) return 0;
  }
}

static int send_all(int fd, const char *data, size_t size, double deadline) {
  while (size > 0) {
    ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return 0;
    if (n < 0 && !wait_for(fd, POLLOUT, deadline)) return 0;
    if (n > 0) data += n, size -= (size_t)n;
  }
  return 1;
}

/* Reads until the answer is whole: a header with Content-Length, and that many bytes. */
static void read_answer(int fd, struct result *r, double deadline) {
  static char data[4 * MAX_BODY];
  size_t have = 0;
  long length = -1, head = 0;
  for (;;) {
    ssize_t n = recv(fd, data + have, sizeof data - 1 - have, 0);
    if (n < 0 && errno == EAGAIN) {
      if (!wait_for(fd, POLLIN, deadline)) return;
      continue;
    }
    if (n <= 0) return;
    have += (size_t)n;
    data[have] = 0;
    char *end = line ? memchr(data, '\n', have) : strstr(data, "\r\n\r\n");
    if (!end) continue;
    if (line) {
      r->status = 200;
      r->bytes = (long)(end - data);
      /* MySQL's greeting: a length of three bytes, a number, the protocol's version (10), the server's as text. */
      const char *said = end == data + 4 ? data + 5 : data;
      snprintf(r->body, sizeof r->body, "%.*s", (int)strcspn(said, "\r\n"), said);
      return;
    }
    char *field = strcasestr(data, "\r\ncontent-length:");
    if (field && field < end) length = atol(field + 17);
    head = end + 4 - data;
    if (length < 0) length = 0;
    if ((long)have - head < length && have < sizeof data - 1) continue;
    r->status = atoi(data + 9);
    r->bytes = (long)have - head;
    snprintf(r->body, sizeof r->body, "%.*s", (int)strcspn(data + head, "\r\n"), data + head);
    return;
  }
}

static void http(int fd, struct result *r, double deadline) {
  char head[512];
  int n = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: keep-alive\r\n", post >= 0 ? "POST" : "GET", path, host);
  n += post >= 0 ? snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %ld\r\n\r\n", post) : snprintf(head + n, sizeof head - (size_t)n, "\r\n");
  if (!send_all(fd, head, (size_t)n, deadline)) return;
  if (post > 0) {
    char *body = calloc(1, (size_t)post);
    memset(body, 'x', (size_t)post);
    int sent = send_all(fd, body, (size_t)post, deadline);
    free(body);
    if (!sent) return;
  }
  read_answer(fd, r, deadline);
  /* What the server answered may be said before it has all of the question. */
  for (;;) {
    if (ioctl(fd, SIOCOUTQ, &r->unsent) < 0 || r->unsent == 0 || now_ms() > deadline) return;
    poll(NULL, 0, 2);
  }
}

static void udp(int fd, struct result *r, double deadline) {
  if (send(fd, "ask", 3, 0) < 0) return;
  while (wait_for(fd, POLLIN, deadline)) {
    ssize_t n = recv(fd, r->body, sizeof r->body - 1, 0);
    if (n < 0 && errno == EAGAIN) continue;
    if (n < 0) return;
    r->body[n] = 0;
    r->body[strcspn(r->body, "\r\n")] = 0;
    r->bytes = n;
    r->status = 200;
    return;
  }
}

static void print_text(const char *text) {
  if (*text == '{') {
    fputs(text, stdout);
    return;
  }
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    if ((unsigned char)*text >= ' ') putchar(*text);
  }
  putchar('"');
}

int main(int argc, char **argv) {
  static struct result r;
  const char *sources[MAX_SOURCES];
  int n_sources = 0, count = 1, failed = 0, option;
  while ((option = getopt(argc, argv, "+ukln:t:s:g:b:")) != -1) {
    if (option == 'u') datagram = 1;
    else if (option == 'k') keep = 1;
    else if (option == 'l') line = 1;
    else if (option == 'n') count = atoi(optarg);
    else if (option == 't') timeout_ms = atoi(optarg);
    else if (option == 's' && n_sources < MAX_SOURCES) sources[n_sources++] = optarg;
    else if (option == 'g') path = optarg;
    else if (option == 'b') post = atol(optarg);
    else return 2;
  }
  if (argc - optind != 2 || !parse(argv[optind], atoi(argv[optind + 1]), &to, &to_len)) {
    fputs("usage: ask [-ukl] [-n COUNT] [-t MS] [-s SOURCE]... [-g PATH] [-b BYTES] ADDRESS PORT\n", stderr);
    return 2;
  }
  host = argv[optind];
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 0; i < count && failed < MAX_FAILURES; i++) {
    struct sockaddr_storage own;
    socklen_t own_len = to_len;
    char text[INET6_ADDRSTRLEN] = "";
    double began = now_ms(), deadline = began + timeout_ms;
    memset(&r, 0, offsetof(struct result, body) + 1);
    int fd = socket(to.ss_family, (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      perror("ask: socket");
      return 1;
    }
    memset(&own, 0, sizeof own);
    own.ss_family = to.ss_family;
    const char *source = n_sources > 0 ? sources[i % n_sources] : "its own address";
    if ((n_sources > 0 && !parse(source, 0, &own, &own_len)) || bind_in_turn(fd, &own, own_len) < 0) {
      fprintf(stderr, "ask: %s: %s\n", source, strerror(errno));
      return 1;
    }
    int error = 0;
    socklen_t size = sizeof error;
    int connected = connect(fd, (struct sockaddr *)&to, to_len) == 0;
    if (!connected && errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline) &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0)
      connected = error == 0;
    own_len = sizeof own;
    getsockname(fd, (struct sockaddr *)&own, &own_len);
    unsigned port = ntohs(own.ss_family == AF_INET ? ((struct sockaddr_in *)&own)->sin_port : ((struct sockaddr_in6 *)&own)->sin6_port);
    if (own.ss_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)&own)->sin_addr, text, sizeof text);
    else inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&own)->sin6_addr, text, sizeof text);
    if (connected && datagram) udp(fd, &r, deadline);
    else if (connected && line) read_answer(fd, &r, deadline);
    else if (connected) http(fd, &r, deadline);
    if (r.status == 0) failed++;
    printf("{\"status\":%d,\"port\":%u,\"source\":\"%s\",\"ms\":%.2f,\"bytes\":%ld,\"unsent\":%d,\"answer\":", r.status, port, text,
           now_ms() - began, r.bytes, r.unsent);
    print_text(r.body);
    fputs("}\n", stdout);
    if (!keep) close(fd);
  }
  if (keep) {
    char drop[64];
    puts("{\"held\":true}");
    while (read(0, drop, sizeof drop) > 0) {}
  }
  return 0;
}
