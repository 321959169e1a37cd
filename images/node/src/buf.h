/* Bytes that grow at one end and are taken away at the other. */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>

struct buf {
  char *data; /* NULL as long as nothing was ever added */
  size_t len, cap;
};

void buf_add(struct buf *b, const void *data, size_t len);
/* Adds text as printf makes it, without its NUL. */
void buf_print(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes away the first len bytes, which must be there. */
void buf_drop(struct buf *b, size_t len);
void buf_free(struct buf *b);

#endif
