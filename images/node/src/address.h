/* Addresses of both families, as the programs here need them. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

/* Parses an IPv4 or IPv6 address as text, and a port, for the kernel; returns 0, or -1 if the text is not one. */
int parse_address(const char *text, unsigned short port, struct sockaddr_storage *out, socklen_t *len);

/* Room for an address with its port as text. */
#define ENDPOINT_MAX 64

/* Formats 1.2.3.4:80 or [::1]:80; an IPv4 address is mapped into an IPv6 one, the port in network byte order. */
const char *endpoint(const struct in6_addr *a, in_port_t port, char out[ENDPOINT_MAX]);

#endif
