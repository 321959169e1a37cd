/*
 * Process 1, in containers and in guest kernels: runs the node's init script, starts its services, and keeps their
 * output and exit status. A service that ends is not restarted, and its end is reported: in a test bed, a silent
 * restart would hide the crash that the test bed must show.
 */
#define _GNU_SOURCE
#include "nodectl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "ready.h"
#include "services.h"

#define STOP_DEADLINE_MS 5000
/* For a program on a node that is starved, or that scans its files first. */
#define START_DEADLINE_MS 60000

struct service {
  char *name, **after, **ready, **argv;
  pid_t pid;     /* 0: not running */
  int wanted;    /* it must start as soon as the programs on which it depends are ready */
  int starting;  /* it runs, and not all conditions of its readiness have been seen */
  size_t seen;   /* number of conditions that have been seen */
  int status;    /* of the last run */
  int ran;       /* whether it has run at all */
  int out;       /* its stdout and stderr, or -1 */
  struct buf line;
  int starter;   /* control connection that waits until it is ready, or -1 */
  long long ready_by; /* end of that wait, in ms */
  int waiter;    /* control connection that waits for its end, or -1 */
  long long kill_at; /* time of SIGKILL if SIGTERM has no effect, in ms */
};

static struct service *services;
static int n_services;
/* The connection to the fabric, which waits for this node's state, or -1. */
static int fabric = -1;

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void say(const char *who, const char *line, size_t len) {
  struct buf out = {0};
  buf_print(&out, "%s: ", who);
  buf_add(&out, line, len);
  buf_add(&out, "\n", 1);
  write_all(1, out.data, out.len); /* in one write: lines of other processes do not come between */
  buf_free(&out);
}

static void report(const char *text) {
  if (fabric < 0) return;
  tell(fabric, text);
  close(fabric);
  fabric = -1;
}

