#define _GNU_SOURCE
#include "job.h"

#include <string.h>

#include "numbers.h"

/* Reads a word of 1 to `most` characters, up to a space or the line's end; returns what follows it, or NULL. */
static const char *word(const char *at, size_t most, char *out) {
  size_t len = strcspn(at, " \n");
  if (len == 0 || len > most) return NULL;
  memcpy(out, at, len);
  out[len] = 0;
  return at + len;
}

/* Reads a number from min to max; returns what follows it, or NULL. */
static const char *number(const char *at, long long min, long long max, long long *out) {
  size_t len = leading_number(at, strlen(at), max, out);
  return len > 0 && *out >= min ? at + len : NULL;
}

static const char *space(const char *at) { return at && *at == ' ' ? at + 1 : NULL; }

static int at_end(const char *at) { return at && (*at == 0 || strcmp(at, "\n") == 0) ? 0 : -1; }

int parse_job_head(const char *line, struct job_head *out) {
  const char *at = space(number(line, 0, DEADLINE_MOST_MS, &out->deadline_ms));
  if (at) at = space(number(at, 0, NODES_MOST, &out->n_nodes));
  if (at) at = space(number(at, 0, PORTS_MOST, &out->n_ports));
  if (at) at = number(at, 0, FILES_MOST, &out->batch_len);
  return at_end(at);
}

int parse_job_node(const char *line, struct job_node *out) {
  const char *at = space(word(line, NODE_NAME_MAX, out->name));
  if (at) at = space(word(at, TOKEN_LEN, out->token));
  if (at) at = number(at, 0, FILES_MOST, &out->files_len);
  return strlen(out->token) == TOKEN_LEN ? at_end(at) : -1;
}

int parse_job_port(const char *line, char out[IFNAMSIZ]) { return at_end(word(line, IFNAMSIZ - 1, out)); }

long long parse_files_length(const char *line, size_t len) {
  long long length;
  return len > 1 && line[len - 1] == '\n' && leading_number(line, len, FILES_MOST, &length) == len - 1 ? length : -1;
}

int take_line(struct line *from, char to[LINE_MOST]) {
  char *end = memchr(from->text, '\n', from->len);
  if (!end) return from->len == LINE_MOST ? -1 : 0;
  size_t len = (size_t)(end - from->text);
  for (size_t i = 0; i < len; i++) to[i] = from->text[i] < ' ' || from->text[i] > '~' ? '?' : from->text[i];
  to[len] = 0;
  from->len -= len + 1;
  memmove(from->text, end + 1, from->len);
  return 1;
}
