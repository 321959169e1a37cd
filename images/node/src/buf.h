/* A buffer: bytes are added at one end and removed at the other. */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>

struct buf {
  char *data; /* NULL until something is added */
  size_t len, cap;
};

void buf_add(struct buf *b, const void *data, size_t len);
/* Adds text in the format of printf, without its NUL. */
void buf_print(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Removes the first len bytes, which must exist. */
void buf_drop(struct buf *b, size_t len);
void buf_free(struct buf *b);

#endif
