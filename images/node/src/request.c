#define _GNU_SOURCE
#include "request.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "answers.h"
#include "numbers.h"

/* Returns the place of a field's value in a head, which ends with an empty line; NULL if it has no such field. */
static const char *value_of(const char *data, size_t head, const char *field) {
  const char *value = text_after(data, head, field);
  while (value && (*value == ' ' || *value == '\t')) value++;
  return value;
}

int http_request(const char *data, size_t len, struct http_request *out) {
  const char *end = len > 0 ? memmem(data, len, "\r\n\r\n", 4) : NULL;
  if (!end) return 0;
  size_t head = (size_t)(end - data) + 4;
  /* METHOD PATH HTTP/1.1 */
  const char *line_end = memchr(data, '\r', head), *path = memchr(data, ' ', (size_t)(line_end - data));
  if (!path++) return -1;
  const char *path_end = memchr(path, ' ', (size_t)(line_end - path));
  if (!path_end || line_end - path_end != sizeof " HTTP/1.1" - 1 || memcmp(path_end, " HTTP/1.", 8) != 0) return -1;
  const char *query = memchr(path, '?', (size_t)(path_end - path));
  const char *connection = value_of(data, head, "\r\nconnection:"), *length = value_of(data, head, "\r\ncontent-length:");
  *out = (struct http_request){.head = head, .path = path, .path_len = (size_t)((query ? query : path_end) - path)};
  out->bodiless = path - data == 5 && memcmp(data, "HEAD ", 5) == 0;
  out->keeps = line_end[-1] == '0' ? connection && strncasecmp(connection, "keep-alive", 10) == 0
                                   : !connection || strncasecmp(connection, "close", 5) != 0;
  /* A body in chunks does not tell its length: nobody here sends one. */
  if (text_after(data, head, "\r\ntransfer-encoding:")) return -1;
  if (length && leading_number(length, (size_t)(data + head - length), LLONG_MAX, &out->length) == 0) return -1;
  return 1;
}
