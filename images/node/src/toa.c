/*
 * toa [-s] NAME PORT[@ADDRESS]...: an HTTP server for real servers that knows the client's own address behind Full-NAT without a kernel
 * module. DPVS writes it into a TCP option (TOA) on the handshake's ACK and on the first data. A packet socket sees each
 * packet before TCP does, so the option is there when the connection is accepted, or when its first request is read.
 *
 *   /      the client in the words of nginx here: its own address if TOA tells it, else the one that the socket has;
 *          then both, and the server
 *   /json  the same for checks: "client" is the one that the socket has, "toa" the one that TOA tells, or `none`
 *   /big   60,000 bytes
 *
 *   -s  over SCTP, which has no TOA: "toa" is missing then. A server tells an SCTP client every address that it listens
 *       on, and the client may use each: so it listens on the one at which it is asked.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "buf.h"
#include "clients.h"
#include "die.h"
#include "numbers.h"
#include "request.h"
#include "segment.h"

#define NAME_MAX_BYTES 255
/* Maximum size of the head of a request. */
#define HEAD_MAX 8192
#define BIG 60000
/* Both headers of a packet, with all their options. */
#define HEADERS_MAX 160
/* Room for packets that wait to be read. */
#define WAITING_BYTES (4 << 20)
/* Limit of connections; fewer if the system allows fewer. When it is reached, the one that was silent longest ends. */
#define MOST 16384
/* Descriptors that are not connections: standard ones, the packet socket, one that is being accepted. */
#define OTHER_DESCRIPTORS 16

struct connection {
  int fd;
  struct ends ends;
  int told; /* whether TOA told the client */
  struct client client;
  unsigned long long turn; /* when it was last heard */
  struct buf in, out;
  long long body; /* bytes of the request's body that have not arrived */
  int ends_next;  /* it is closed when all is sent */
};

static const char *name;
static unsigned char served[65536]; /* by port */
static int tap = -1, sctp;
static unsigned long long turns;
static struct connection *connections;
static size_t n_connections, most;

/* The places of the filter's parts, and a jump to the one or the other of them. */
enum { IPV4 = 6, IPV6 = 12, TCP = 15, TAKE = 20, DROP = 21 };
#define IF(at, how, what, yes, no) BPF_JUMP(BPF_JMP | (how) | BPF_K, what, (yes) - (at) - 1, (no) - (at) - 1)

/* Opens a packet socket for TCP segments with options that this node receives, except SYNs: they carry no TOA. */
static int open_tap(void) {
  static struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
      IF(1, BPF_JEQ, PACKET_HOST, 2, DROP),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
      IF(4, BPF_JEQ, 0x60, IPV6, 5),
      IF(5, BPF_JEQ, 0x40, IPV4, DROP),
      /* IPV4: no later fragment; x becomes the place of the TCP header */
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
      IF(7, BPF_JEQ, IPPROTO_TCP, 8, DROP),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
      IF(9, BPF_JSET, IP_OFFMASK, DROP, 10),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_JMP | BPF_JA, TCP - 11 - 1),
      /* IPV6 */
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
      IF(13, BPF_JEQ, IPPROTO_TCP, 14, DROP),
      BPF_STMT(BPF_LDX | BPF_IMM, sizeof(struct ip6_hdr)),
      /* TCP */
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 13),
      IF(16, BPF_JSET, TH_SYN, DROP, 17),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 12),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
      IF(19, BPF_JGT, 5 << 4, TAKE, DROP),
      BPF_STMT(BPF_RET | BPF_K, HEADERS_MAX),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog filter = {sizeof code / sizeof *code, code};
  struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  int room = WAITING_BYTES;
  /* It receives nothing until it is bound: by then it has its filter. */
  int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0 ||
      bind(fd, (struct sockaddr *)&all, sizeof all) < 0)
    die("packet socket: %s", strerror(errno));
  /* As much as is allowed. */
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  return fd;
}

