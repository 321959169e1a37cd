/*
 * The fabric's side of the wiring; see handover.h.
 *
 * nodectl fabric: process 1 of the fabric. Listens for nodes and never accepts a connection; it gives the listening
 * socket to any process that requests it by a name in the fabric's own network namespace, which only commands in the
 * fabric can do.
 *
 * nodectl wire: one command for a lab. Reads a job from stdin:
 *
 *   DEADLINE_MS NODES PORTS BATCH_LENGTH
 *   NAME TOKEN FILES_LENGTH                (a line for each node)
 *   PORT                                   (a line for each port)
 *   the `ip -batch`, then each node's tar
 *
 * Takes the network namespaces of these nodes, creates the links (the batch refers to node I's namespace as descriptor
 * WIRE_FD + I), sends the files, releases the nodes, and prints "NAME ready", "NAME failed: why" or "NAME late" for
 * each when it is known, then a line "-- links" and the links as `ip -json` shows them. No node waits for another one.
 */
#define _GNU_SOURCE
#include "handover.h"
#include "job.h"
#include "nodectl.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The first of the descriptors to which the batch refers. */
#define WIRE_FD 100
/*
 * Maximum number of connections that have not identified themselves: beyond it, the oldest is closed. An expected node
 * identifies itself at once.
 */
#define STRANGERS_MOST 1024
/* In the fabric's network namespace: the name by which commands in it get the listening socket. */
static const char HAND[] = "\0lab-wire";

enum state { SENDING, UNPACKING, STARTING, DONE };

struct node {
  struct job_node job;
  char *files; /* preceded by their length */
  size_t len, sent;
  int connection, netns;
  enum state state;
  struct line said;
};

struct job {
  long long deadline; /* in ms */
  int n_nodes, n_ports;
  struct node *nodes;
  char **ports;
  char *batch;
  size_t batch_len;
};

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static socklen_t hand_address(struct sockaddr_un *at) {
  *at = (struct sockaddr_un){.sun_family = AF_UNIX};
  memcpy(at->sun_path, HAND, sizeof HAND - 1);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof HAND - 1);
}

int fabric_main(void) {
  struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = WIRE_SOCKET}, asking_at;
  socklen_t asking_len = hand_address(&asking_at);
  unlink(WIRE_SOCKET);
  int nodes = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), asking = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (nodes < 0 || bind(nodes, (struct sockaddr *)&at, sizeof at) < 0 || chmod(WIRE_SOCKET, 0666) < 0 || listen(nodes, 4096) < 0)
    die("%s: %s", WIRE_SOCKET, strerror(errno));
  if (asking < 0 || bind(asking, (struct sockaddr *)&asking_at, asking_len) < 0 || listen(asking, 16) < 0)
    die("the wiring commands cannot be served: %s", strerror(errno));
  signal(SIGCHLD, SIG_IGN); /* leftover processes of its commands end without a trace */
  signal(SIGTERM, _exit);   /* docker stop */
  for (;;) {
    int command = accept4(asking, NULL, NULL, SOCK_CLOEXEC);
    if (command < 0) continue;
    send_fd(command, "L", 1, nodes);
    close(command);
  }
}

/* Reads `len` bytes of the job, with free space in front of them. */
static char *read_bytes(FILE *from, size_t len, size_t room_before) {
  char *data = malloc(room_before + len + 1);
  if (!data) die("out of memory");
  if (fread(data + room_before, 1, len, from) != len) die("the job ends early");
  return data;
}

static void *of(long long n, size_t size) {
  void *all = calloc((size_t)n + 1, size);
  if (!all) die("out of memory");
  return all;
}

