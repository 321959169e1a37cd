#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int wire_send(void *fd, const unsigned char *data, size_t len) {
  ssize_t n = send(*(int *)fd, data, len < INT_MAX ? len : INT_MAX, MSG_NOSIGNAL);
  if (n >= 0) return (int)n;
  return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int wire_recv(void *fd, unsigned char *data, size_t len) {
  ssize_t n = recv(*(int *)fd, data, len < INT_MAX ? len : INT_MAX, 0);
  if (n >= 0) return (int)n;
  return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* Returns what all connections of this program share; NULL without random numbers. */
static const mbedtls_ssl_config *shared(void) {
  static mbedtls_entropy_context entropy;
  static mbedtls_ctr_drbg_context random;
  static mbedtls_ssl_config config;
  static int ready;
  if (ready) return &config;
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random);
  mbedtls_ssl_config_init(&config);
  if (mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0) != 0 ||
      mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
    return NULL;
  /* A server sends tickets of TLS 1.3 after the handshake: a client that closes before it reads them would reset. */
  mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
  ready = 1;
  return &config;
}

int stream_open(struct stream *s, int fd, int tls) {
  int on = 1;
  *s = (struct stream){.fd = fd, .wants = POLLIN};
  if (!tls) return 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const mbedtls_ssl_config *config = shared();
  s->tls = config ? malloc(sizeof *s->tls) : NULL;
  if (!s->tls) return -1;
  mbedtls_ssl_init(s->tls);
  if (mbedtls_ssl_setup(s->tls, config) != 0) {
    mbedtls_ssl_free(s->tls);
    free(s->tls);
    s->tls = NULL;
    return -1;
  }
  return 0;
}

/*
 * Holds what TLS writes, or sends it. One call of TLS makes several small writes: as segments of their own, the last
 * would be sent again at once if the other side is slow (RFC 8985, tail loss probe).
 */
static void hold(const struct stream *s, int on) {
  setsockopt(s->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

/* Returns what a call of TLS means in the words of send(2) and recv(2). */
static ssize_t told(struct stream *s, int result) {
  int error = errno;
  hold(s, 0);
  errno = error;
  if (result >= 0) return result;
  if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || result == MBEDTLS_ERR_SSL_CONN_EOF) return 0;
  if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) {
    s->wants = result == MBEDTLS_ERR_SSL_WANT_READ ? POLLIN : POLLOUT;
    errno = EAGAIN;
  } else if (result != MBEDTLS_ERR_SSL_INTERNAL_ERROR || errno == 0) {
    errno = EPROTO;
  }
  return -1;
}

/* The stream may have moved since the last call, with its socket. */
static mbedtls_ssl_context *tls_of(struct stream *s) {
  mbedtls_ssl_set_bio(s->tls, &s->fd, wire_send, wire_recv, NULL);
  hold(s, 1);
  return s->tls;
}

ssize_t stream_send(struct stream *s, const void *data, size_t len) {
  s->wants = POLLOUT;
  return s->tls ? told(s, mbedtls_ssl_write(tls_of(s), data, len)) : send(s->fd, data, len, MSG_NOSIGNAL);
}

ssize_t stream_recv(struct stream *s, void *data, size_t len) {
  s->wants = POLLIN;
  ssize_t n = s->tls ? told(s, mbedtls_ssl_read(tls_of(s), data, len)) : recv(s->fd, data, len, 0);
  if (n == 0) s->ended = 1;
  return n;
}

void stream_close(struct stream *s) {
  if (s->tls) {
    /* One that has closed already would answer it with a reset. */
    if (!s->ended) mbedtls_ssl_close_notify(tls_of(s));
    mbedtls_ssl_free(s->tls);
    free(s->tls);
  }
  close(s->fd);
  *s = (struct stream){.fd = -1};
}
