/*
 * A client that sends requests to a service, one connection after the other, and prints each answer as a line of JSON:
 * status (HTTP's, 200 for the answer to a datagram, 0 for none), its own port and address, time, size of the answer,
 * bytes (over SCTP: chunks) that the other side never acknowledged, and the answer itself. Three failures end it: the rest would only wait.
 *
 *   ask [-u [-o]] [-p] [-d] [-e] [-n COUNT] [-k] [-t MS] [-s SOURCE]... [-g PATH] [-b BYTES] ADDRESS PORT
 *
 *   -u  datagrams, each from a new port
 *   -o  all datagrams from one port
 *   -p  over SCTP
 *   -d  a query of DNS (dns.h), over TCP unless with -u
 *   -e  in TLS; the server's certificate is not verified
 *   -k  keep every connection open until stdin ends
 *   -s  a source address; several are used in turn
 *   -b  post that many bytes
 *   -l  read one line that the server sends first, instead of an HTTP request
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/sctp.h>
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

#include "address.h"
#include "answers.h"
#include "buf.h"
#include "die.h"
#include "dns.h"
#include "numbers.h"
#include "ports.h"
#include "stream.h"

#define MAX_ANSWER 262144
#define MAX_FAILURES 3

struct result {
  int status, unsent;
  size_t bytes;
  const char *said; /* the part of the answer that is printed, with its length */
  size_t said_len;
};

static char data[MAX_ANSWER];
static int datagram, sctp, one_port, dns, encrypted, keep, line;
static long long timeout_ms = 3000, post = -1;
static const char *path = "/json", *host;
static struct sockaddr_storage to;
static socklen_t to_len;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
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

static int send_all(struct stream *to_server, const char *what, size_t size, double deadline) {
  while (size > 0) {
    ssize_t n = stream_send(to_server, what, size);
    if (n < 0 && errno != EAGAIN) return 0;
    if (n < 0 && !wait_for(to_server->fd, to_server->wants, deadline)) return 0;
    if (n > 0) what += n, size -= (size_t)n;
  }
  return 1;
}

/* Reads the answer to a query of DNS, as far as it has arrived; returns 0 if more must arrive. */
static int read_dns(size_t have, struct result *r) {
  unsigned short id;
  int whole = dns_answer(data, have, !datagram, &id, &r->said, &r->said_len);
  if (whole > 0) r->status = 200, r->bytes = have;
  return whole;
}

/* Reads until the answer is complete: a header with Content-Length, and that many bytes; a line; or an answer of DNS. */
static void read_answer(struct stream *from, struct result *r, double deadline) {
  size_t have = 0;
  while (have < sizeof data && now_ms() < deadline) {
    struct http_answer answer;
    ssize_t n = stream_recv(from, data + have, sizeof data - have);
    if (n < 0 && errno == EAGAIN && wait_for(from->fd, from->wants, deadline)) continue;
    if (n <= 0) return;
    have += (size_t)n;
    if (dns) {
      if (read_dns(have, r) == 0) continue;
      return;
    }
    if (line) {
      if (!greeting(data, have, &r->said, &r->said_len)) continue;
      r->status = 200;
      r->bytes = r->said_len;
      return;
    }
    int whole = http_head(data, have, &answer);
    if (whole < 0) return;
    if (whole == 0) continue;
    r->bytes = have - answer.head;
    if (answer.length > 0 && r->bytes < (unsigned long long)answer.length && have < sizeof data) continue;
    r->status = answer.status;
    r->said = data + answer.head;
    r->said_len = line_length(r->said, r->bytes);
    return;
  }
}

/* Finds out how much of a request is not acknowledged; returns 0 if that is known. */
static int unacknowledged(int fd, int *out) {
  struct sctp_status status;
  socklen_t size = sizeof status;
  memset(&status, 0, sizeof status);
  if (!sctp) return ioctl(fd, SIOCOUTQ, out);
  if (getsockopt(fd, IPPROTO_SCTP, SCTP_STATUS, &status, &size) < 0) return -1;
  *out = status.sstat_unackdata;
  return 0;
}

