#define _GNU_SOURCE
#include "buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

void buf_add(struct buf *b, const void *data, size_t len) {
  if (len == 0) return; /* data may be NULL here, which memcpy does not allow */
  if (len > SIZE_MAX / 2 - b->len) die("out of memory");
  if (b->len + len > b->cap) {
    size_t cap = (b->len + len) * 2;
    char *grown = realloc(b->data, cap);
    if (!grown) die("out of memory");
    b->data = grown;
    b->cap = cap;
  }
  memcpy(b->data + b->len, data, len);
  b->len += len;
}

void buf_print(struct buf *b, const char *fmt, ...) {
  char *text;
  va_list args;
  va_start(args, fmt);
  int len = vasprintf(&text, fmt, args);
  va_end(args);
  if (len < 0) die("out of memory");
  buf_add(b, text, (size_t)len);
  free(text);
}

void buf_drop(struct buf *b, size_t len) {
  if (len > b->len) die("bug: %zu bytes dropped of %zu", len, b->len);
  if (len == 0) return;
  b->len -= len;
  memmove(b->data, b->data + len, b->len);
}

void buf_free(struct buf *b) {
  free(b->data);
  *b = (struct buf){0};
}