/* Reads all packets that have arrived, and keeps the clients that they tell. */
static void read_tap(void) {
  unsigned char data[HEADERS_MAX];
  ssize_t size;
  while ((size = recv(tap, data, sizeof data, 0)) >= 0) {
    struct segment s;
    struct client client;
    if (parse_segment(data, (size_t)size, &s) < 0 || !served[ntohs(s.tcp.dest)] ||
        client_of(data + s.options, s.options_len, OPTION_TOA, &client) < 0)
      continue;
    int v4 = s.family == AF_INET;
    struct ends ends = {.peer = v4 ? mapped(&s.ip.v4.saddr) : s.ip.v6.ip6_src,
                        .own = v4 ? mapped(&s.ip.v4.daddr) : s.ip.v6.ip6_dst,
                        .peer_port = s.tcp.source,
                        .own_port = s.tcp.dest};
    keep_client(&ends, &client);
  }
}

/* Finds out whom TOA told for a connection. */
static void learn(struct connection *c) {
  if (c->told || sctp) return;
  read_tap();
  c->told = recall_client(&c->ends, &c->client) == 0;
}

static void end(struct connection *c) {
  forget_client(&c->ends);
  close(c->fd);
  buf_free(&c->in);
  buf_free(&c->out);
  *c = connections[--n_connections];
}

static void respond(struct connection *c, const char *status, const char *type, const struct buf *body, const struct http_request *r) {
  c->ends_next = !r->keeps;
  buf_print(&c->out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: %s\r\nX-Server: %s\r\n\r\n", status, type,
            body->len, r->keeps ? "keep-alive" : "close", name);
  if (!r->bodiless) buf_add(&c->out, body->data, body->len);
}

static int asks_for(const struct http_request *r, const char *path) {
  return r->path_len == strlen(path) && memcmp(r->path, path, r->path_len) == 0;
}

static void answer(struct connection *c, const struct http_request *r) {
  char peer[ENDPOINT_MAX], own[ENDPOINT_MAX], toa[ENDPOINT_MAX] = "none", told[ENDPOINT_MAX + 32] = "";
  struct buf body = {0};
  learn(c);
  endpoint(&c->ends.peer, c->ends.peer_port, peer);
  endpoint(&c->ends.own, c->ends.own_port, own);
  if (c->told) endpoint(&c->client.address, c->client.port, toa);
  if (asks_for(r, "/json")) {
    if (!sctp) snprintf(told, sizeof told, ",\"toa\":\"%s\"", toa);
    buf_print(&body, "{\"server\":\"%s\",\"client\":\"%s\",\"asked\":\"%s\"%s}\n", name, peer, own, told);
    respond(c, "200 OK", "application/json", &body, r);
  } else if (asks_for(r, "/big")) {
    static char big[BIG];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\n';
    respond(c, "200 OK", "text/plain", &(struct buf){.data = big, .len = sizeof big}, r);
  } else {
    if (!sctp) snprintf(told, sizeof told, "toa_remote_addr : %s\n", toa);
    buf_print(&body, "Your ip:port : %s\nremote_addr : %s\n%sI am %s, asked at %s\n", c->told ? toa : peer, peer, told, name, own);
    respond(c, "200 OK", "text/plain", &body, r);
  }
  buf_free(&body);
}

/* Answers what has arrived; the next request is read when the last answer is sent. */
static void read_requests(struct connection *c) {
  while (c->out.len == 0 && !c->ends_next) {
    size_t skipped = c->body < (long long)c->in.len ? (size_t)c->body : c->in.len;
    buf_drop(&c->in, skipped);
    c->body -= (long long)skipped;
    if (c->body > 0) return;
    struct http_request r;
    int whole = http_request(c->in.data, c->in.len, &r);
    if (whole == 0 && c->in.len <= HEAD_MAX) return;
    if (whole == 1) {
      answer(c, &r);
      buf_drop(&c->in, r.head);
      c->body = r.length;
    } else {
      respond(c, "400 Bad Request", "text/plain", &(struct buf){0}, &(struct http_request){0});
    }
  }
}

/* Sends as much as the client takes; returns 0 when the connection is over. */
static int send_answer(struct connection *c) {
  while (c->out.len > 0) {
    ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 1;
    if (n < 0) return 0;
    buf_drop(&c->out, (size_t)n);
    if (c->out.len == 0) read_requests(c);
  }
  return !c->ends_next;
}

