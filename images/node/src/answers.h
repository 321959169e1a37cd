/*
 * What servers say, as our clients read it. All readers take bytes that may be anything, of which so many
 * are there; nothing need end with NUL.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <stddef.h>

#define SERVER_NAME_MAX 63

/* An HTTP answer as far as it has come. */
struct http_answer {
  int status;
  size_t head;      /* bytes before the body */
  long long length; /* Content-Length; -1: it has none */
};

/* Reads the head of an answer: 1 when it is whole, 0 when more must come, -1 when this is no HTTP. */
int http_head(const char *data, size_t len, struct http_answer *out);

/*
 * The line that a server says of itself when it is connected to, or of MySQL's greeting the server's version:
 * where in data that is, and its length. 1 when it is whole, 0 when more must come.
 */
int greeting(const char *data, size_t len, const char **said, size_t *said_len);

/* Bytes before the first line's end, or before a NUL. */
size_t line_length(const char *data, size_t len);

/* The server's name by its own word, in a header or in JSON; empty when it says none. */
void server_name(const char *data, size_t len, char out[SERVER_NAME_MAX + 1]);

/* The number that a datagram's answer repeats, in JSON; 0 when there is none. */
long long answered_number(const char *data, size_t len);

#endif