static void read_job(FILE *from, struct job *job) {
  char line[LINE_MOST];
  struct job_head head;
  if (!fgets(line, sizeof line, from) || parse_job_head(line, &head) < 0) die("the job's first line is wrong");
  *job = (struct job){.deadline = now_ms() + head.deadline_ms, .n_nodes = (int)head.n_nodes, .n_ports = (int)head.n_ports, .batch_len = (size_t)head.batch_len};
  job->nodes = of(job->n_nodes, sizeof *job->nodes);
  job->ports = of(job->n_ports, sizeof *job->ports);
  for (int i = 0; i < job->n_nodes; i++) {
    struct node *node = &job->nodes[i];
    node->connection = node->netns = -1;
    if (!fgets(line, sizeof line, from) || parse_job_node(line, &node->job) < 0) die("line %d of the job's nodes is wrong", i + 1);
  }
  for (int i = 0; i < job->n_ports; i++) {
    job->ports[i] = of(IFNAMSIZ, 1);
    if (!fgets(line, sizeof line, from) || parse_job_port(line, job->ports[i]) < 0) die("line %d of the job's ports is wrong", i + 1);
  }
  job->batch = read_bytes(from, job->batch_len, 0);
  for (int i = 0; i < job->n_nodes; i++) {
    struct node *node = &job->nodes[i];
    char length[32];
    size_t length_len = (size_t)snprintf(length, sizeof length, "%lld\n", node->job.files_len);
    node->files = read_bytes(from, (size_t)node->job.files_len, length_len);
    memcpy(node->files, length, length_len);
    node->len = length_len + (size_t)node->job.files_len;
  }
}

/*
 * Returns whether a descriptor is a network namespace, by its name: a file system of the node could answer stat and
 * ioctl.
 */
static int is_netns(int fd) {
  char path[64], name[64] = {0};
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return readlink(path, name, sizeof name - 1) > 0 && strncmp(name, "net:[", 5) == 0;
}

/* Returns the node whose network namespace has arrived over a connection; NULL if it is none of the job's nodes. */
static struct node *who(struct job *job, int connection) {
  char token[TOKEN_LEN + 1] = {0};
  int fd;
  ssize_t n = recv_fd(connection, token, TOKEN_LEN, &fd, MSG_DONTWAIT);
  if (n == TOKEN_LEN && fd >= 0 && is_netns(fd))
    for (int i = 0; i < job->n_nodes; i++) {
      struct node *node = &job->nodes[i];
      if (node->connection >= 0 || strcmp(node->job.token, token) != 0) continue;
      node->connection = connection;
      node->netns = fd;
      return node;
    }
  if (fd >= 0) close(fd);
  return NULL;
}

static int listening_socket(void) {
  struct sockaddr_un at;
  socklen_t len = hand_address(&at);
  char byte;
  int nodes = -1, hand = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (hand < 0 || connect(hand, (struct sockaddr *)&at, len) < 0 || recv_fd(hand, &byte, 1, &nodes, 0) != 1 || nodes < 0)
    die("the fabric's first process does not answer");
  close(hand);
  fcntl(nodes, F_SETFL, O_NONBLOCK);
  return nodes;
}

/*
 * Takes the namespaces of all nodes of the job. Other connections are dropped, and only a hello is read from them.
 * Returns how many nodes have not connected in time.
 */
