/*
 * Readers of servers' answers for the clients here. All readers accept any bytes, with their number; the bytes need not
 * end with NUL.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include <stddef.h>

#define SERVER_NAME_MAX 63

/* An HTTP answer as far as it has arrived. */
struct http_answer {
  int status;
  size_t head;      /* bytes before the body */
  long long length; /* Content-Length; -1: it has none */
};

/* Returns what follows a text, in any case; NULL if the text is not there. */
const char *text_after(const char *data, size_t len, const char *text);

/* Reads the head of an answer: returns 1 if it is complete, 0 if more must arrive, -1 if it is not HTTP. */
int http_head(const char *data, size_t len, struct http_answer *out);

/*
 * Finds the line that a server sends when a client connects, or the server's version in MySQL's greeting: its place in
 * data, and its length. Returns 1 if it is complete, 0 if more must arrive.
 */
int greeting(const char *data, size_t len, const char **said, size_t *said_len);

/* Returns the number of bytes before the end of the first line, or before a NUL. */
size_t line_length(const char *data, size_t len);

/* Reads the server's name from a header or from JSON; empty if there is none. */
void server_name(const char *data, size_t len, char out[SERVER_NAME_MAX + 1]);

/* Returns the number that a datagram's answer repeats, in JSON; 0 if there is none. */
long long answered_number(const char *data, size_t len);

#endif