/* A guest reports its state in a file: its container's first process watches it. */
static void set_state(const char *text) {
  report(text);
  int fd = open(LAB_STATE ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  write_all(fd, text, strlen(text));
  close(fd);
  rename(LAB_STATE ".new", LAB_STATE);
}

/* Forwards the state that the guest has reported, if any. The file may contain anything. */
static void pass_state_on(int watch) {
  char events[4096], text[256] = {0};
  struct stat what;
  while (read(watch, events, sizeof events) > 0) {}
  int fd = open(LAB_STATE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  if (fstat(fd, &what) == 0 && S_ISREG(what.st_mode) && read(fd, text, sizeof text - 1) > 0) report(text);
  close(fd);
}

/* Forwards complete lines; at the end of the stream, the rest too. */
static void relay(struct service *s, int ended) {
  char *end;
  while (s->line.len && (end = memchr(s->line.data, '\n', s->line.len))) {
    say(s->name, s->line.data, (size_t)(end - s->line.data));
    buf_drop(&s->line, (size_t)(end - s->line.data) + 1);
  }
  if (s->line.len > 4096 || (ended && s->line.len)) {
    say(s->name, s->line.data, s->line.len);
    buf_drop(&s->line, s->line.len);
  }
}

static void read_output(struct service *s) {
  char chunk[4096];
  ssize_t n = read(s->out, chunk, sizeof chunk);
  if (n > 0) {
    buf_add(&s->line, chunk, (size_t)n);
    relay(s, 0);
  } else if (n == 0 || errno != EAGAIN) {
    relay(s, 1);
    close(s->out);
    s->out = -1;
  }
}

/* The machine lacks processes or descriptors: this is reported like the service's own output, and as its end. */
static void cannot_start(struct service *s) {
  const char *why = strerror(errno);
  struct buf text = {0};
  buf_print(&text, "cannot be started: %s", why);
  say(s->name, text.data, text.len);
  buf_free(&text);
  s->pid = 0;
  s->ran = 1;
  s->status = W_EXITCODE(126, 0);
}

static void answer(int fd, const char *text) {
  if (fd < 0) return;
  write_all(fd, text, strlen(text));
  close(fd);
}

static void tell_starter(struct service *s, const char *text) {
  answer(s->starter, text);
  s->starter = -1;
}

static void start_service(struct service *s) {
  int out[2];
  s->wanted = 0;
  /* Files of an earlier run would count as this one's. */
  for (char **condition = s->ready; *condition; condition++)
    if (**condition == '/') unlink(*condition);
  if (s->out >= 0) read_output(s);
  if (s->out >= 0) close(s->out);
  s->out = -1;
  if (pipe2(out, O_CLOEXEC) < 0) return cannot_start(s);
  s->pid = fork();
  if (s->pid < 0) {
    cannot_start(s);
    close(out[0]);
    close(out[1]);
    return;
  }
  if (s->pid == 0) {
    unblock_signals();
    setsid();
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out[1], 1);
    dup2(out[1], 2);
    exec_or_exit(s->argv);
  }
  close(out[1]);
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  s->out = out[0];
  s->ran = 1;
  s->kill_at = 0;
  s->starting = 1;
  s->seen = 0;
}

/* Returns whether a program is starting: wanted and not running yet, or running and not ready. */
static int pending(const struct service *s) { return s->wanted || s->starting; }

static int may_start(const struct service *s) {
  for (char **name = s->after; *name; name++)
    for (const struct service *other = services; other < s; other++)
      if (strcmp(other->name, *name) == 0 && pending(other)) return 0;
  return 1;
}

/*
 * Starts programs that are wanted, each after those on which it depends, and checks which are ready. Returns how many
 * are still starting.
 */
static int advance(void) {
  int left = 0;
  for (int i = 0; i < n_services; i++) {
    struct service *s = &services[i];
    if (s->wanted && may_start(s)) {
      start_service(s);
      if (!s->pid) tell_starter(s, "error it cannot be started\n");
    }
    while (s->starting && s->ready[s->seen] && holds(s->ready[s->seen])) s->seen++;
    if (s->starting && !s->ready[s->seen]) {
      s->starting = 0;
      tell_starter(s, "ok\n");
    }
    if (s->starter >= 0 && now_ms() >= s->ready_by) tell_starter(s, "error it is not ready within a minute\n");
    left += pending(s);
  }
  return left;
}

static void ended(struct service *s, int status) {
  char text[64];
  s->pid = 0;
  s->status = status;
  s->starting = 0;
  s->kill_at = 0;
  while (s->out >= 0) {
    struct pollfd p = {s->out, POLLIN, 0};
    if (poll(&p, 1, 0) <= 0) break;
    read_output(s);
  }
  int n = snprintf(text, sizeof text, "ended with %s %d", WIFSIGNALED(status) ? "signal" : "status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  say(s->name, text, (size_t)n);
  answer(s->waiter, "ok\n");
  s->waiter = -1;
  tell_starter(s, "error it ended before it was ready\n");
}

static void reap(pid_t watched, int *watched_status) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == watched) *watched_status = status;
    for (int i = 0; i < n_services; i++)
      if (services[i].pid == pid) ended(&services[i], status);
  }
}

static void tell_status(int fd, const struct service *only) {
  struct buf reply = {0};
  for (int i = 0; i < n_services; i++) {
    const struct service *s = &services[i];
    if (only && s != only) continue;
    if (s->pid) buf_print(&reply, "%s %s %d\n", s->name, s->starting ? "starting" : "running", s->pid);
    else if (s->wanted) buf_print(&reply, "%s waiting\n", s->name);
    else if (!s->ran) buf_print(&reply, "%s stopped\n", s->name);
    else buf_print(&reply, "%s ended %d\n", s->name, exit_code(s->status));
  }
  buf_add(&reply, "", 1);
  answer(fd, reply.data);
  buf_free(&reply);
}

