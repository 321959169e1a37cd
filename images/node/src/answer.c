/*
 * A UDP server for real servers: answers every datagram with the client that it saw and the address at which it was
 * reached, and sends the answer from that address (a VIP on lo or tunl0 must be the source of the reply). A number at
 * the start of the datagram is repeated, so that the client knows which datagram was answered.
 *
 *   answer [-u] NAME PORT...
 *
 *   -u  the answer tells, too, which client UOA told, on this datagram or an earlier one from its port, or `none`
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

#include "address.h"
#include "clients.h"
#include "numbers.h"

#define NAME_MAX_BYTES 255
/* Maximum size of the options of an IPv4 header. */
#define OPTIONS_MAX 40

static void serve(int fd, const char *name, in_port_t port, int reads_uoa) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(OPTIONS_MAX)];
  char data[2048], text[640], from[ENDPOINT_MAX], at[ENDPOINT_MAX], own[ENDPOINT_MAX] = "none";
  struct sockaddr_in6 peer;
  struct iovec io = {data, sizeof data};
  struct msghdr message = {.msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &io, .msg_iovlen = 1,
                           .msg_control = control, .msg_controllen = sizeof control};
  ssize_t size = recvmsg(fd, &message, 0);
  if (size < 0) return;
  struct in6_pktinfo info;
  struct client client;
  int reached = 0, told = 0;
  char number[32] = "", uoa[ENDPOINT_MAX + 16] = "";
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) memcpy(&info, CMSG_DATA(c), sizeof info), reached = 1;
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVOPTS &&
        client_of(CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0), OPTION_UOA, &client) == 0)
      told = 1;
  }
  if (!reached) return;
  if (reads_uoa) {
    /* Only the first datagrams of a client have the option. */
    struct ends ends = {peer.sin6_addr, info.ipi6_addr, peer.sin6_port, port};
    if (told) keep_client(&ends, &client);
    if (recall_client(&ends, &client) == 0) endpoint(&client.address, client.port, own);
    snprintf(uoa, sizeof uoa, ",\"uoa\":\"%s\"", own);
  }
  /* Routing must choose the way back: the request may have come through a tunnel. */
  info.ipi6_ifindex = 0;
  long long asked;
  if (leading_number(data, (size_t)size, LLONG_MAX, &asked) > 0) snprintf(number, sizeof number, ",\"n\":%lld", asked);
  int n = snprintf(text, sizeof text, "{\"server\":\"%s\",\"client\":\"%s\",\"asked\":\"%s\"%s%s}\n", name,
                   endpoint(&peer.sin6_addr, peer.sin6_port, from), endpoint(&info.ipi6_addr, port, at), uoa, number);
  if (n < 0 || (size_t)n >= sizeof text) return; /* main limits the length of a name */
  io = (struct iovec){text, (size_t)n};
  /* Of what came beside the request, only the address goes back. */
  message.msg_controllen = CMSG_SPACE(sizeof info);
  struct cmsghdr *way = CMSG_FIRSTHDR(&message);
  *way = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO};
  memcpy(CMSG_DATA(way), &info, sizeof info);
  if (sendmsg(fd, &message, 0) < 0) perror("answer: sendmsg");
}

int main(int argc, char **argv) {
  int on = 1, off = 0, reads_uoa = 0, option;
  while ((option = getopt(argc, argv, "+u")) != -1) {
    if (option != 'u') return 2;
    reads_uoa = 1;
  }
  argv += optind;
  int n = argc - optind - 1;
  if (n < 1) {
    fputs("usage: answer [-u] NAME PORT...\n", stderr);
    return 2;
  }
  const char *name = argv[0];
  if (strlen(name) > NAME_MAX_BYTES) {
    fprintf(stderr, "answer: NAME: %d characters at most, not \"%s\"\n", NAME_MAX_BYTES, name);
    return 2;
  }
  struct pollfd *polls = calloc((size_t)n, sizeof *polls);
  in_port_t *ports = calloc((size_t)n, sizeof *ports);
  if (!polls || !ports) {
    perror("answer");
    return 1;
  }
  for (int i = 0; i < n; i++) {
    ports[i] = htons((in_port_t)number_argument("PORT", argv[i + 1], 1, 65535));
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = ports[i]};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) < 0 ||
        (reads_uoa && setsockopt(fd, IPPROTO_IP, IP_RECVOPTS, &on, sizeof on) < 0) ||
        bind(fd, (struct sockaddr *)&at, sizeof at) < 0) {
      fprintf(stderr, "answer: port %s: %s\n", argv[i + 1], strerror(errno));
      return 1;
    }
    polls[i] = (struct pollfd){fd, POLLIN, 0};
  }
  for (;;) {
    if (poll(polls, (nfds_t)n, -1) < 0) continue;
    for (int i = 0; i < n; i++)
      if (polls[i].revents) serve(polls[i].fd, name, ports[i], reads_uoa);
  }
}
