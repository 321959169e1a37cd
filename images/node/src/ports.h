/*
 * Ports of the clients here, in turn: a port is reused only after all others, minutes later.
 *
 * The kernel reshuffles ports every ten seconds (secure_ipv4_port_ephemeral) and may choose one that a client had
 * seconds ago. A director still knows that earlier connection, and if the connection's real server has been removed, it
 * drops the packets (unless expire_nodest_conn is set): this is how LVS works, and many clients with few connections
 * each would not notice it.
 */
#define FIRST_PORT 10000
#define LAST_PORT 32767 /* below those that the kernel chooses */
#define PORTS_FILE "/run/ports"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Returns the node's next port, across all its programs; 0, which lets the kernel choose, if it cannot be determined.
 */
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

/* Binds a socket to an address (with its family set, otherwise empty for any) and the next unused port. */
static int bind_in_turn(int fd, struct sockaddr_storage *own, socklen_t size) {
  for (;;) {
    unsigned short port = next_port();
    /* The port has the same offset in both. */
    ((struct sockaddr_in *)own)->sin_port = htons(port);
    if (bind(fd, (struct sockaddr *)own, size) == 0) return 0;
    if (errno != EADDRINUSE || port == 0) return -1;
  }
}
