/*
 * refuse PORT...: answers every TCP segment that reaches this node for one of these ports with a reset, as `reject with
 * tcp reset` of nftables does (RFC 9293 §3.10.7.1), for kernels that lack it. The caller must ensure that no other
 * program answers: it must drop the segments on their way in, after packet sockets have seen them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "numbers.h"
#include "segment.h"

static void send_reset(int out4, int out6, const struct segment *in) {
  unsigned char reply[RESET_MAX];
  size_t size = reset_for(in, reply);
  struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_addr.s_addr = in->ip.v4.saddr};
  struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_addr = in->ip.v6.ip6_src};
  ssize_t sent = in->family == AF_INET ? sendto(out4, reply, size, 0, (struct sockaddr *)&to4, sizeof to4)
                                       : sendto(out6, reply, size, 0, (struct sockaddr *)&to6, sizeof to6);
  if (sent < 0) perror("refuse");
}

int main(int argc, char **argv) {
  static unsigned char refused[65536]; /* by port */
  if (argc < 2) {
    fputs("usage: refuse PORT...\n", stderr);
    return 2;
  }
  for (int i = 1; i < argc; i++) refused[number_argument("PORT", argv[i], 1, 65535)] = 1;
  /* The part of every frame after its link-layer header. */
  int in = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
  int out4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), out6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (in < 0 || out4 < 0) {
    perror("refuse");
    return 1;
  }
  for (;;) {
    unsigned char data[65536];
    struct sockaddr_ll from;
    struct segment segment;
    socklen_t length = sizeof from;
    ssize_t size = recvfrom(in, data, sizeof data, 0, (struct sockaddr *)&from, &length);
    if (size < 0 && errno != EINTR && errno != ENETDOWN) {
      perror("refuse");
      return 1;
    }
    if (size < 0 || from.sll_pkttype != PACKET_HOST || parse_segment(data, (size_t)size, &segment) < 0) continue;
    /* A reset must not be answered with a reset. */
    if (refused[ntohs(segment.tcp.dest)] && !segment.tcp.rst) send_reset(out4, out6, &segment);
  }
}
