/*
 * Ports of our clients, in turn: one comes again only after all others, minutes later.
 *
 * The kernel chooses ports anew every ten seconds (secure_ipv4_port_ephemeral) and may come upon one
 * that a client had seconds ago. A director still knows the connection of then, and where the real
 * server of that connection has been removed, it drops what comes (unless expire_nodest_conn is set):
 * true of LVS, and no loss that many clients with few connections each would see.
 */
#define FIRST_PORT 10000
#define LAST_PORT 32767 /* below those that the kernel chooses */
#define PORTS_FILE "/run/ports"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

/* The node's next port, whoever of its programs had the one before; 0, which lets the kernel choose, when that cannot be known. */
static unsigned short next_port(void) {
  unsigned short port = 0;
  int fd = open(PORTS_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return 0;
  if (flock(fd, LOCK_EX) == 0) {
    if (pread(fd, &port, sizeof port, 0) != sizeof port || port < FIRST_PORT || port >= LAST_PORT) port = FIRST_PORT;
    else port++;
    if (pwrite(fd, &port, sizeof port, 0) != sizeof port) port = 0;
  }
  close(fd);
  return port;
}

/* Binds a socket to an address (its family set, else empty: any) and a port in turn that nobody has. */
static int bind_in_turn(int fd, struct sockaddr_storage *own, socklen_t size) {
  for (;;) {
    unsigned short port = next_port();
    /* The port is at the same place in both. */
    ((struct sockaddr_in *)own)->sin_port = htons(port);
    if (bind(fd, (struct sockaddr *)own, size) == 0) return 0;
    if (errno != EADDRINUSE || port == 0) return -1;
  }
}
