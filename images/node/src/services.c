#define _GNU_SOURCE
#include "services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

static const char *const verbs[] = {[STATUS] = "status", [START] = "start", [STOP] = "stop"};

/* A line's words: the first is the name, the others the command. */
static void read_words(const char *text, size_t size, struct service_line *line) {
  size_t n = 0;
  for (size_t i = 0; i < size; i++) n += text[i] == '\t';
  line->name = strndup(text, size);
  line->argv = calloc(n + 1, sizeof *line->argv);
  if (!line->name || !line->argv) die("out of memory");
  char *rest = line->name;
  strsep(&rest, "\t");
  for (size_t i = 0; i < n; i++) line->argv[i] = strsep(&rest, "\t");
}

int parse_services(const char *text, size_t len, struct service_line **out, char *why, size_t why_size) {
  struct service_line *lines = NULL;
  int n = 0;
  for (int number = 1; len > 0; number++) {
    const char *end = memchr(text, '\n', len);
    size_t size = end ? (size_t)(end - text) : len;
    const char *tab = memchr(text, '\t', size);
    size_t name = tab ? (size_t)(tab - text) : 0;
    const char *wrong = NULL;
    if (memchr(text, 0, size)) wrong = "has a NUL byte";
    else if (name == 0 || memchr(text, ' ', name) || name + 1 == size || tab[1] == '\t') wrong = "is not a name and a command between tabs";
    else if (name > SERVICE_NAME_MAX) wrong = "has too long a name";
    for (int i = 0; !wrong && i < n; i++)
      if (strlen(lines[i].name) == name && memcmp(lines[i].name, text, name) == 0) wrong = "has a name that is taken";
    if (wrong) {
      snprintf(why, why_size, "line %d %s", number, wrong);
      free_services(lines, n);
      return -1;
    }
    struct service_line *grown = reallocarray(lines, (size_t)n + 1, sizeof *lines);
    if (!grown) die("out of memory");
    lines = grown;
    read_words(text, size, &lines[n++]);
    size += end != NULL;
    text += size;
    len -= size;
  }
  *out = lines;
  return n;
}

void free_services(struct service_line *lines, int n) {
  for (int i = 0; i < n; i++) {
    free(lines[i].name);
    free(lines[i].argv);
  }
  free(lines);
}

int parse_service_request(const char *text, size_t len, struct service_request *out) {
  if (len == 0 || memchr(text, '\n', len) != text + len - 1 || memchr(text, 0, len)) return -1;
  const char *space = memchr(text, ' ', len);
  size_t verb = space ? (size_t)(space - text) : len - 1, name = space ? len - verb - 2 : 0;
  if (name > SERVICE_NAME_MAX) return -1;
  *out = (struct service_request){0};
  if (space) memcpy(out->name, space + 1, name);
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strlen(verbs[i]) == verb && memcmp(verbs[i], text, verb) == 0) {
      out->verb = (enum verb)i;
      return out->verb == STATUS || name > 0 ? 0 : -1;
    }
  return -1;
}
