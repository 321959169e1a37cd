#define _GNU_SOURCE
#include "services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "ready.h"

static const char *const verbs[] = {[STATUS] = "status", [START] = "start", [STOP] = "stop"};

/* Returns the words of a text between separators, NULL after the last; none in an empty text. The text is modified. */
static char **words_of(char *text, char by) {
  size_t n = *text != 0, i = 0;
  const char parts[] = {by, 0};
  for (const char *c = text; *c; c++) n += *c == by;
  char **words = calloc(n + 1, sizeof *words);
  if (!words) die("out of memory");
  for (char *rest = text; i < n; i++) words[i] = strsep(&rest, parts);
  return words;
}

/* Reads a line's fields; it has at least four. */
static void read_fields(const char *text, size_t size, struct service_line *line) {
  line->name = strndup(text, size);
  if (!line->name) die("out of memory");
  char *rest = line->name;
  strsep(&rest, "\t");
  char *after = strsep(&rest, "\t"), *ready = strsep(&rest, "\t");
  line->after = words_of(after, ' ');
  line->ready = words_of(ready, ' ');
  line->argv = words_of(rest, '\t');
}

static int named(const struct service_line *lines, int n, const char *name, size_t len) {
  for (int i = 0; i < n; i++)
    if (strlen(lines[i].name) == len && memcmp(lines[i].name, name, len) == 0) return 1;
  return 0;
}

/* Returns what is wrong with a line's readiness conditions, or NULL. */
static const char *wrong_readiness(const struct service_line *line, const struct service_line *before, int n) {
  for (char **name = line->after; *name; name++)
    if (!named(before, n, *name, strlen(*name))) return "is after one that no line before it names";
  for (char **condition = line->ready; *condition; condition++)
    if (!is_condition(*condition)) return "has a condition that is none";
  return NULL;
}

int parse_services(const char *text, size_t len, struct service_line **out, char *why, size_t why_size) {
  struct service_line *lines = NULL;
  int n = 0;
  for (int number = 1; len > 0; number++) {
    const char *end = memchr(text, '\n', len);
    size_t size = end ? (size_t)(end - text) : len;
    const char *tab = memchr(text, '\t', size), *command = tab;
    size_t name = tab ? (size_t)(tab - text) : 0;
    const char *wrong = NULL;
    for (int field = 0; field < 2 && command; field++) command = memchr(command + 1, '\t', (size_t)(text + size - command - 1));
    if (memchr(text, 0, size)) wrong = "has a NUL byte";
    else if (name == 0 || memchr(text, ' ', name) || !command || command + 1 == text + size || command[1] == '\t')
      wrong = "is not a name, what it is after, its conditions and a command between tabs";
    else if (name > SERVICE_NAME_MAX) wrong = "has too long a name";
    else if (named(lines, n, text, name)) wrong = "has a name that is taken";
    if (wrong) {
      snprintf(why, why_size, "line %d %s", number, wrong);
      free_services(lines, n);
      return -1;
    }
    struct service_line *grown = reallocarray(lines, (size_t)n + 1, sizeof *lines);
    if (!grown) die("out of memory");
    lines = grown;
    read_fields(text, size, &lines[n]);
    wrong = wrong_readiness(&lines[n], lines, n);
    n++;
    if (wrong) {
      snprintf(why, why_size, "line %d %s", number, wrong);
      free_services(lines, n);
      return -1;
    }
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
    free(lines[i].after);
    free(lines[i].ready);
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
