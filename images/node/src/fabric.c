/* Work on wires and cards: completes offloads, and sends marks. */
#define _GNU_SOURCE
#include "nodectl.h"

#include <errno.h>
#include <arpa/inet.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "numbers.h"

/*
 * Turns off the offloads of a veth, which leaves checksums and segmentation to the next hop. A guest kernel and a
 * packet socket are next hops that do neither, so every frame must be complete when it leaves.
 */
int offload_main(int argc, char **argv) {
  static const unsigned commands[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), status = 0;
  if (fd < 0) die("offload: %s", strerror(errno));
  for (int i = 0; i < argc; i++)
    for (size_t c = 0; c < sizeof commands / sizeof *commands; c++) {
      struct ethtool_value off = {.cmd = commands[c], .data = 0};
      struct ifreq request = {0};
      /* Truncated, it could be another interface's name. */
      if (strlen(argv[i]) >= IFNAMSIZ) die("%s: no interface has so long a name", argv[i]);
      strcpy(request.ifr_name, argv[i]);
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
 * nodectl mark NUMBER SEGMENT...: sends one frame on each segment, so that a capture shows when all earlier frames have
 * arrived. No bridge forwards this destination.
 */
int mark_main(int argc, char **argv) {
  unsigned char frame[60] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0f, 0x02, 0x6c, 0x76, 0x73, 0x6c, 0x62, 0x88, 0xb5};
  if (argc < 2) die("usage: nodectl mark NUMBER SEGMENT...");
  unsigned number = htonl((unsigned)number_argument("NUMBER", argv[0], 0, UINT_MAX));
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