/* Reads what has arrived; returns 0 when the connection is over. */
static int hear(struct connection *c) {
  char data[16384];
  ssize_t n = recv(c->fd, data, sizeof data, 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return 0;
  c->turn = ++turns;
  buf_add(&c->in, data, (size_t)n);
  read_requests(c);
  return send_answer(c);
}

static void end_the_quietest(void) {
  struct connection *quietest = connections;
  for (size_t i = 1; i < n_connections; i++)
    if (connections[i].turn < quietest->turn) quietest = &connections[i];
  end(quietest);
}

static void accept_all(int listener) {
  struct sockaddr_in6 peer, own;
  for (;;) {
    socklen_t peer_len = sizeof peer, own_len = sizeof own;
    int fd = accept4(listener, (struct sockaddr *)&peer, &peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno != EAGAIN) perror("toa: accept");
    if (fd < 0) return;
    if (getsockname(fd, (struct sockaddr *)&own, &own_len) < 0) {
      close(fd); /* it is over already */
      continue;
    }
    if (n_connections == most) end_the_quietest();
    struct connection *c = &connections[n_connections++];
    *c = (struct connection){.fd = fd, .ends = {peer.sin6_addr, own.sin6_addr, peer.sin6_port, own.sin6_port}, .turn = ++turns};
    learn(c);
  }
}

/* Listens on PORT or PORT@ADDRESS. */
static int listen_on(char *port) {
  struct sockaddr_in6 at = {.sin6_family = AF_INET6};
  char *address = strchr(port, '@');
  if (address) {
    struct sockaddr_storage one;
    socklen_t len;
    *address++ = 0;
    if (parse_address(address, 0, &one, &len) < 0) die("PORT@ADDRESS: expected an IPv4 or IPv6 address, not \"%s\"", address);
    if (one.ss_family == AF_INET) at.sin6_addr = mapped(&((struct sockaddr_in *)&one)->sin_addr.s_addr);
    else at.sin6_addr = ((struct sockaddr_in6 *)&one)->sin6_addr;
  }
  at.sin6_port = htons((in_port_t)number_argument("PORT", port, 1, 65535));
  int on = 1, off = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, sctp ? IPPROTO_SCTP : 0);
  served[ntohs(at.sin6_port)] = 1;
  if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
      listen(fd, SOMAXCONN) < 0)
    die("port %s: %s", port, strerror(errno));
  return fd;
}

/* Returns how many connections there may be at once. */
static size_t connections_allowed(size_t listeners) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0) die("limit of open files: %s", strerror(errno));
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  size_t others = listeners + OTHER_DESCRIPTORS;
  if (files.rlim_cur <= others) die("only %llu files may be open", (unsigned long long)files.rlim_cur);
  return files.rlim_cur - others < MOST ? files.rlim_cur - others : MOST;
}

int main(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "+s")) != -1) {
    if (option != 's') return 2;
    sctp = 1;
  }
  argv += optind;
  if (argc - optind < 2) {
    fputs("usage: toa [-s] NAME PORT[@ADDRESS]...\n", stderr);
    return 2;
  }
  name = argv[0];
  if (strlen(name) > NAME_MAX_BYTES) {
    fprintf(stderr, "toa: NAME: %d characters at most, not \"%s\"\n", NAME_MAX_BYTES, name);
    return 2;
  }
  size_t listeners = (size_t)(argc - optind) - 1;
  most = connections_allowed(listeners);
  connections = calloc(most, sizeof *connections);
  struct pollfd *polls = calloc(listeners + 1 + most, sizeof *polls);
  if (!connections || !polls) die("out of memory");
  /* It is there before anybody can connect. */
  if (!sctp) tap = open_tap();
  for (size_t i = 0; i < listeners; i++) polls[i] = (struct pollfd){listen_on(argv[i + 1]), POLLIN, 0};
  polls[listeners] = (struct pollfd){tap, POLLIN, 0}; /* no descriptor, no events */
  struct pollfd *own = polls + listeners + 1;
  for (;;) {
    for (size_t i = 0; i < n_connections; i++)
      own[i] = (struct pollfd){connections[i].fd, connections[i].out.len > 0 ? POLLOUT : POLLIN, 0};
    if (poll(polls, listeners + 1 + n_connections, -1) < 0) continue;
    /* From the last one: the place of one that ends is taken by one that had its turn. */
    for (size_t i = n_connections; i-- > 0;)
      if (own[i].revents && !(connections[i].out.len > 0 ? send_answer(&connections[i]) : hear(&connections[i]))) end(&connections[i]);
    if (polls[listeners].revents) read_tap();
    for (size_t i = 0; i < listeners; i++)
      if (polls[i].revents) accept_all(polls[i].fd);
  }
}
