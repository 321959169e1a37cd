#define _GNU_SOURCE
#include "segment.h"

#include <arpa/inet.h>
#include <string.h>

static unsigned sum_of(const void *data, size_t size, unsigned sum) {
  const unsigned char *at = data;
  for (; size > 1; at += 2, size -= 2) sum += (unsigned)at[0] << 8 | at[1];
  return size ? sum + ((unsigned)at[0] << 8) : sum;
}

unsigned short tcp_sum(const struct segment *s) {
  unsigned sum = sum_of(&s->tcp, sizeof s->tcp, IPPROTO_TCP + sizeof s->tcp);
  sum = s->family == AF_INET ? sum_of(&s->ip.v4.saddr, 8, sum) : sum_of(&s->ip.v6.ip6_src, 32, sum);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((unsigned short)~sum);
}

int parse_segment(const unsigned char *data, size_t len, struct segment *out) {
  size_t header, whole;
  memset(out, 0, sizeof *out);
  if (len < 1) return -1;
  if (data[0] >> 4 == 4) {
    if (len < sizeof out->ip.v4) return -1;
    memcpy(&out->ip.v4, data, sizeof out->ip.v4);
    out->family = AF_INET;
    header = out->ip.v4.ihl * 4u;
    whole = ntohs(out->ip.v4.tot_len);
    /* A later fragment has no TCP header, and bytes in its place are data. */
    if (header < sizeof out->ip.v4 || out->ip.v4.protocol != IPPROTO_TCP || (ntohs(out->ip.v4.frag_off) & IP_OFFMASK)) return -1;
  } else {
    if (data[0] >> 4 != 6 || len < sizeof out->ip.v6) return -1;
    memcpy(&out->ip.v6, data, sizeof out->ip.v6);
    out->family = AF_INET6;
    header = sizeof out->ip.v6;
    whole = header + ntohs(out->ip.v6.ip6_plen);
    if (out->ip.v6.ip6_nxt != IPPROTO_TCP) return -1;
  }
  if (len < header + sizeof out->tcp) return -1;
  memcpy(&out->tcp, data + header, sizeof out->tcp);
  size_t headers = header + out->tcp.doff * 4u;
  if (out->tcp.doff < 5 || whole < headers) return -1;
  out->payload = (unsigned)(whole - headers);
  out->options = header + sizeof out->tcp;
  out->options_len = (len < headers ? len : headers) - out->options;
  return 0;
}

size_t reset_for(const struct segment *in, unsigned char out[RESET_MAX]) {
  struct segment reply = {.family = in->family, .tcp = {.source = in->tcp.dest, .dest = in->tcp.source, .doff = 5, .rst = 1}};
  if (in->tcp.ack) {
    reply.tcp.seq = in->tcp.ack_seq;
  } else {
    reply.tcp.ack = 1;
    reply.tcp.ack_seq = htonl(ntohl(in->tcp.seq) + in->payload + in->tcp.syn + in->tcp.fin);
  }
  size_t header;
  if (in->family == AF_INET) {
    header = sizeof reply.ip.v4;
    reply.ip.v4 = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .tot_len = htons(sizeof reply.ip.v4 + sizeof reply.tcp),
                                 .saddr = in->ip.v4.daddr, .daddr = in->ip.v4.saddr};
  } else {
    header = sizeof reply.ip.v6;
    reply.ip.v6 = (struct ip6_hdr){.ip6_flow = htonl(6u << 28), .ip6_plen = htons(sizeof reply.tcp), .ip6_nxt = IPPROTO_TCP, .ip6_hlim = 64,
                                   .ip6_src = in->ip.v6.ip6_dst, .ip6_dst = in->ip.v6.ip6_src};
  }
  reply.tcp.check = tcp_sum(&reply);
  memcpy(out, &reply.ip, header);
  memcpy(out + header, &reply.tcp, sizeof reply.tcp);
  return header + sizeof reply.tcp;
}
