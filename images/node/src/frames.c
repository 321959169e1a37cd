#define _GNU_SOURCE
#include "frames.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

void buf_frame(struct buf *b, enum frame type, const void *data, uint32_t len) {
  char name = (char)type;
  uint32_t length = htonl(len);
  buf_add(b, &name, 1);
  buf_add(b, &length, sizeof length);
  buf_add(b, data, len);
}

int buf_peek(const struct buf *b, const char **payload, uint32_t *len) {
  uint32_t length;
  if (b->len < FRAME_HEAD) return 0;
  memcpy(&length, b->data + 1, sizeof length);
  length = ntohl(length);
  if (length > FRAME_MAX) return -1;
  if (b->len < FRAME_HEAD + (size_t)length) return 0;
  *payload = b->data + FRAME_HEAD;
  *len = length;
  /* No frame has type 0; the caller must see a type that it does not know. */
  return b->data[0] ? (unsigned char)b->data[0] : -1;
}

void add_run(struct buf *out, const struct run_request *run) {
  struct buf payload = {0};
  uint16_t head[3] = {htons((uint16_t)(run->tty != 0)), htons(run->size.rows), htons(run->size.cols)};
  buf_add(&payload, head, sizeof head);
  buf_add(&payload, run->cwd, strlen(run->cwd) + 1);
  buf_add(&payload, run->term, strlen(run->term) + 1);
  for (char **arg = run->argv; *arg; arg++) buf_add(&payload, *arg, strlen(*arg) + 1);
  if (payload.len > FRAME_MAX) die("the command line is too long: %zu bytes, %d at most", payload.len, FRAME_MAX);
  buf_frame(out, F_RUN, payload.data, (uint32_t)payload.len);
  buf_free(&payload);
}

int parse_run(const char *payload, size_t len, struct run_request *out) {
  uint16_t head[3];
  size_t texts = 0, n = 0;
  if (len <= sizeof head || payload[len - 1] != 0) return -1;
  memcpy(head, payload, sizeof head);
  for (size_t i = sizeof head; i < len; i++) texts += payload[i] == 0;
  if (ntohs(head[0]) > 1 || texts < 3) return -1;
  /* One allocation holds all texts; cwd is its start. */
  char *text = malloc(len - sizeof head), **argv = calloc(texts - 2 + 1, sizeof *argv);
  if (!text || !argv) die("out of memory");
  memcpy(text, payload + sizeof head, len - sizeof head);
  *out = (struct run_request){.tty = ntohs(head[0]), .size = {ntohs(head[1]), ntohs(head[2])}, .cwd = text, .argv = argv};
  out->term = text + strlen(text) + 1;
  for (char *arg = out->term + strlen(out->term) + 1; n < texts - 2; arg += strlen(arg) + 1) argv[n++] = arg;
  return 0;
}

void free_run(struct run_request *run) {
  free(run->cwd);
  free(run->argv);
}

int parse_signal(const char *payload, size_t len, int *number) {
  if (len != 1) return -1;
  int given = (unsigned char)payload[0];
  if (given < 1 || given >= NSIG) return -1;
  *number = given;
  return 0;
}

int parse_size(const char *payload, size_t len, struct size *out) {
  uint16_t both[2];
  if (len != sizeof both) return -1;
  memcpy(both, payload, sizeof both);
  *out = (struct size){ntohs(both[0]), ntohs(both[1])};
  return 0;
}

int parse_ack(const char *payload, size_t len, size_t *taken) {
  uint32_t bytes;
  if (len != sizeof bytes) return -1;
  memcpy(&bytes, payload, sizeof bytes);
  if (ntohl(bytes) > STDIN_WINDOW) return -1;
  *taken = ntohl(bytes);
  return 0;
}

int parse_exit(const char *payload, size_t len, int *code) {
  if (len != 1) return -1;
  *code = (unsigned char)payload[0];
  return 0;
}

int parse_number(const char *payload, size_t len, uint32_t *number) {
  if (len < NUMBER_LEN) return -1;
  memcpy(number, payload, NUMBER_LEN);
  *number = ntohl(*number);
  return 0;
}
