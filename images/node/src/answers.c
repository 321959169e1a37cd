#define _GNU_SOURCE
#include "answers.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "numbers.h"

const char *text_after(const char *data, size_t len, const char *text) {
  size_t size = strlen(text);
  for (; len >= size; data++, len--)
    if (strncasecmp(data, text, size) == 0) return data + size;
  return NULL;
}

int http_head(const char *data, size_t len, struct http_answer *out) {
  static const char version[] = "HTTP/1.";
  size_t known = sizeof version - 1;
  if (memcmp(data, version, len < known ? len : known) != 0) return -1;
  const char *end = memmem(data, len, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = (size_t)(end - data) + 4;
  long long status;
  /* HTTP/1.1 200 */
  if (head < known + 5 || data[known + 1] != ' ' || leading_number(data + known + 2, 3, 999, &status) != 3) return -1;
  *out = (struct http_answer){.status = (int)status, .head = head, .length = -1};
  const char *field = text_after(data, head, "\r\ncontent-length:");
  if (!field) return 1;
  while (*field == ' ' || *field == '\t') field++;
  return leading_number(field, (size_t)(end - field), LLONG_MAX, &out->length) > 0 ? 1 : -1;
}

size_t line_length(const char *data, size_t len) {
  size_t n = 0;
  while (n < len && data[n] != '\r' && data[n] != '\n' && data[n] != 0) n++;
  return n;
}

int greeting(const char *data, size_t len, const char **said, size_t *said_len) {
  /*
   * MySQL's greeting: a length of three bytes, a number (0), the protocol's version (10), the server's version as text.
   */
  size_t head = len > 4 && data[3] == 0 && data[4] == 10 ? 5 : 0;
  const char *end = head ? memchr(data + head, 0, len - head) : memchr(data, '\n', len);
  if (!end) return 0;
  *said = data + head;
  *said_len = line_length(data + head, (size_t)(end - data) - head);
  return 1;
}

static int in_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

void server_name(const char *data, size_t len, char out[SERVER_NAME_MAX + 1]) {
  const char *name = text_after(data, len, "\nX-Server: "), *end = data + len;
  size_t n = 0;
  if (!name) name = text_after(data, len, "{\"server\":\"");
  while (name && name < end && n < SERVER_NAME_MAX && in_name(*name)) out[n++] = *name++;
  out[n] = 0;
}

long long answered_number(const char *data, size_t len) {
  long long number = 0;
  const char *at = text_after(data, len, "\"n\":");
  if (at) leading_number(at, (size_t)(data + len - at), LLONG_MAX, &number);
  return number;
}
