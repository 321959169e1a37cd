/*
 * probe http|https|sctp|banner|udp|dns-udp|dns-tcp ADDRESS PORT EVERY_MS TIMEOUT_MS HELD: sends requests to a service continuously, as its clients
 * do.
 *
 * Every EVERY_MS a new connection sends one request; HELD further connections stay open and send requests in turn. Each
 * attempt becomes one JSON line on stdout, with times in microseconds of the machine's wall clock (the clock of packet
 * captures):
 *   {"kind":"new","n":1,"at":..,"end":..,"lag":..,"ok":true,"server":"rs1"}
 *   {"kind":"held","n":0,"at":..,"end":..,"lag":0,"ok":false,"why":"timeout"}
 * "n" numbers new connections in the order of their starts; they end, and are reported, in any order. For held
 * connections it is the number of the connection. "lag" is how late the attempt started relative to its own schedule:
 * the probe's own error. A held connection that breaks is not reopened: whether it survives is what is measured. If the
 * server speaks first (banner), its first bytes are the answer, and no connection is held. Datagrams (udp) are each
 * sent from a new port; held ones are a stream, from one port, one every EVERY_MS, numbered; a duplicate answer is
 * reported as a further line (queries of DNS in the same way):
 *   {"kind":"stream","n":17,...}
 *   {"kind":"again","n":17,...}
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "answers.h"
#include "dns.h"
#include "numbers.h"
#include "ports.h"
#include "stream.h"

#define MAX_ATTEMPTS 512
#define MAX_HELD 256
#define MAX_STREAM 4096
#define RESPONSE_MAX 2048
/* Interval of requests on each held connection, in microseconds, unless new connections have a longer one. */
#define HELD_EVERY 200000

enum kind { NEW, HELD, STREAM, AGAIN };
static const char *const kinds[] = {"new", "held", "stream", "again"};

struct attempt {
  struct stream to; /* its socket is -1: free */
  enum kind kind;
  int sent;
  long long n, at, lag;
  size_t len;
  char response[RESPONSE_MAX];
};

/* A datagram of the stream, indexed by its number modulo MAX_STREAM. */
struct datagram {
  enum { FREE, ASKED, ANSWERED, LOST } state;
  long long n, at, lag;
};

static struct attempt attempts[MAX_ATTEMPTS], held[MAX_HELD];
static struct datagram stream[MAX_STREAM];
static int stream_fd = -1;
static struct sockaddr_storage target;
static socklen_t target_len;
static enum { HTTP, BANNER, UDP } protocol;
static int dns, encrypted, sctp;
static char request_new[256], request_held[256];
static size_t request_new_len;

static long long wall_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long mono_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void tell(enum kind kind, long long n, long long at, long long lag, const char *why, const char *server) {
  printf("{\"kind\":\"%s\",\"n\":%lld,\"at\":%lld,\"end\":%lld,\"lag\":%lld,", kinds[kind], n, at, wall_us(), lag);
  if (why) printf("\"ok\":false,\"why\":\"%s\"}\n", why);
  else printf("\"ok\":true,\"server\":\"%s\"}\n", server);
}

static void report(const struct attempt *a, const char *why) {
  char server[SERVER_NAME_MAX + 1];
  server_name(a->response, a->len, server);
  tell(a->kind, a->n, a->at, a->lag, why, server);
}

static const char *cause(int error) {
  switch (error) {
    case ECONNREFUSED: return "refused";
    case ECONNRESET: case EPIPE: return "reset";
    case EHOSTUNREACH: case ENETUNREACH: return "unreachable";
    case ETIMEDOUT: return "timeout";
    default: return "error";
  }
}

static void end_attempt(struct attempt *a, const char *why) {
  report(a, why);
  stream_close(&a->to);
}

