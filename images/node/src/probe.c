/*
 * probe http|banner ADDRESS PORT EVERY_MS TIMEOUT_MS: asks a service without end, as its clients do.
 *
 * Every EVERY_MS a new connection asks once; one connection more is kept and asks again and
 * again. Each attempt becomes one JSON line on stdout, with times in microseconds of the
 * machine's wall clock (the clock that packet captures use):
 *   {"kind":"new","n":1,"at":..,"end":..,"lag":..,"ok":true,"server":"rs1"}
 *   {"kind":"held","n":0,"at":..,"end":..,"lag":0,"ok":false,"why":"timeout"}
 * "n" counts the new connections as they are begun; they end, and are told, in any order.
 * "lag" is how late the attempt started against its own schedule: the probe's own error.
 * A held connection that breaks is not made anew: whether it survived is the question.
 * Of a server that speaks first (banner) the first bytes are the answer, and no connection is held.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_ATTEMPTS 512
#define RESPONSE_MAX 2048

struct attempt {
  int fd; /* -1: free */
  int held, sent;
  long long n, at, lag;
  size_t len;
  char response[RESPONSE_MAX];
};

static struct attempt attempts[MAX_ATTEMPTS], held = {.fd = -1, .held = 1};
static struct addrinfo *target;
static int banner;
static char request_new[256], request_held[256];

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

static void report(const struct attempt *a, const char *why) {
  char server[64] = "";
  const char *head = strcasestr(a->response, "\nX-Server: ");
  if (head) sscanf(head + 11, "%63[A-Za-z0-9_.-]", server);
  printf("{\"kind\":\"%s\",\"n\":%lld,\"at\":%lld,\"end\":%lld,\"lag\":%lld,", a->held ? "held" : "new", a->n, a->at, wall_us(), a->lag);
  if (why) printf("\"ok\":false,\"why\":\"%s\"}\n", why);
  else printf("\"ok\":true,\"server\":\"%s\"}\n", server);
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
  close(a->fd);
  a->fd = -1;
}

static void open_attempt(struct attempt *a, long long lag) {
  static long long begun;
  int one = 1;
  a->n = a->held ? 0 : ++begun;
  a->at = wall_us();
  a->lag = lag;
  a->sent = 0;
  a->len = 0;
  a->response[0] = 0;
  a->fd = socket(target->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (a->fd < 0) {
    report(a, "error");
    return;
  }
  setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(a->fd, target->ai_addr, target->ai_addrlen) < 0 && errno != EINPROGRESS) end_attempt(a, cause(errno));
}

/* A held connection's answer is whole when its announced length is there; a new one's, when it ends. */
static int whole(const struct attempt *a) {
  const char *body = strstr(a->response, "\r\n\r\n"), *length = strcasestr(a->response, "\nContent-Length:");
  return body && length && a->len - (size_t)(body + 4 - a->response) >= strtoul(length + 16, NULL, 10);
}

static void progress(struct attempt *a, short events) {
  if (!a->sent) {
    int error = 0;
    socklen_t size = sizeof error;
    if (!(events & (POLLOUT | POLLERR | POLLHUP))) return;
    getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
      end_attempt(a, cause(error));
      return;
    }
    const char *request = a->held ? request_held : request_new;
    if (!banner && send(a->fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
      end_attempt(a, cause(errno));
      return;
    }
    a->sent = 1;
    return;
  }
  ssize_t n = recv(a->fd, a->response + a->len, RESPONSE_MAX - 1 - a->len, 0);
  if (n < 0) {
    if (errno != EAGAIN && errno != EINTR) end_attempt(a, cause(errno));
    return;
  }
  a->len += (size_t)n;
  a->response[a->len] = 0;
  if (banner) {
    end_attempt(a, n > 0 ? NULL : "closed");
    return;
  }
  int good = strncmp(a->response, "HTTP/1.1 200", 12) == 0;
  if (a->held && n > 0) {
    if (!whole(a)) return;
    report(a, good ? NULL : "status");
    a->sent = 2; /* answered: idle until its next turn */
  } else if (n == 0 || a->len == RESPONSE_MAX - 1) {
    end_attempt(a, a->held || a->len == 0 ? "closed" : good ? NULL : "status");
  }
}

static void next_on_held(void) {
  held.at = wall_us();
  held.len = 0;
  held.response[0] = 0;
  held.sent = 1;
  if (send(held.fd, request_held, strlen(request_held), MSG_NOSIGNAL) < 0) end_attempt(&held, cause(errno));
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fputs("usage: probe http|banner ADDRESS PORT EVERY_MS TIMEOUT_MS\n", stderr);
    return 2;
  }
  banner = strcmp(argv[1], "banner") == 0;
  argv++;
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
  long long every = atoll(argv[3]) * 1000, timeout = atoll(argv[4]) * 1000;
  if (getaddrinfo(argv[1], argv[2], &hints, &target) != 0 || every <= 0 || timeout <= 0) {
    fputs("probe: bad address, port or time\n", stderr);
    return 2;
  }
  snprintf(request_new, sizeof request_new, "GET /json HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", argv[1]);
  snprintf(request_held, sizeof request_held, "GET /json HTTP/1.1\r\nHost: %s\r\n\r\n", argv[1]);
  for (int i = 0; i < MAX_ATTEMPTS; i++) attempts[i].fd = -1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGPIPE, SIG_DFL);
  if (!banner) open_attempt(&held, 0);
  for (long long next = mono_us();;) {
    long long lag = mono_us() - next;
    if (lag >= 0) {
      for (int i = 0; i < MAX_ATTEMPTS; i++)
        if (attempts[i].fd < 0) {
          open_attempt(&attempts[i], lag);
          break;
        }
      if (held.fd >= 0 && held.sent == 2) next_on_held();
      next += every;
      if (lag > every) next = mono_us() + every; /* we were stalled; the lag is on record */
    }
    struct pollfd polls[MAX_ATTEMPTS + 1];
    struct attempt *of[MAX_ATTEMPTS + 1];
    nfds_t n = 0;
    long long now = wall_us();
    for (int i = -1; i < MAX_ATTEMPTS; i++) {
      struct attempt *a = i < 0 ? &held : &attempts[i];
      if (a->fd < 0) continue;
      if (!a->held && now - a->at > timeout) {
        end_attempt(a, "timeout");
        continue;
      }
      of[n] = a;
      polls[n++] = (struct pollfd){a->fd, a->sent ? POLLIN : POLLOUT, 0};
    }
    long long wait = next - mono_us();
    struct timespec pause = {wait > 0 ? wait / 1000000 : 0, wait > 0 ? wait % 1000000 * 1000 : 0};
    if (ppoll(polls, n, &pause, NULL) <= 0) continue;
    for (nfds_t i = 0; i < n; i++)
      if (polls[i].revents) progress(of[i], polls[i].revents);
  }
}
