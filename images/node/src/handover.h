/*
 * How a node gets its wires and files: its first process passes its own network namespace, as a descriptor, over a
 * socket that only the lab's containers see, to a command in the fabric, which puts the wires into the namespace.
 *
 *   node to fabric   TOKEN_LEN bytes, and with them the descriptor
 *   fabric to node   "LENGTH\n" and a tar of that length
 *   node to fabric   "unpacked\n"
 *   fabric to node   one byte: the wires are in place
 *   node to fabric   "ready\n", or "failed: why\n"
 *
 * Until that one byte, a node that loses the connection starts again.
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stddef.h>
#include <sys/types.h>

/* In a volume of the fabric, which nodes can only read. */
#define WIRE_SOCKET "/wire/sock"
/* Identifies a node: random, chosen by the creator of the node. */
#define TOKEN_LEN 32

/* Sends bytes, and a descriptor with them. Returns 0, or -1 with errno. */
int send_fd(int socket, const void *data, size_t len, int fd);
/* Receives bytes, and the descriptor that came with them or -1. Never accepts more than one. Returns like recv(2). */
ssize_t recv_fd(int socket, void *data, size_t len, int *fd, int flags);

#endif
