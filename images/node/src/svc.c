/* svc status [NAME] | start NAME | stop NAME: queries the node's first process about its services. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"
#include "nodectl.h"
#include "services.h"

int svc_main(int argc, char **argv) {
  struct buf request = {0}, reply = {0};
  struct service_request checked;
  char chunk[4096];
  ssize_t n;
  if (argc == 1) buf_print(&request, "%s\n", argv[0]);
  if (argc == 2) buf_print(&request, "%s %s\n", argv[0], argv[1]);
  if (parse_service_request(request.data, request.len, &checked) < 0) {
    fputs("usage: svc status [NAME] | svc start NAME | svc stop NAME\n", stderr);
    return 2;
  }
  struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = SVC_SOCKET};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("%s: %s", SVC_SOCKET, strerror(errno));
  write_all(fd, request.data, request.len);
  while ((n = read(fd, chunk, sizeof chunk)) > 0) buf_add(&reply, chunk, (size_t)n);
  buf_add(&reply, "", 1);
  if (strncmp(reply.data, "error ", 6) == 0) {
    fprintf(stderr, "svc: %s", reply.data + 6);
    return 1;
  }
  if (checked.verb == STATUS) fputs(reply.data, stdout);
  /* No answer at all: the first process ended before it was done. */
  return reply.len > 1 || checked.verb == STATUS ? 0 : 1;
}