static int gather(struct job *job) {
  int nodes = listening_socket(), missing = job->n_nodes, n = 0;
  int strangers[STRANGERS_MOST];
  struct pollfd p[STRANGERS_MOST + 1];
  while (missing > 0 && now_ms() < job->deadline) {
    p[0] = (struct pollfd){nodes, POLLIN, 0};
    for (int i = 0; i < n; i++) p[i + 1] = (struct pollfd){strangers[i], POLLIN, 0};
    if (poll(p, (nfds_t)n + 1, 50) < 0) continue;
    int kept = 0;
    for (int i = 0; i < n; i++) {
      short events = p[i + 1].revents;
      if (!events) strangers[kept++] = strangers[i];
      else if (!(events & POLLHUP) && who(job, strangers[i])) missing--;
      else close(strangers[i]);
    }
    n = kept;
    for (int s; p[0].revents && (s = accept4(nodes, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
      if (n == STRANGERS_MOST) {
        close(strangers[0]);
        memmove(strangers, strangers + 1, (size_t)--n * sizeof *strangers);
      }
      strangers[n++] = s;
    }
  }
  for (int i = 0; i < n; i++) close(strangers[i]);
  close(nodes);
  return missing;
}

static void make_links(struct job *job) {
  int in[2], status;
  if (pipe2(in, O_CLOEXEC) < 0) die("pipe: %s", strerror(errno));
  pid_t pid = fork();
  if (pid < 0) die("fork: %s", strerror(errno));
  if (pid == 0) {
    char *argv[] = {"ip", "-batch", "-", NULL};
    dup2(in[0], 0);
    /* First move everything away from the numbers to which the batch refers. */
    for (int i = 0; i < job->n_nodes; i++)
      if ((job->nodes[i].netns = fcntl(job->nodes[i].netns, F_DUPFD_CLOEXEC, WIRE_FD + job->n_nodes)) < 0) die("too many nodes: %s", strerror(errno));
    for (int i = 0; i < job->n_nodes; i++)
      if (dup2(job->nodes[i].netns, WIRE_FD + i) < 0) die("too many nodes: %s", strerror(errno));
    unblock_signals();
    exec_or_exit(argv);
  }
  close(in[0]);
  write_all(in[1], job->batch, job->batch_len);
  close(in[1]);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  for (int i = 0; i < job->n_nodes; i++) close(job->nodes[i].netns);
  if (status != 0) exit(1); /* it has reported why */
}

/* Removes ports of an earlier node with the same name: the kernel takes time to clean up after a killed one. */
static void remove_old_ports(struct job *job) {
  for (int i = 0; i < job->n_ports; i++) {
    if (if_nametoindex(job->ports[i]) == 0) continue;
    pid_t pid = fork();
    if (pid < 0) die("fork: %s", strerror(errno));
    if (pid == 0) {
      char *argv[] = {"ip", "link", "del", "dev", job->ports[i], NULL};
      close(2); /* it may go at this moment */
      exec_or_exit(argv);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
  }
}

static void finish(struct node *node, const char *words) {
  printf("%s %s\n", node->job.name, words);
  node->state = DONE;
  close(node->connection);
}

/* Reads a node's messages, a line at a time. */
static void listen_to(struct node *node) {
  char words[LINE_MOST];
  int fd, whole = 0;
  ssize_t n = recv_fd(node->connection, node->said.text + node->said.len, sizeof node->said.text - node->said.len, &fd, MSG_DONTWAIT);
  if (fd >= 0) close(fd);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) node->said.len += (size_t)n;
  while (node->state != DONE && (whole = take_line(&node->said, words)) > 0) {
    if (node->state == UNPACKING && strcmp(words, "unpacked") == 0) {
      node->state = STARTING;
      send(node->connection, "g", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else if (strncmp(words, "failed: ", 8) == 0 || (node->state == STARTING && strcmp(words, "ready") == 0)) {
      finish(node, words);
    } else {
      finish(node, "failed: its first process says what none of ours does");
    }
  }
  if (node->state == DONE) return;
  if (whole < 0) finish(node, "failed: its first process says what none of ours does");
  else if (n <= 0) finish(node, "failed: its container ended");
}

/* Sends the files to each node, releases it, and reports the result. */
static void release(struct job *job) {
  struct pollfd *p = of(job->n_nodes, sizeof *p);
  int left = job->n_nodes;
  while (left > 0 && now_ms() < job->deadline) {
    left = 0;
    for (int i = 0; i < job->n_nodes; i++) {
      struct node *node = &job->nodes[i];
      p[i] = (struct pollfd){node->state == DONE ? -1 : node->connection, (short)(POLLIN | (node->state == SENDING ? POLLOUT : 0)), 0};
      left += node->state != DONE;
    }
    if (poll(p, (nfds_t)job->n_nodes, 50) < 0) continue;
    for (int i = 0; i < job->n_nodes; i++) {
      struct node *node = &job->nodes[i];
      if (p[i].revents & POLLOUT) {
        ssize_t n = send(node->connection, node->files + node->sent, node->len - node->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) node->sent += (size_t)n;
        if (node->sent == node->len) node->state = UNPACKING;
      }
      if (p[i].revents & (POLLIN | POLLHUP | POLLERR)) listen_to(node);
    }
  }
  for (int i = 0; i < job->n_nodes; i++)
    if (job->nodes[i].state != DONE) finish(&job->nodes[i], "late");
  free(p);
}

int wire_main(void) {
  char *links[] = {"ip", "-json", "link", "show", NULL};
  static struct job job;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGPIPE, SIG_IGN);
  read_job(stdin, &job);
  if (gather(&job) > 0) {
    for (int i = 0; i < job.n_nodes; i++)
      if (job.nodes[i].connection < 0) finish(&job.nodes[i], "failed: it does not ask for its wires");
    return 0;
  }
  remove_old_ports(&job);
  make_links(&job);
  if (offload_main(job.n_ports, job.ports) != 0) return 1;
  release(&job);
  puts("-- links");
  fflush(stdout);
  exec_or_exit(links);
}
