/*
 * nodectl exec [--tether] -- CMD: runs CMD in the kernel of the node's network stack. Without an own kernel, that is
 * here; with one, the guest's agent runs it, over the management wire, with unchanged streams, terminal, signals and
 * exit code.
 */
#define _GNU_SOURCE
#include "nodectl.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "frames.h"
#include "numbers.h"

static struct termios saved;
static int raw;

static void restore_terminal(void) {
  if (raw) tcsetattr(0, TCSANOW, &saved);
}

static int connect_agent(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(MGMT_PORT)};
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  inet_pton(AF_INET, MGMT_GUEST_IP, &to.sin_addr);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("this node's kernel does not answer: %s", strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static int signal_fd(void) {
  sigset_t mask;
  sigemptyset(&mask);
  int all[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH, SIGTSTP, SIGCHLD};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) sigaddset(&mask, all[i]);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void request(struct buf *out, int tty, char **argv) {
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  char *term = getenv("TERM"), cwd[4096] = "/";
  if (tty) ioctl(0, TIOCGWINSZ, &size);
  if (!getcwd(cwd, sizeof cwd)) strcpy(cwd, "/");
  struct run_request run = {.tty = tty, .size = {size.ws_row, size.ws_col}, .cwd = cwd, .term = term ? term : (char[]){""}, .argv = argv};
  add_run(out, &run);
}

/* Handles the complete frames from the agent; returns the command's exit code when it is known, else -1. */
static int take_frames(struct buf *in, size_t *window) {
  const char *payload;
  uint32_t len;
  size_t taken;
  int type, code;
  while ((type = buf_peek(in, &payload, &len)) > 0) {
    if (type == F_EXIT && parse_exit(payload, len, &code) == 0) return code;
    if (type == F_STDOUT) write_all(1, payload, len);
    else if (type == F_STDERR) write_all(2, payload, len);
    else if (type == F_ACK && parse_ack(payload, len, &taken) == 0 && taken <= STDIN_WINDOW - *window) *window += taken;
    else die("the agent sent nonsense");
    buf_drop(in, FRAME_HEAD + len);
  }
  if (type < 0) die("the agent sent nonsense");
  return -1;
}

static int run_in_guest(int tether, char **argv) {
  int conn = connect_agent(), signals = signal_fd(), tty = isatty(0) && isatty(1);
  struct buf in = {0}, out = {0};
  size_t window = STDIN_WINDOW;
  int stdin_open = 1;
  if (tty && tcgetattr(0, &saved) == 0) {
    struct termios t = saved;
    cfmakeraw(&t);
    raw = tcsetattr(0, TCSANOW, &t) == 0;
    atexit(restore_terminal);
  }
  request(&out, tty, argv);
  for (;;) {
    if (out.len && write_all(conn, out.data, out.len) < 0) die("this node's kernel went away");
    buf_drop(&out, out.len);
    struct pollfd p[] = {{conn, POLLIN, 0}, {signals, POLLIN, 0}, {stdin_open && window ? 0 : -1, POLLIN, 0}};
    if (poll(p, 3, -1) < 0 && errno != EINTR) die("poll: %s", strerror(errno));
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGCHLD) continue;
      if (info.ssi_signo == SIGWINCH) {
        struct winsize size;
        if (ioctl(0, TIOCGWINSZ, &size) == 0) {
          uint16_t body[2] = {htons(size.ws_row), htons(size.ws_col)};
          buf_frame(&out, F_WINCH, body, sizeof body);
        }
        continue;
      }
      unsigned char number = (unsigned char)info.ssi_signo;
      buf_frame(&out, F_SIGNAL, &number, 1);
    }
    if (p[2].revents) {
      char chunk[16384];
      ssize_t n = read(0, chunk, window < sizeof chunk ? window : sizeof chunk);
      if (n <= 0) {
        stdin_open = 0;
        if (tether) {
          unsigned char number = SIGTERM;
          buf_frame(&out, F_SIGNAL, &number, 1);
        }
        n = 0;
      }
      buf_frame(&out, F_STDIN, chunk, (uint32_t)n);
      window -= (size_t)n;
    }
    if (p[0].revents) {
      char chunk[FRAME_MAX];
      ssize_t n = read(conn, chunk, sizeof chunk);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) die("this node's kernel went away");
      buf_add(&in, chunk, (size_t)n);
      int code = take_frames(&in, &window);
      if (code >= 0) return code;
    }
  }
}

/* Runs the command here, and ends it when stdin is closed: an engine keeps an exec alive when its caller is gone. */
static int run_tethered(char **argv) {
  int signals = signal_fd(), status;
  pid_t pid = fork();
  if (pid < 0) die("fork: %s", strerror(errno)); /* kill(-1) would signal every process */
  if (pid == 0) {
    unblock_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    exec_or_exit(argv);
  }
  for (int watch = 1;;) {
    struct pollfd p[] = {{signals, POLLIN, 0}, {watch ? 0 : -1, POLLIN, 0}};
    if (poll(p, 2, -1) < 0 && errno != EINTR) die("poll: %s", strerror(errno));
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info)
      if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGWINCH) kill(pid, (int)info.ssi_signo);
    if (p[1].revents) {
      char chunk[256];
      if (read(0, chunk, sizeof chunk) <= 0) {
        watch = 0;
        kill(pid, SIGTERM);
      }
    }
    if (waitpid(pid, &status, WNOHANG) == pid) return exit_code(status);
  }
}

/*
 * Returns whether a process was started from outside the container with LAB_EXEC=ID: the engine has no call to signal a
 * command.
 */
static int is_command(const char *pid, const char *id) {
  char path[300], text[65536];
  size_t len = strlen(id);
  int parent = -1;
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  FILE *f = fopen(path, "re");
  if (!f) return 0;
  size_t n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = 0;
  const char *end = strrchr(text, ')'); /* its name may contain anything */
  if (!end || sscanf(end, ") %*c %d", &parent) != 1 || parent != 0) return 0;
  snprintf(path, sizeof path, "/proc/%s/environ", pid);
  f = fopen(path, "re");
  if (!f) return 0;
  n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = 0;
  for (const char *at = text; at < text + n; at += strlen(at) + 1)
    if (strncmp(at, "LAB_EXEC=", 9) == 0 && strlen(at) == 9 + len && strcmp(at + 9, id) == 0) return 1;
  return 0;
}

int signal_main(int argc, char **argv) {
  if (argc != 2) die("usage: nodectl signal ID NUMBER");
  int number = (int)number_argument("NUMBER", argv[1], 1, NSIG - 1);
  DIR *all = opendir("/proc");
  if (!all) die("/proc: %s", strerror(errno));
  for (struct dirent *entry; (entry = readdir(all));)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_command(entry->d_name, argv[0])) return kill(atoi(entry->d_name), number) == 0 ? 0 : 1;
  return 1; /* it has just ended */
}

int exec_main(int argc, char **argv) {
  int tether = argc > 0 && strcmp(argv[0], "--tether") == 0;
  argc -= tether;
  argv += tether;
  if (argc > 0 && strcmp(argv[0], "--") == 0) argc--, argv++;
  if (argc < 1) die("usage: nodectl exec [--tether] -- CMD...");
  if (access(LAB_GUEST, F_OK) == 0) return run_in_guest(tether, argv);
  if (tether) return run_tethered(argv);
  exec_or_exit(argv);
}
