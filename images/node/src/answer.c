/*
 * A UDP server for real servers: answers every datagram with the client that it saw and the address at which it was
 * reached, and sends the answer from that address (a VIP on lo or tunl0 must be the source of the reply). A number at
 * the start of the datagram is repeated, so that the client knows which datagram was answered.
 *
 *   answer NAME PORT...
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "numbers.h"

#define NAME_MAX_BYTES 255

/* Formats 1.2.3.4:80 or [::1]:80; IPv4 addresses arrive mapped into IPv6 ones. */
static const char *endpoint(const struct in6_addr *a, unsigned port, char *out, size_t size) {
  char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(a)) {
    inet_ntop(AF_INET, &a->s6_addr[12], text, sizeof text);
    snprintf(out, size, "%s:%u", text, port);
  } else {
    inet_ntop(AF_INET6, a, text, sizeof text);
    snprintf(out, size, "[%s]:%u", text, port);
  }
  return out;
}

static void serve(int fd, const char *name, unsigned port) {
  char data[2048], control[CMSG_SPACE(sizeof(struct in6_pktinfo))], text[512], from[64], at[64];
  struct sockaddr_in6 peer;
  struct iovec io = {data, sizeof data};
  struct msghdr message = {.msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &io, .msg_iovlen = 1,
                           .msg_control = control, .msg_controllen = sizeof control};
  ssize_t size = recvmsg(fd, &message, 0);
  if (size < 0) return;
  struct in6_pktinfo *info = NULL;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) info = (struct in6_pktinfo *)CMSG_DATA(c);
  if (!info) return;
  /* Routing must choose the way back: the request may have come through a tunnel. */
  info->ipi6_ifindex = 0;
  char number[32] = "";
  long long asked;
  if (leading_number(data, (size_t)size, LLONG_MAX, &asked) > 0) snprintf(number, sizeof number, ",\"n\":%lld", asked);
  int n = snprintf(text, sizeof text, "{\"server\":\"%s\",\"client\":\"%s\",\"asked\":\"%s\"%s}\n", name,
                   endpoint(&peer.sin6_addr, ntohs(peer.sin6_port), from, sizeof from),
                   endpoint(&info->ipi6_addr, port, at, sizeof at), number);
  if (n < 0 || (size_t)n >= sizeof text) return; /* main limits the length of a name */
  io = (struct iovec){text, (size_t)n};
  if (sendmsg(fd, &message, 0) < 0) perror("answer: sendmsg");
}

int main(int argc, char **argv) {
  int n = argc - 2, on = 1, off = 0;
  if (n < 1) {
    fputs("usage: answer NAME PORT...\n", stderr);
    return 2;
  }
  if (strlen(argv[1]) > NAME_MAX_BYTES) {
    fprintf(stderr, "answer: NAME: %d characters at most, not \"%s\"\n", NAME_MAX_BYTES, argv[1]);
    return 2;
  }
  struct pollfd *polls = calloc((size_t)n, sizeof *polls);
  unsigned short *ports = calloc((size_t)n, sizeof *ports);
  if (!polls || !ports) {
    perror("answer");
    return 1;
  }
  for (int i = 0; i < n; i++) {
    ports[i] = (unsigned short)number_argument("PORT", argv[i + 2], 1, 65535);
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(ports[i])};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof at) < 0) {
      fprintf(stderr, "answer: port %u: %s\n", ports[i], strerror(errno));
      return 1;
    }
    polls[i] = (struct pollfd){fd, POLLIN, 0};
  }
  for (;;) {
    if (poll(polls, (nfds_t)n, -1) < 0) continue;
    for (int i = 0; i < n; i++)
      if (polls[i].revents) serve(polls[i].fd, argv[1], ports[i]);
  }
}