static void control(int fd) {
  char text[256];
  struct service_request request;
  struct service *s = NULL;
  struct timeval limit = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ssize_t n = read(fd, text, sizeof text);
  if (n <= 0) {
    close(fd);
    return;
  }
  if (parse_service_request(text, (size_t)n, &request) < 0) {
    answer(fd, "error this is no request\n");
    return;
  }
  for (int i = 0; i < n_services; i++)
    if (strcmp(services[i].name, request.name) == 0) s = &services[i];
  if (request.verb == STATUS && !*request.name) {
    tell_status(fd, NULL);
  } else if (!s) {
    answer(fd, "error no such service\n");
  } else if (request.verb == STATUS) {
    tell_status(fd, s);
  } else if (request.verb == START) {
    if (!s->pid) s->wanted = 1;
    tell_starter(s, "error another start took over\n");
    s->starter = fd;
    s->ready_by = now_ms() + START_DEADLINE_MS;
    if (!pending(s)) tell_starter(s, "ok\n");
  } else if (!s->pid) {
    s->wanted = 0;
    tell_starter(s, "error it was stopped\n");
    answer(fd, "ok\n");
  } else {
    answer(s->waiter, "error another stop took over\n");
    s->waiter = fd;
    s->kill_at = now_ms() + STOP_DEADLINE_MS;
    kill(s->pid, SIGTERM);
    kill(s->pid, SIGCONT);
  }
}

static int control_socket(void) {
  struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = SVC_SOCKET};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unlink(SVC_SOCKET);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 16) < 0) die("%s: %s", SVC_SOCKET, strerror(errno));
  return fd;
}

static void read_services(void) {
  struct buf text = {0};
  struct service_line *lines;
  char why[128], chunk[4096];
  ssize_t got;
  int fd = open(LAB_SERVICES, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return;
  while ((got = read(fd, chunk, sizeof chunk)) > 0) buf_add(&text, chunk, (size_t)got);
  if (got < 0) die("%s: %s", LAB_SERVICES, strerror(errno));
  close(fd);
  int n = parse_services(text.data, text.len, &lines, why, sizeof why);
  if (n < 0) die("%s: %s", LAB_SERVICES, why);
  buf_free(&text);
  services = calloc((size_t)n + 1, sizeof *services);
  if (!services) die("out of memory");
  for (; n_services < n; n_services++)
    services[n_services] = (struct service){
        .name = lines[n_services].name,
        .after = lines[n_services].after,
        .ready = lines[n_services].ready,
        .argv = lines[n_services].argv,
        .out = -1,
        .starter = -1,
        .waiter = -1};
  free(lines);
}

static pid_t spawn_script(const char *path) {
  pid_t pid = fork();
  if (pid < 0) die("%s: %s", path, strerror(errno));
  if (pid == 0) {
    char *argv[] = {"sh", (char *)path, NULL};
    unblock_signals();
    exec_or_exit(argv);
  }
  return pid;
}

static void guest_mounts(void) {
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  mkdir("/dev/pts", 0755);
  mkdir("/dev/shm", 01777);
  mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=666");
  mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
  mount("tmpfs", "/run", "tmpfs", 0, "mode=755");
  mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
  char *links[][2] = {{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}};
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST) die("%s: %s", links[i][1], strerror(errno));
  int console = open("/dev/console", O_RDWR);
  if (console >= 0) {
    dup2(console, 0);
    dup2(console, 1);
    dup2(console, 2);
    if (console > 2) close(console);
  }
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  setenv("HOME", "/root", 1);
  char name[64] = {0};
  FILE *f = fopen("/etc/hostname", "re");
  if (f && fscanf(f, "%63s", name) == 1 && sethostname(name, strlen(name)) < 0) die("its name: %s", strerror(errno));
  if (f) fclose(f);
}

