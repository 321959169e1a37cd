/* Addresses of both families, as the clients here need them. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

/* Parses an IPv4 or IPv6 address as text, and a port, for the kernel; returns 0, or -1 if the text is not one. */
int parse_address(const char *text, unsigned short port, struct sockaddr_storage *out, socklen_t *len);

#endif
