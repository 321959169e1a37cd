/* The handover: a wiring job's lines, the length before a node's files, and what a node says in pieces. */
#define _GNU_SOURCE
#include "../../images/node/src/job.h"

#include <stdio.h>
#include <string.h>

#include "fuzz.h"

const struct example examples[] = {
    EXAMPLE("60000 6 8 1234\n"),
    EXAMPLE("lb1 0123456789abcdef0123456789abcdef 10240\n"),
    EXAMPLE("n1.0\n"),
    EXAMPLE("10240\n"),
    EXAMPLE("unpacked\nready\n"),
    EXAMPLE("failed: its init script ended with 3\n"),
};
const size_t n_examples = sizeof examples / sizeof *examples;

/* Each is written again as it was read. */
static int lines(const char *text) {
  struct job_head head;
  struct job_node node;
  char port[IFNAMSIZ];
  int read = 0;
  if (parse_job_head(text, &head) == 0) {
    read++;
    must(head.deadline_ms >= 0 && head.n_nodes >= 0 && head.n_nodes <= NODES_MOST && head.n_ports >= 0 && head.n_ports <= PORTS_MOST &&
         head.batch_len >= 0 && head.batch_len <= FILES_MOST);
  }
  if (parse_job_node(text, &node) == 0) {
    read++;
    must(*node.name && strlen(node.name) <= NODE_NAME_MAX && strlen(node.token) == TOKEN_LEN && node.files_len >= 0 && node.files_len <= FILES_MOST);
    must(!strpbrk(node.name, " \n") && !strpbrk(node.token, " \n"));
  }
  if (parse_job_port(text, port) == 0) {
    read++;
    must(*port && strlen(port) < IFNAMSIZ && strncmp(text, port, strlen(port)) == 0);
  }
  return read;
}

/* Whatever a node says, in pieces: whole lines of printable text come out, and nothing is kept beyond the longest. */
static int said(const char *data, size_t len) {
  struct line line = {.len = 0};
  char words[LINE_MOST];
  int read = 0, whole = 0;
  while (len > 0 && whole >= 0) {
    size_t piece = sizeof line.text - line.len;
    must(piece > 0);
    if (piece > len) piece = len;
    memcpy(line.text + line.len, data, piece);
    line.len += piece;
    data += piece;
    len -= piece;
    while ((whole = take_line(&line, words)) > 0) {
      read++;
      must(strlen(words) < sizeof words);
      for (const char *c = words; *c; c++) must(*c >= ' ' && *c <= '~');
    }
  }
  return read;
}

int fuzz_one(const char *data, size_t len) {
  char text[4200];
  memcpy(text, data, len);
  text[len] = 0;
  long long length = parse_files_length(data, len);
  must(length >= -1 && length <= FILES_MOST);
  return lines(text) + (length >= 0) + said(data, len);
}
