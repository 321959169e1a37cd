/* Addresses of both families, as our clients ask them. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address as text, and a port, as the kernel takes them; 0, or -1 when the text is none. */
int parse_address(const char *text, unsigned short port, struct sockaddr_storage *out, socklen_t *len);

#endif
