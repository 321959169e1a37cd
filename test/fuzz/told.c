/*
 * told tcp|udp SERVER PORT [CLIENT CLIENT_PORT]: asks a server as a director with Full-NAT does that tells it another
 * client, in TOA or UOA, and prints the answer. TOA stands on a segment of its own, made by hand: the kernel here does
 * not write the option, and the server reads it before TCP looks at the segment.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../images/node/src/address.h"

static void must_be(int true, const char *what) {
  if (true) return;
  perror(what);
  exit(1);
}

/* Writes an option of this kind; returns its length. */
static size_t option(unsigned char kind, const char *client, const char *port, unsigned char out[20]) {
  in_port_t number = htons((in_port_t)atoi(port));
  int v4 = inet_pton(AF_INET, client, out + 4) == 1;
  must_be(v4 || inet_pton(AF_INET6, client, out + 4) == 1, client);
  out[0] = kind;
  out[1] = v4 ? 8 : 20;
  memcpy(out + 2, &number, sizeof number);
  return out[1];
}

static void send_toa(int fd, const struct sockaddr_storage *to, socklen_t len, in_port_t to_port, const unsigned char *toa, size_t size) {
  unsigned char segment[sizeof(struct tcphdr) + 20];
  struct sockaddr_storage own, bare = *to;
  socklen_t own_len = sizeof own;
  must_be(getsockname(fd, (struct sockaddr *)&own, &own_len) == 0, "getsockname");
  /* The port has the same offset in both families. */
  struct tcphdr head = {.source = ((struct sockaddr_in *)&own)->sin_port, .dest = to_port, .ack = 1};
  head.doff = (unsigned char)((sizeof head + size) / 4) & 15;
  memcpy(segment, &head, sizeof head);
  memcpy(segment + sizeof head, toa, size);
  ((struct sockaddr_in *)&bare)->sin_port = 0;
  int raw = socket(to->ss_family, SOCK_RAW, IPPROTO_TCP);
  must_be(raw >= 0 && sendto(raw, segment, sizeof head + size, 0, (struct sockaddr *)&bare, len) > 0, "raw socket");
  close(raw);
}

int main(int argc, char **argv) {
  struct sockaddr_storage to, own = {0};
  socklen_t len;
  unsigned char told[20];
  char data[2048];
  int tells = argc == 6, udp = argc > 1 && strcmp(argv[1], "udp") == 0;
  must_be((argc == 4 || tells) && parse_address(argv[2], (unsigned short)atoi(argv[3]), &to, &len) == 0, "usage");
  int fd = socket(to.ss_family, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
  size_t size = tells ? option(udp ? 31 : 254, argv[4], argv[5], told) : 0;
  if (udp) {
    must_be(!tells || setsockopt(fd, IPPROTO_IP, IP_OPTIONS, told, (socklen_t)size) == 0, "IP_OPTIONS");
  } else {
    own.ss_family = to.ss_family;
    must_be(bind(fd, (struct sockaddr *)&own, len) == 0, "bind");
    if (tells) send_toa(fd, &to, len, htons((in_port_t)atoi(argv[3])), told, size);
  }
  must_be(connect(fd, (struct sockaddr *)&to, len) == 0, "connect");
  const char *request = udp ? "7" : "GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
  must_be(send(fd, request, strlen(request), 0) > 0, "send");
  size_t have = 0;
  for (ssize_t n; have < sizeof data && (n = recv(fd, data + have, sizeof data - have, 0)) > 0;) {
    have += (size_t)n;
    if (udp) break;
  }
  const char *body = udp ? data : memmem(data, have, "\r\n\r\n", 4);
  must_be(body != NULL, "no answer");
  if (!udp) body += 4;
  fwrite(body, 1, have - (size_t)(body - data), stdout);
  return 0;
}
