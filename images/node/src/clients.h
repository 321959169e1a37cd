/* The clients that options told (option.h), by the ends of their connections: the newest of each, as far as there is room. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "option.h"

/* Both ends of a connection, ports in network byte order; there is no padding. */
struct ends {
  struct in6_addr peer, own;
  in_port_t peer_port, own_port;
};

void keep_client(const struct ends *ends, const struct client *client);
/* Finds the client of a connection; returns 0, or -1 if none is known. */
int recall_client(const struct ends *ends, struct client *out);
/* Forgets the client of a connection that has ended: a later one may have the same ends. */
void forget_client(const struct ends *ends);

#endif
