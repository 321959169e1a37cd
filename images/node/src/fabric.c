/* What the fabric does to nodes from outside: release them, and mend the offloads of their wires. */
#define _GNU_SOURCE
#include "nodectl.h"

#include <errno.h>
#include <fcntl.h>
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct node {
  char *name;
  int pid, released, done;
};

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void step(struct node *n) {
  char path[64], text[256] = {0};
  if (kill(n->pid, 0) < 0) {
    printf("%s failed: its container ended\n", n->name);
    n->done = 1;
    return;
  }
  if (!n->released) {
    snprintf(path, sizeof path, "/proc/%d/root" LAB_GO, n->pid);
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return; /* not listening yet */
    n->released = write(fd, "g", 1) == 1;
    close(fd);
    return;
  }
  snprintf(path, sizeof path, "/proc/%d/root" LAB_STATE, n->pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t len = read(fd, text, sizeof text - 1);
  close(fd);
  if (len <= 0) return;
  printf("%s %s", n->name, text);
  n->done = 1;
}

/* nodectl go DEADLINE_MS NAME=PID...: prints "NAME ready", "NAME failed: why" or "NAME late" for each. */
int go_main(int argc, char **argv) {
  if (argc < 2) die("usage: nodectl go DEADLINE_MS NAME=PID...");
  long long deadline = now_ms() + atoll(argv[0]);
  int n = argc - 1, left = n;
  struct node *nodes = calloc((size_t)n, sizeof *nodes);
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 0; i < n; i++) {
    char *eq = strchr(argv[i + 1], '=');
    if (!eq) die("NAME=PID expected, not %s", argv[i + 1]);
    *eq = 0;
    nodes[i] = (struct node){.name = argv[i + 1], .pid = atoi(eq + 1)};
  }
  while (left > 0) {
    for (int i = 0; i < n; i++)
      if (!nodes[i].done) {
        step(&nodes[i]);
        left -= nodes[i].done;
      }
    if (left == 0) break;
    if (now_ms() > deadline) {
      for (int i = 0; i < n; i++)
        if (!nodes[i].done) printf("%s late\n", nodes[i].name);
      break;
    }
    struct timespec pause = {0, 5 * 1000 * 1000};
    nanosleep(&pause, NULL);
  }
  free(nodes);
  return 0;
}

/*
 * A veth leaves checksums and segmentation to the next hop. A guest kernel and a packet socket
 * are next hops that do neither, so every frame must leave finished.
 */
int offload_main(int argc, char **argv) {
  static const unsigned commands[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), status = 0;
  for (int i = 0; i < argc; i++)
    for (size_t c = 0; c < sizeof commands / sizeof *commands; c++) {
      struct ethtool_value off = {.cmd = commands[c], .data = 0};
      struct ifreq request = {0};
      strncpy(request.ifr_name, argv[i], IFNAMSIZ - 1);
      request.ifr_data = (char *)&off;
      if (ioctl(fd, SIOCETHTOOL, &request) < 0 && errno != EOPNOTSUPP) {
        fprintf(stderr, "nodectl: offloads of %s: %s\n", argv[i], strerror(errno));
        status = 1;
        break;
      }
    }
  return status;
}

/*
 * nodectl mark NUMBER SEGMENT...: sends one frame on each segment, so that who captures them knows
 * when everything before has come through. No bridge hands this destination on.
 */
int mark_main(int argc, char **argv) {
  unsigned char frame[60] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0f, 0x02, 0x6c, 0x76, 0x73, 0x6c, 0x62, 0x88, 0xb5};
  if (argc < 2) die("usage: nodectl mark NUMBER SEGMENT...");
  unsigned number = htonl((unsigned)strtoul(argv[0], NULL, 10));
  memcpy(frame + 14, &number, sizeof number);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) die("mark: %s", strerror(errno));
  for (int i = 1; i < argc; i++) {
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[i]), .sll_halen = 6};
    memcpy(to.sll_addr, frame, 6);
    if (sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to) < 0) die("%s: %s", argv[i], strerror(errno));
  }
  return 0;
}
