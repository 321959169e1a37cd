/*
 * The bytes of a connection, plain or in TLS, over a socket that does not block. A client here does not verify the
 * server's certificate: a real server has one of its own, and what is looked at is its answer.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <sys/types.h>

struct mbedtls_ssl_context;

struct stream {
  int fd;
  struct mbedtls_ssl_context *tls; /* NULL: plain */
  short wants;                     /* what poll(2) must wait for after EAGAIN */
  int ended;                       /* the other side has sent all */
};

/* Makes a stream of a socket; returns 0, or -1 without memory or random numbers. */
int stream_open(struct stream *s, int fd, int tls);

/* As send(2) and recv(2), without SIGPIPE; the first of them begins the handshake of TLS. EPROTO: TLS has failed. */
ssize_t stream_send(struct stream *s, const void *data, size_t len);
ssize_t stream_recv(struct stream *s, void *data, size_t len);

/* Tells the other side the end of TLS, and closes the socket. */
void stream_close(struct stream *s);

#endif
