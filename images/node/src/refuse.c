/*
 * refuse PORT...: answers every TCP segment that reaches this node for one of these ports with a
 * reset, as `reject with tcp reset` of nftables does (RFC 9293 §3.10.7.1), for kernels that lack it.
 * That nobody else answers is for whoever starts it: the segments are to be dropped on their way in,
 * after packet sockets have seen them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static unsigned sum_of(const void *data, size_t size, unsigned sum) {
  const unsigned char *at = data;
  for (; size > 1; at += 2, size -= 2) sum += (unsigned)(at[0] << 8 | at[1]);
  return size ? sum + (unsigned)(at[0] << 8) : sum;
}

static unsigned short folded(unsigned sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((unsigned short)~sum);
}

/* The reset for a segment with so many bytes of payload. */
static struct tcphdr reset_for(const struct tcphdr *in, unsigned payload) {
  struct tcphdr out = {.source = in->dest, .dest = in->source, .doff = 5, .rst = 1};
  if (in->ack) {
    out.seq = in->ack_seq;
  } else {
    out.ack = 1;
    out.ack_seq = htonl(ntohl(in->seq) + payload + in->syn + in->fin);
  }
  return out;
}

static void answer4(int out, const struct iphdr *ip, const struct tcphdr *tcp, unsigned payload) {
  struct { struct iphdr ip; struct tcphdr tcp; } reply = {
    .ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .saddr = ip->daddr, .daddr = ip->saddr},
    .tcp = reset_for(tcp, payload),
  };
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = ip->saddr};
  unsigned sum = sum_of(&reply.ip.saddr, 8, IPPROTO_TCP + sizeof reply.tcp);
  reply.tcp.check = folded(sum_of(&reply.tcp, sizeof reply.tcp, sum));
  if (sendto(out, &reply, sizeof reply, 0, (struct sockaddr *)&to, sizeof to) < 0) perror("refuse");
}

static void answer6(int out, const struct ip6_hdr *ip, const struct tcphdr *tcp, unsigned payload) {
  struct { struct ip6_hdr ip; struct tcphdr tcp; } reply = {
    .ip = {.ip6_flow = htonl(6u << 28), .ip6_plen = htons(sizeof(struct tcphdr)), .ip6_nxt = IPPROTO_TCP, .ip6_hlim = 64,
           .ip6_src = ip->ip6_dst, .ip6_dst = ip->ip6_src},
    .tcp = reset_for(tcp, payload),
  };
  struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = ip->ip6_src};
  unsigned sum = sum_of(&reply.ip.ip6_src, 32, IPPROTO_TCP + sizeof reply.tcp);
  reply.tcp.check = folded(sum_of(&reply.tcp, sizeof reply.tcp, sum));
  if (sendto(out, &reply, sizeof reply, 0, (struct sockaddr *)&to, sizeof to) < 0) perror("refuse");
}

int main(int argc, char **argv) {
  /* Of every frame what comes after its link-layer header. */
  int in = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
  int out4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), out6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (argc < 2) {
    fputs("usage: refuse PORT...\n", stderr);
    return 2;
  }
  if (in < 0 || out4 < 0) {
    perror("refuse");
    return 1;
  }
  for (;;) {
    _Alignas(8) unsigned char data[65536];
    struct sockaddr_ll from;
    socklen_t length = sizeof from;
    ssize_t size = recvfrom(in, data, sizeof data, 0, (struct sockaddr *)&from, &length);
    if (size < 0 && errno != EINTR && errno != ENETDOWN) return 1;
    if (size < (ssize_t)sizeof(struct iphdr) || from.sll_pkttype != PACKET_HOST) continue;
    const struct iphdr *ip4 = (struct iphdr *)data;
    const struct ip6_hdr *ip6 = (struct ip6_hdr *)data;
    int is4 = ip4->version == 4;
    if ((is4 ? ip4->protocol : ip6->ip6_nxt) != IPPROTO_TCP) continue;
    size_t header = is4 ? ip4->ihl * 4u : sizeof *ip6, whole = is4 ? ntohs(ip4->tot_len) : header + ntohs(ip6->ip6_plen);
    const struct tcphdr *tcp = (struct tcphdr *)(data + header);
    if ((size_t)size < header + sizeof *tcp || whole < header + tcp->doff * 4u || tcp->rst) continue;
    unsigned payload = (unsigned)(whole - header - tcp->doff * 4u);
    for (int i = 1; i < argc; i++) {
      if (ntohs(tcp->dest) != atoi(argv[i])) continue;
      if (is4) answer4(out4, ip4, tcp, payload);
      else answer6(out6, ip6, tcp, payload);
      break;
    }
  }
}
