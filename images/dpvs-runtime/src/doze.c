/*
 * doze.so, preloaded into DPVS, lets its polling threads sleep while they have nothing to do.
 *
 * Why: each polling thread occupies a CPU, idle or not. It takes the time of other directors, of clients, servers and VRRP,
 * and of labs beside its own.
 *
 * How: DPDK calls a function of this library after each poll of a receive queue. When a thread's queues were all empty
 * for a while, the function waits until the packet socket behind one of them has a packet, or REST is over. The main
 * thread polls its control socket with accept(), which waits likewise. Both happen between two steps of the polling
 * loop, in the thread's own call: no signals, no timers, no locks.
 *
 * Effect on two CPUs: an idle director with two polling threads takes 6 % of one CPU, instead of all that others leave.
 *
 * Limits:
 * - What a thread does without a packet (timers, messages of other threads, packets that another thread hands over) is
 *   late by at most REST and the time to wake up. iftraf counts turns of the main loop, so its periods become longer.
 * - Only threads that poll ports of the driver net_af_packet sleep (directly, or as slaves of a bond).
 * - DPVS must export DPDK's functions, as `pkg-config --static --libs libdpdk` of DPDK 24.11 asks the linker to.
 *   Otherwise the workers poll on, and a message says so.
 * - Only a program named dpvs is affected; others may inherit LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/*
 * DPVS's clock advances by one tick of 1 ms at most whenever DPVS looks after its timers, which it does in each turn of
 * a thread's loop, but not again within `schedule_interval` (timer_defs, in us). A rest is therefore shorter than a
 * tick, and several turns lie between two rests: with an interval of 10, the default, the clock makes up for delays.
 */
static const struct timespec REST = {.tv_nsec = 700000};

/*
 * Empty polls in a row before a worker rests. They must be more than a thread has queues, so that each queue was empty
 * and all packets are sent, and enough for the jobs that DPVS does in each 100th turn only.
 */
enum { PATIENCE = 200, SOCKETS_MAX = 64 };

/* The main thread rests in one turn of so many. With 2, its clock falls behind on a busy machine. */
enum { MAIN_TURNS = 4 };

enum { PORTS_MAX = 256, DESCRIPTORS_MAX = 1024 };

/* The sockets of the queues that a thread polls. */
struct sleeper {
  unsigned empty; /* polls in a row */
  unsigned count;
  struct pollfd sockets[SOCKETS_MAX];
};

static __thread struct sleeper self;

/* How struct rte_eth_dev_info of DPDK 24.11 begins; the whole is shorter than this. */
struct device_info {
  void *device;
  const char *driver;
  unsigned interface; /* its index; 0 for none */
  char rest[4096];
};

typedef uint16_t after_poll_function(uint16_t port, uint16_t queue, void **packets, uint16_t count, uint16_t max,
                                     void *socket);

/* DPDK's functions; null where the program does not export them. */
static int (*is_valid_port)(uint16_t port);
static int (*get_info)(uint16_t port, struct device_info *info);
static const void *(*add_rx_callback)(uint16_t port, uint16_t queue, after_poll_function *function, void *socket);
static pthread_t main_thread;
static int is_dpvs;

__attribute__((constructor)) static void look_around(void) {
  main_thread = pthread_self();
  is_dpvs = strcmp(program_invocation_short_name, "dpvs") == 0;
  is_valid_port = dlsym(RTLD_DEFAULT, "rte_eth_dev_is_valid_port");
  get_info = dlsym(RTLD_DEFAULT, "rte_eth_dev_info_get");
  add_rx_callback = dlsym(RTLD_DEFAULT, "rte_eth_add_rx_callback");
}

/* Waits until a socket has something, or REST is over. */
static void rest(struct pollfd *sockets, unsigned count) {
  if (ppoll(sockets, count, &REST, NULL) <= 0) return;
  for (struct pollfd *s = sockets; s < sockets + count; s++) {
    /* An interface that went down leaves an error, which would end each wait at once; reading it clears it. */
    int error;
    if (s->revents & POLLERR) getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    /* ppoll ignores a socket that DPDK has closed from now on. */
    if (s->revents & POLLNVAL) s->fd = -1;
  }
}

/* Adds a socket to those of this thread, unless it is among them; returns 0 if there is no room. */
static int add_socket(int socket) {
  for (unsigned i = 0; i < self.count; i++)
    if (self.sockets[i].fd == socket) return 1;
  if (self.count == SOCKETS_MAX) return 0;
  self.sockets[self.count++] = (struct pollfd){.fd = socket, .events = POLLIN};
  return 1;
}

/* DPDK calls this after each poll of a queue, in the thread that polls it, with the packets received. */
static uint16_t after_poll(uint16_t port, uint16_t queue, void **packets, uint16_t count, uint16_t max, void *socket) {
  (void)port, (void)queue, (void)packets, (void)max;
  /* A thread with too many queues never sleeps. */
  if (count > 0 || !add_socket((int)(intptr_t)socket)) {
    self.empty = 0;
  } else if (++self.empty >= PATIENCE) {
    rest(self.sockets, self.count);
    self.empty = 0;
  }
  return count;
}

/* Finds the packet socket of a queue, or -1: the driver makes one for each queue of an interface, in their order. */
static int socket_of(unsigned interface, unsigned queue) {
  for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
    struct sockaddr_ll address = {0};
    if (getsockname(fd, (struct sockaddr *)&address, &(socklen_t){sizeof address}) != 0) continue;
    if (address.sll_family != AF_PACKET || address.sll_ifindex != (int)interface) continue;
    if (queue-- == 0) return fd;
  }
  return -1;
}

/* Has DPDK call after_poll for each queue of a port that has a packet socket; returns the number of such queues. */
static unsigned watch_port(uint16_t port) {
  struct device_info info = {0};
  unsigned queue = 0;
  if (!is_valid_port(port) || get_info(port, &info) != 0 || info.interface == 0) return 0;
  for (int fd; (fd = socket_of(info.interface, queue)) >= 0; queue++)
    if (!add_rx_callback(port, queue, after_poll, (void *)(intptr_t)fd)) break;
  return queue;
}

static void watch_ports(void) {
  unsigned queues = 0;
  if (is_valid_port && get_info && add_rx_callback)
    for (uint16_t port = 0; port < PORTS_MAX; port++) queues += watch_port(port);
  if (queues == 0) fputs("doze: no queue can be watched; the workers of DPVS poll all the time\n", stderr);
}

/*
 * The main thread calls this in each turn of its loop, for its control socket, which does not block. When it does so
 * first, all ports are set up.
 */
int accept(int fd, __SOCKADDR_ARG address, socklen_t *restrict length) {
  static unsigned turns, watched;
  if (is_dpvs && pthread_equal(pthread_self(), main_thread)) {
    if (!watched) watch_ports();
    watched = 1;
    if (++turns % MAIN_TURNS == 0) rest(&(struct pollfd){.fd = fd, .events = POLLIN}, 1);
  }
  return accept4(fd, address, length, 0);
}