static void http(struct stream *s, struct result *r, double deadline) {
  struct buf head = {0};
  buf_print(&head, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: keep-alive\r\n", post >= 0 ? "POST" : "GET", path, host);
  if (post >= 0) buf_print(&head, "Content-Length: %lld\r\n", post);
  buf_add(&head, "\r\n", 2);
  int sent = send_all(s, head.data, head.len, deadline);
  buf_free(&head);
  memset(data, 'x', sizeof data);
  for (long long left = post; sent && left > 0; left -= (long long)sizeof data)
    sent = send_all(s, data, left < (long long)sizeof data ? (size_t)left : sizeof data, deadline);
  if (!sent) return;
  read_answer(s, r, deadline);
  /* The server may answer before it has received the whole request. */
  for (;;) {
    if (unacknowledged(s->fd, &r->unsent) < 0 || r->unsent == 0 || now_ms() > deadline) return;
    poll(NULL, 0, 2);
  }
}

static void name_query(struct stream *s, struct result *r, double deadline) {
  char query[DNS_QUERY_MAX];
  if (send_all(s, query, dns_query(query, 1, 1), deadline)) read_answer(s, r, deadline);
}

static void udp(int fd, struct result *r, double deadline) {
  char query[DNS_QUERY_MAX] = "ask";
  if (send(fd, query, dns ? dns_query(query, 1, 0) : 3, 0) < 0) return;
  while (wait_for(fd, POLLIN, deadline)) {
    ssize_t n = recv(fd, data, sizeof data, 0);
    if (n < 0 && errno == EAGAIN) continue;
    if (n < 0) return;
    if (dns) {
      read_dns((size_t)n, r);
      return;
    }
    *r = (struct result){.status = 200, .bytes = (size_t)n, .said = data, .said_len = line_length(data, (size_t)n)};
    return;
  }
}

/* Prints text as a JSON string, whatever bytes a server put into it. */
static void print_text(const char *text, size_t len) {
  putchar('"');
  for (; len > 0; text++, len--) {
    if ((unsigned char)*text < ' ') printf("\\u%04x", (unsigned char)*text);
    else if (*text == '"' || *text == '\\') printf("\\%c", *text);
    else putchar(*text);
  }
  putchar('"');
}

int main(int argc, char **argv) {
  const char **sources = calloc((size_t)argc, sizeof *sources);
  long long count = 1;
  int n_sources = 0, failed = 0, option, fd = -1;
  if (!sources) die("out of memory");
  while ((option = getopt(argc, argv, "+uopdekln:t:s:g:b:")) != -1) {
    if (option == 'u') datagram = 1;
    else if (option == 'o') one_port = 1;
    else if (option == 'p') sctp = 1;
    else if (option == 'd') dns = 1;
    else if (option == 'e') encrypted = 1;
    else if (option == 'k') keep = 1;
    else if (option == 'l') line = 1;
    else if (option == 'n') count = number_argument("-n", optarg, 1, INT_MAX);
    else if (option == 't') timeout_ms = number_argument("-t", optarg, 1, INT_MAX);
    else if (option == 's') sources[n_sources++] = optarg;
    else if (option == 'g') path = optarg;
    else if (option == 'b') post = number_argument("-b", optarg, 0, INT_MAX);
    else return 2;
  }
  if (argc - optind != 2) {
    fputs("usage: ask [-uopdekl] [-n COUNT] [-t MS] [-s SOURCE]... [-g PATH] [-b BYTES] ADDRESS PORT\n", stderr);
    return 2;
  }
  if (parse_address(argv[optind], (unsigned short)number_argument("PORT", argv[optind + 1], 1, 65535), &to, &to_len) < 0) {
    fprintf(stderr, "ask: ADDRESS: expected an IPv4 or IPv6 address, not \"%s\"\n", argv[optind]);
    return 2;
  }
  host = argv[optind];
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (long long i = 0; i < count && failed < MAX_FAILURES; i++) {
    struct sockaddr_storage own;
    socklen_t own_len = to_len;
    char text[INET6_ADDRSTRLEN] = "";
    double began = now_ms(), deadline = began + (double)timeout_ms;
    struct result r = {0};
    int again = one_port && fd >= 0;
    if (!again) fd = socket(to.ss_family, (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, sctp ? IPPROTO_SCTP : 0);
    if (fd < 0) {
      perror("ask: socket");
      return 1;
    }
    memset(&own, 0, sizeof own);
    own.ss_family = to.ss_family;
    const char *source = n_sources > 0 ? sources[i % n_sources] : "its own address";
    if (n_sources > 0 && parse_address(source, 0, &own, &own_len) < 0) {
      fprintf(stderr, "ask: -s: expected an IPv4 or IPv6 address, not \"%s\"\n", source);
      return 2;
    }
    if (!again && bind_in_turn(fd, &own, own_len) < 0) {
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
    struct stream s;
    if (stream_open(&s, fd, encrypted) < 0) die("no memory or random numbers for TLS");
    if (connected && datagram) udp(fd, &r, deadline);
    else if (connected && dns) name_query(&s, &r, deadline);
    else if (connected && line) read_answer(&s, &r, deadline);
    else if (connected) http(&s, &r, deadline);
    if (r.status == 0) failed++;
    printf("{\"status\":%d,\"port\":%u,\"source\":\"%s\",\"ms\":%.2f,\"bytes\":%zu,\"unsent\":%d,\"answer\":", r.status, port, text,
           now_ms() - began, r.bytes, r.unsent);
    print_text(r.said, r.said_len);
    fputs("}\n", stdout);
    if (!keep && !one_port) stream_close(&s);
  }
  if (keep) {
    char drop[64];
    puts("{\"held\":true}");
    while (read(0, drop, sizeof drop) > 0) {}
  }
  return 0;
}
