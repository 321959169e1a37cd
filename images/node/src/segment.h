/* TCP segments as delivered by a packet socket, and the reset that answers one. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stddef.h>

struct segment {
  int family; /* AF_INET or AF_INET6 */
  union {
    struct iphdr v4;
    struct ip6_hdr v6;
  } ip;
  struct tcphdr tcp;
  unsigned payload;            /* in bytes */
  size_t options, options_len; /* the TCP options: their place in the packet, and how many bytes of them are there */
};

/* Maximum size of a reset: both headers. */
#define RESET_MAX (sizeof(struct ip6_hdr) + sizeof(struct tcphdr))

/*
 * Reads a packet from its IP header on; returns 0, or -1 if it is not a TCP segment, not its beginning or not complete.
 */
int parse_segment(const unsigned char *data, size_t len, struct segment *out);

/* Writes the reset for a segment, from its IP header on (RFC 9293 §3.10.7.1); returns its size in bytes. */
size_t reset_for(const struct segment *in, unsigned char out[RESET_MAX]);

/* Returns the Internet checksum over a TCP segment and its pseudo header: 0 if the segment's checksum is right. */
unsigned short tcp_sum(const struct segment *s);

#endif
