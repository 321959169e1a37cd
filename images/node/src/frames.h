/*
 * Frames, on two wires: between `nodectl exec` in a container and the agent in its guest, for one command; and between
 * the engine's client and `nodectl serve` in a container, for many, where each payload begins with the command's number.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdint.h>

#include "buf.h"

/* One frame: type, big-endian length, payload. */
enum frame {
  F_RUN = 'R',    /* client: with or without a terminal, rows, cols, then NUL-ended cwd, TERM, argv */
  F_STDIN = 'I',  /* client: bytes; an empty one is end of file */
  F_SIGNAL = 'S', /* client: signal number */
  F_WINCH = 'W',  /* client: rows, cols */
  F_STDOUT = 'O', /* agent */
  F_STDERR = 'E', /* agent */
  F_ACK = 'A',    /* agent: number of bytes of stdin that were taken */
  F_EXIT = 'X',   /* agent: exit status, 128+n after signal n */
  F_HELLO = 'H',  /* nodectl serve: it takes commands; of no command, so number 0 */
};
#define FRAME_HEAD 5
#define FRAME_MAX 65536
/* Maximum bytes of stdin that the client may send before the agent has taken any. */
#define STDIN_WINDOW 65536

void buf_frame(struct buf *b, enum frame type, const void *data, uint32_t len);
/*
 * Reads a complete frame at the start of b: returns its type, with payload and length set; 0 if none is complete yet,
 * -1 if it is too long.
 */
int buf_peek(const struct buf *b, const char **payload, uint32_t *len);

struct size {
  uint16_t rows, cols;
};

/* A command to run. It owns what it points to: free_run releases it. */
struct run_request {
  int tty;
  struct size size; /* of the terminal */
  char *cwd, *term;
  char **argv; /* NULL-ended, with at least one element */
};

void add_run(struct buf *out, const struct run_request *run);

/* Readers of payloads: return 0, or -1 if the payload is not of that type. */
int parse_run(const char *payload, size_t len, struct run_request *out);
int parse_signal(const char *payload, size_t len, int *number);
int parse_size(const char *payload, size_t len, struct size *out);
int parse_ack(const char *payload, size_t len, size_t *taken);
int parse_exit(const char *payload, size_t len, int *code);
/* The number of a command, which is followed by its own payload. */
int parse_number(const char *payload, size_t len, uint32_t *number);
#define NUMBER_LEN 4

void free_run(struct run_request *run);

#endif