/* The agent has its own network namespace, so users see only the lab's interfaces. */
static void start_agent(void) {
  int ready[2], go[2], netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  char byte, command[128];
  if (netns < 0 || pipe2(ready, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0) die("agent: %s", strerror(errno));
  pid_t pid = fork();
  if (pid < 0) die("agent: %s", strerror(errno));
  if (pid == 0) _exit(agent_main(netns, ready[1], go[0]));
  close(ready[1]);
  if (read(ready[0], &byte, 1) != 1) die("the agent did not start");
  snprintf(command, sizeof command, "ip link set vec0 netns %d", pid);
  if (system(command) != 0) die("the management wire cannot be moved");
  write_all(go[1], "g", 1);
  if (read(ready[0], &byte, 1) != 1) die("the agent does not listen");
  close(ready[0]);
  close(go[0]);
  close(go[1]);
  close(netns);
}

/* The phase of a node: its init script runs, its services start, or the result has been reported. */
enum phase { PREPARING, STARTING, SETTLED };

static void fail(const char *who, int status) {
  char text[SERVICE_NAME_MAX + 64];
  snprintf(text, sizeof text, "failed: %s ended with %d\n", who, exit_code(status));
  set_state(text);
}

/* Updates the phase: a node is ready when its services are, and has failed if one of them ends before. */
static enum phase see_start(int left) {
  for (int i = 0; i < n_services; i++)
    if (!services[i].pid && !services[i].wanted) {
      fail(services[i].name, services[i].status);
      return SETTLED;
    }
  if (left > 0) return STARTING;
  set_state("ready\n");
  return SETTLED;
}

int init_main(int guest, const char *token) {
  sigset_t mask;
  int script_status = -1;
  pid_t script;
  if (guest) guest_mounts();
  else unlink(LAB_STATE);
  signal(SIGPIPE, SIG_IGN);
  if (guest) start_agent();
  else if (token) fabric = hand_over(token);
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  sigaddset(&mask, SIGTERM);
  sigaddset(&mask, SIGINT);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  int boots = !guest && access(LAB_GUEST, F_OK) == 0;
  if (!boots) read_services();
  int listener = boots ? -1 : control_socket();
  int watch = boots ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1;
  if (boots && inotify_add_watch(watch, LAB_FOLDER, IN_MOVED_TO) < 0) die("%s: %s", LAB_FOLDER, strerror(errno));
  script = spawn_script(boots ? LAB_BOOT : LAB_INIT);
  struct pollfd *polls = calloc((size_t)n_services + 3, sizeof *polls);
  if (!polls) die("out of memory");
  int starting = 0; /* programs that are starting */
  for (enum phase phase = PREPARING;;) {
    polls[0] = (struct pollfd){signals, POLLIN, 0};
    polls[1] = (struct pollfd){listener, POLLIN, 0};
    polls[2] = (struct pollfd){watch, POLLIN, 0};
    int timeout = starting > 0 ? READY_LOOK_MS : -1;
    for (int i = 0; i < n_services; i++) {
      polls[i + 3] = (struct pollfd){services[i].out, POLLIN, 0};
      if (services[i].kill_at) {
        long long left = services[i].kill_at - now_ms();
        if (left <= 0) {
          kill(services[i].pid, SIGKILL);
          services[i].kill_at = now_ms() + STOP_DEADLINE_MS;
          left = STOP_DEADLINE_MS;
        }
        if (timeout < 0 || left < timeout) timeout = (int)left;
      }
    }
    if (poll(polls, (nfds_t)n_services + 3, timeout) < 0 && errno != EINTR) die("poll: %s", strerror(errno));
    for (int i = 0; i < n_services; i++)
      if (services[i].out >= 0 && services[i].out == polls[i + 3].fd && polls[i + 3].revents) read_output(&services[i]);
    if (watch >= 0 && polls[2].revents) pass_state_on(watch);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGCHLD) continue;
      if (guest) continue;
      /* docker stop: the end of the container ends everything in it */
      return 0;
    }
    reap(script, &script_status);
    if (script_status >= 0 && boots) return exit_code(script_status); /* the guest kernel has ended */
    if (phase == PREPARING && script_status >= 0) {
      if (script_status == 0) {
        for (int i = 0; i < n_services; i++) services[i].wanted = !services[i].pid;
        phase = STARTING;
      } else {
        fail("its init script", script_status);
        phase = SETTLED;
      }
    }
    if (listener >= 0 && polls[1].revents) {
      int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
      if (fd >= 0) control(fd);
    }
    starting = advance();
    if (phase == STARTING) phase = see_start(starting);
  }
}
