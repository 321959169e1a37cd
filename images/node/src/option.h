/*
 * The client's own address and port, as Full-NAT of DPVS tells them to a real server: in an option of TCP (TOA), or of
 * IPv4 in front of UDP (UOA).
 */
#ifndef OPTION_H
#define OPTION_H

#include <netinet/in.h>
#include <stddef.h>

#define OPTION_TOA 254
#define OPTION_UOA 31

struct client {
  struct in6_addr address; /* IPv4 ones are mapped into IPv6 */
  in_port_t port;          /* in network byte order */
};

/* Reads the client from the options of a header; returns 0, or -1 if they name none. */
int client_of(const unsigned char *options, size_t len, unsigned char kind, struct client *out);

/* Maps an IPv4 address, as it stands in a packet, into an IPv6 one. */
struct in6_addr mapped(const void *v4);

#endif
