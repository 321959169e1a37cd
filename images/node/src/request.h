/* Reader of HTTP requests for the servers here: it accepts any bytes, with their number. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>

struct http_request {
  size_t head;      /* bytes before the body */
  long long length; /* of the body */
  int keeps;        /* whether the connection stays open after the answer */
  int bodiless;     /* HEAD: the answer has no body */
  const char *path; /* without the query, with its length */
  size_t path_len;
};

/* Reads the head of a request: returns 1 if it is complete, 0 if more must arrive, -1 if it is not HTTP. */
int http_request(const char *data, size_t len, struct http_request *out);

#endif
