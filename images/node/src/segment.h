/* TCP segments as a packet socket gives them, and the reset that answers one. */
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
  unsigned payload; /* bytes of it */
};

/* Longest reset: both headers. */
#define RESET_MAX (sizeof(struct ip6_hdr) + sizeof(struct tcphdr))

/* Reads a packet from its IP header on; 0, or -1 when it is no TCP segment, not its beginning or not whole. */
int parse_segment(const unsigned char *data, size_t len, struct segment *out);

/* Writes the reset for a segment from its IP header on (RFC 9293 §3.10.7.1); returns its bytes. */
size_t reset_for(const struct segment *in, unsigned char out[RESET_MAX]);

/* The sum over a TCP segment and its pseudo header, as the Internet checksum has it: 0 when its checksum is right. */
unsigned short tcp_sum(const struct segment *s);

#endif
