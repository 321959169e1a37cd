/* The list of a node's programs, and what `svc` asks. */
#define _GNU_SOURCE
#include "../../images/node/src/services.h"

#include <stdlib.h>
#include <string.h>

#include "../../images/node/src/buf.h"
#include "../../images/node/src/ready.h"
#include "fuzz.h"

const struct example examples[] = {
    EXAMPLE("nginx\t\ttcp:80 tcp:443\tnginx\t-g\tdaemon off;\nanswer\t\tudp:53\tanswer\trs1\t53\t54\n"),
    EXAMPLE("keepalived\t\t/run/keepalived.pid\tkeepalived\t--dont-fork\t--log-console\n"),
    EXAMPLE("mgmtd\t\t/run/frr/mgmtd.vty\tm\nzebra\tmgmtd\t/run/z.vty\tz\nospfd\tzebra mgmtd\t\to\t\n"),
    EXAMPLE("a\t\t\tb"),
    EXAMPLE("status\n"),
    EXAMPLE("status nginx\n"),
    EXAMPLE("stop keepalived\n"),
    EXAMPLE("start a23456789012345678901234567890123456789012345678901234567890123\n"),
};
const size_t n_examples = sizeof examples / sizeof *examples;

static void print_words(struct buf *out, char **words, const char *between) {
  for (char **word = words; *word; word++) buf_print(out, "%s%s", word == words ? "" : between, *word);
}

static int list(const char *data, size_t len) {
  struct service_line *lines;
  struct buf again = {0};
  char why[32];
  int n = parse_services(data, len, &lines, why, sizeof why);
  if (n < 0) {
    must(strlen(why) < sizeof why && strncmp(why, "line ", 5) == 0);
    return 0;
  }
  for (int i = 0; i < n; i++) {
    must(*lines[i].name && strlen(lines[i].name) <= SERVICE_NAME_MAX && !strpbrk(lines[i].name, " \t\n") && *lines[i].argv[0]);
    for (int j = 0; j < i; j++) must(strcmp(lines[i].name, lines[j].name) != 0);
    for (char **name = lines[i].after; *name; name++) {
      int before = 0;
      for (int j = 0; j < i; j++) before |= strcmp(lines[j].name, *name) == 0;
      must(before);
    }
    for (char **condition = lines[i].ready; *condition; condition++) must(is_condition(*condition));
    buf_print(&again, "%s\t", lines[i].name);
    print_words(&again, lines[i].after, " ");
    buf_print(&again, "\t");
    print_words(&again, lines[i].ready, " ");
    buf_print(&again, "\t");
    print_words(&again, lines[i].argv, "\t");
    buf_print(&again, "\n");
  }
  /* Nothing is left out and nothing is made up; the last line may do without its end. */
  must(again.len == len || again.len == len + 1);
  must(len == 0 || memcmp(again.data, data, len) == 0);
  buf_free(&again);
  free_services(lines, n);
  return n > 0;
}

int fuzz_one(const char *data, size_t len) {
  struct service_request request;
  int read = list(data, len);
  if (parse_service_request(data, len, &request) < 0) return read;
  must(request.verb == STATUS || *request.name);
  must(strlen(request.name) <= SERVICE_NAME_MAX && !strchr(request.name, '\n'));
  return 1;
}
