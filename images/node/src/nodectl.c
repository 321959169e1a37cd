/*
 * nodectl: the project's program inside a node.
 *
 *   nodectl init [TOKEN]    process 1 of a container: gets its wires and files, then boots or starts
 *   guest-init              process 1 of a guest kernel (a link to this file)
 *   nodectl exec -- CMD     runs CMD in the node's kernel, guest or not
 *   nodectl serve [LANE]    runs commands that the engine's client asks for, many at once
 *   svc start|stop|status   the node's services (a link to this file)
 *   nodectl signal ID N     sends a signal to the command that was started with LAB_EXEC=ID
 *   nodectl fabric          process 1 of the fabric
 *   nodectl wire            in the fabric: gives nodes their wires and files, reports each when it is ready
 *   nodectl offload IFACE.. turns off the offloads that a veth leaves to the next hop
 *   nodectl await COND..    ends when all have been seen to hold: tcp:PORT, udp:PORT, or a path that exists
 *   nodectl mark N SEGMENT.. sends a frame that shows a capture that all earlier frames have arrived
 */
#include "nodectl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "services.h"

int write_all(int fd, const void *data, size_t len) {
  const char *at = data;
  while (len > 0) {
    ssize_t n = write(fd, at, len);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    at += n;
    len -= (size_t)n;
  }
  return 0;
}

int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

void unblock_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

void exec_or_exit(char **argv) {
  execvp(argv[0], argv);
  int missing = errno == ENOENT;
  fprintf(stderr, "%s: %s\n", argv[0], missing ? "command not found" : strerror(errno));
  _exit(missing ? 127 : 126);
}

int main(int argc, char **argv) {
  if (argc < 1) die("called without a name");
  const char *name = strrchr(argv[0], '/');
  name = name ? name + 1 : argv[0];
  if (strcmp(name, "guest-init") == 0) return init_main(1, NULL);
  if (strcmp(name, "svc") == 0) return svc_main(argc - 1, argv + 1);
  if (argc < 2) die("usage: nodectl init|exec|serve|signal|fabric|wire|offload|await|mark");
  if (strcmp(argv[1], "init") == 0) return init_main(0, argc > 2 ? argv[2] : NULL);
  if (strcmp(argv[1], "exec") == 0) return exec_main(argc - 2, argv + 2);
  if (strcmp(argv[1], "serve") == 0) return serve_main();
  if (strcmp(argv[1], "signal") == 0) return signal_main(argc - 2, argv + 2);
  if (strcmp(argv[1], "fabric") == 0) return fabric_main();
  if (strcmp(argv[1], "wire") == 0) return wire_main();
  if (strcmp(argv[1], "offload") == 0) return offload_main(argc - 2, argv + 2);
  if (strcmp(argv[1], "await") == 0) return await_main(argc - 2, argv + 2);
  if (strcmp(argv[1], "mark") == 0) return mark_main(argc - 2, argv + 2);
  die("unknown verb %s", argv[1]);
}