static int open_socket(void) {
  int one = 1, type = protocol == UDP ? SOCK_DGRAM : SOCK_STREAM;
  int fd = socket(target.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, sctp ? IPPROTO_SCTP : 0);
  struct sockaddr_storage own = {.ss_family = target.ss_family};
  if (fd >= 0 && bind_in_turn(fd, &own, target_len) < 0) {
    close(fd);
    return -1;
  }
  if (fd >= 0 && protocol != UDP && !sctp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void open_attempt(struct attempt *a, enum kind kind, long long n, long long lag) {
  a->kind = kind;
  a->n = n;
  a->at = wall_us();
  a->lag = lag;
  a->sent = 0;
  a->len = 0;
  int fd = open_socket();
  if (fd < 0 || stream_open(&a->to, fd, encrypted) < 0) {
    if (fd >= 0) close(fd);
    a->to.fd = -1;
    report(a, "error");
    return;
  }
  a->to.wants = POLLOUT;
  if (connect(fd, (struct sockaddr *)&target, target_len) < 0 && errno != EINPROGRESS) end_attempt(a, cause(errno));
}

/* Returns whether an answer is complete by the length that it announces, as required on a held connection. */
static int whole(const struct attempt *a, const struct http_answer *answer) {
  return answer->head > 0 && answer->length >= 0 && a->len - answer->head >= (unsigned long long)answer->length;
}

static void progress(struct attempt *a, short events) {
  if (!a->sent) {
    int error = 0;
    socklen_t size = sizeof error;
    if (!(events & (a->to.wants | POLLERR | POLLHUP))) return;
    getsockopt(a->to.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
      end_attempt(a, cause(error));
      return;
    }
    const char *request = a->kind == HELD ? request_held : request_new;
    size_t len = a->kind == HELD ? strlen(request_held) : request_new_len;
    if ((protocol != BANNER || dns) && stream_send(&a->to, request, len) < 0) {
      if (errno != EAGAIN) end_attempt(a, cause(errno));
      return;
    }
    a->sent = 1;
    return;
  }
  ssize_t n = stream_recv(&a->to, a->response + a->len, RESPONSE_MAX - a->len);
  if (n < 0) {
    if (errno != EAGAIN && errno != EINTR) end_attempt(a, cause(errno));
    return;
  }
  a->len += (size_t)n;
  if (dns) {
    unsigned short id;
    const char *text;
    size_t len;
    int whole = n > 0 ? dns_answer(a->response, a->len, protocol != UDP, &id, &text, &len) : -1;
    if (whole != 0) end_attempt(a, whole > 0 ? NULL : n > 0 ? "status" : "closed");
    return;
  }
  if (protocol != HTTP) {
    end_attempt(a, n > 0 ? NULL : "closed");
    return;
  }
  struct http_answer answer = {0};
  int good = http_head(a->response, a->len, &answer) == 1 && answer.status == 200;
  if (a->kind == HELD && n > 0) {
    if (!whole(a, &answer)) return;
    report(a, good ? NULL : "status");
    a->sent = 2; /* answered: idle until its next turn */
  } else if (n == 0 || a->len == RESPONSE_MAX) {
    end_attempt(a, a->kind == HELD || a->len == 0 ? "closed" : good ? NULL : "status");
  }
}

static void ask_on(struct attempt *a) {
  a->at = wall_us();
  a->len = 0;
  a->sent = 1;
  if (stream_send(&a->to, request_held, strlen(request_held)) < 0) end_attempt(a, cause(errno));
}

/* Sends requests on the held connections that are due and have received their last answer. */
static void ask_on_held(int count, long long every) {
  static int turn;
  int turns = (int)((count * every + HELD_EVERY - 1) / HELD_EVERY);
  for (int i = 0; i < turns; i++, turn = (turn + 1) % count)
    if (held[turn].to.fd >= 0 && held[turn].sent == 2) ask_on(&held[turn]);
}

static void ask_on_stream(long long lag) {
  static long long sent;
  char text[DNS_QUERY_MAX];
  struct datagram *d = &stream[++sent % MAX_STREAM];
  *d = (struct datagram){ASKED, sent, wall_us(), lag};
  /* An error belongs to an earlier datagram: this one is lost if no answer arrives. */
  size_t len = dns ? dns_query(text, (unsigned short)(sent & 0xffff), 0) : (size_t)snprintf(text, sizeof text, "%lld", sent);
  send(stream_fd, text, len, MSG_NOSIGNAL);
}

static void hear_on_stream(void) {
  char text[RESPONSE_MAX], server[SERVER_NAME_MAX + 1];
  ssize_t size = recv(stream_fd, text, sizeof text, 0);
  if (size <= 0) return;
  unsigned short id = 0;
  const char *said;
  size_t said_len;
  if (dns && dns_answer(text, (size_t)size, 0, &id, &said, &said_len) < 0) return;
  /* An id has the last 16 bits of the number. */
  long long n = dns ? stream[id % MAX_STREAM].n : answered_number(text, (size_t)size);
  if (dns && (n & 0xffff) != id) return;
  struct datagram *d = &stream[n % MAX_STREAM];
  if (n == 0 || d->n != n || d->state == LOST) return;
  server_name(text, (size_t)size, server);
  tell(d->state == ASKED ? STREAM : AGAIN, n, d->at, d->lag, NULL, server);
  d->state = ANSWERED;
}

static void miss_on_stream(long long now, long long timeout) {
  for (int i = 0; i < MAX_STREAM; i++)
    if (stream[i].state == ASKED && now - stream[i].at > timeout) {
      stream[i].state = LOST;
      tell(STREAM, stream[i].n, stream[i].at, stream[i].lag, "timeout", "");
    }
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fputs("usage: probe http|https|sctp|banner|udp|dns-udp|dns-tcp ADDRESS PORT EVERY_MS TIMEOUT_MS HELD\n", stderr);
    return 2;
  }
  if (strcmp(argv[1], "http") == 0) protocol = HTTP;
  else if (strcmp(argv[1], "https") == 0) protocol = HTTP, encrypted = 1;
  else if (strcmp(argv[1], "sctp") == 0) protocol = HTTP, sctp = 1;
  else if (strcmp(argv[1], "banner") == 0) protocol = BANNER;
  else if (strcmp(argv[1], "udp") == 0) protocol = UDP;
  else if (strcmp(argv[1], "dns-udp") == 0) protocol = UDP, dns = 1;
  else if (strcmp(argv[1], "dns-tcp") == 0) protocol = BANNER, dns = 1;
  else {
    fprintf(stderr, "probe: expected http, https, sctp, banner, udp, dns-udp or dns-tcp, not \"%s\"\n", argv[1]);
    return 2;
  }
  if (parse_address(argv[2], (unsigned short)number_argument("PORT", argv[3], 1, 65535), &target, &target_len) < 0) {
    fprintf(stderr, "probe: ADDRESS: expected an IPv4 or IPv6 address, not \"%s\"\n", argv[2]);
    return 2;
  }
  long long every = number_argument("EVERY_MS", argv[4], 1, INT_MAX) * 1000, timeout = number_argument("TIMEOUT_MS", argv[5], 1, INT_MAX) * 1000, begun = 0;
  int count = (int)number_argument("HELD", argv[6], 0, MAX_HELD);
  snprintf(request_new, sizeof request_new, "GET /json HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", argv[2]);
  snprintf(request_held, sizeof request_held, "GET /json HTTP/1.1\r\nHost: %s\r\n\r\n", argv[2]);
  if (protocol == UDP) strcpy(request_new, "?");
  request_new_len = dns ? dns_query(request_new, 1, protocol != UDP) : strlen(request_new);
  for (int i = 0; i < MAX_ATTEMPTS; i++) attempts[i].to.fd = -1;
  for (int i = 0; i < MAX_HELD; i++) held[i].to.fd = -1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGPIPE, SIG_DFL);
  if (protocol == HTTP)
    for (int i = 0; i < count; i++) open_attempt(&held[i], HELD, i, 0);
  if (protocol == UDP && count > 0 && (stream_fd = open_socket()) >= 0) connect(stream_fd, (struct sockaddr *)&target, target_len);
  for (long long next = mono_us();;) {
    long long lag = mono_us() - next;
    if (lag >= 0) {
      for (int i = 0; i < MAX_ATTEMPTS; i++)
        if (attempts[i].to.fd < 0) {
          open_attempt(&attempts[i], NEW, ++begun, lag);
          break;
        }
      if (protocol == HTTP && count > 0) ask_on_held(count, every);
      if (stream_fd >= 0) ask_on_stream(lag);
      next += every;
      if (lag > every) next = mono_us() + every; /* the probe was stalled; the lag is recorded */
    }
    struct pollfd polls[MAX_HELD + MAX_ATTEMPTS + 1];
    struct attempt *of[MAX_HELD + MAX_ATTEMPTS];
    nfds_t n = 0;
    long long now = wall_us();
    for (int i = -MAX_HELD; i < MAX_ATTEMPTS; i++) {
      struct attempt *a = i < 0 ? &held[i + MAX_HELD] : &attempts[i];
      if (a->to.fd < 0) continue;
      if (a->kind == NEW && now - a->at > timeout) {
        end_attempt(a, "timeout");
        continue;
      }
      of[n] = a;
      polls[n++] = (struct pollfd){a->to.fd, a->sent ? POLLIN : a->to.wants, 0};
    }
    nfds_t connections = n;
    if (stream_fd >= 0) {
      miss_on_stream(now, timeout);
      polls[n++] = (struct pollfd){stream_fd, POLLIN, 0};
    }
    long long wait = next - mono_us();
    struct timespec pause = {wait > 0 ? wait / 1000000 : 0, wait > 0 ? wait % 1000000 * 1000 : 0};
    if (ppoll(polls, n, &pause, NULL) <= 0) continue;
    for (nfds_t i = 0; i < connections; i++)
      if (polls[i].revents) progress(of[i], polls[i].revents);
    if (stream_fd >= 0 && polls[n - 1].revents) hear_on_stream();
  }
}
