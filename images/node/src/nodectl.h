/* nodectl: the project's program inside a node. See nodectl.c for the verbs. */
#ifndef NODECTL_H
#define NODECTL_H

#include <stddef.h>

#include "die.h"

/* The folder in which `lab` puts a node's files, and the node its state. */
#define LAB_FOLDER "/lab"
#define LAB_STATE "/lab/state"       /* "ready", or "failed: why" */
#define LAB_GUEST "/lab/guest"       /* only in nodes with their own kernel: how it is wired */
#define LAB_INIT "/usr/local/lib/lab/init.sh" /* addresses, routes, sysctls, tunnels, from files in /lab */
#define LAB_SERVICES "/lab/services" /* one service per line: see services.h */
#define LAB_BOOT "/usr/local/lib/lab/boot.sh" /* boots a node's own kernel */
#define SVC_SOCKET "/run/nodectl.sock"

/* The management wire between container and guest; no lab can see it. */
#define MGMT_GUEST_IP "169.254.77.2"
#define MGMT_PREFIX "/30"
#define MGMT_PORT 77

/* Milliseconds between two checks of a program's readiness. */
#define READY_LOOK_MS 5

/* `token`: identifies this node to the fabric; NULL if there is no fabric to wait for. */
int init_main(int in_guest, const char *token);
int exec_main(int argc, char **argv);
int agent_main(int main_netns, int ready_fd, int go_fd);
int serve_main(void);
int signal_main(int argc, char **argv);
int fabric_main(void);
int wire_main(void);
int offload_main(int argc, char **argv);
int await_main(int argc, char **argv);
int mark_main(int argc, char **argv);

/*
 * Passes this process's network to the fabric and receives the node's files. Returns the connection when the wires are
 * in place.
 */
int hand_over(const char *token);
/* Sends a line over the connection. */
void tell(int connection, const char *text);

int write_all(int fd, const void *data, size_t len);
int exit_code(int wait_status);
void unblock_signals(void);
/* Replaces this process by argv; if that fails, ends it with 127 (not found) or 126. */
void exec_or_exit(char **argv) __attribute__((noreturn));

#endif
