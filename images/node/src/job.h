/* Text of the handover: the lines of a job, and nodes' messages. None of it is trusted. */
#ifndef JOB_H
#define JOB_H

#include <net/if.h>
#include <stddef.h>

#include "handover.h"

/* Maximum length of a line that is accepted from the other side. */
#define LINE_MOST 256
#define NODE_NAME_MAX 63
#define NODES_MOST 4000
#define PORTS_MOST 100000
/* Maximum bytes of one node's files, and of the batch. */
#define FILES_MOST 0x40000000
#define DEADLINE_MOST_MS 86400000

/* DEADLINE_MS NODES PORTS BATCH_LENGTH */
struct job_head {
  long long deadline_ms, n_nodes, n_ports, batch_len;
};

/* NAME TOKEN FILES_LENGTH */
struct job_node {
  char name[NODE_NAME_MAX + 1], token[TOKEN_LEN + 1];
  long long files_len;
};

/* Each reads one line, with or without its end; returns 0, or -1 if the line is invalid. */
int parse_job_head(const char *line, struct job_head *out);
int parse_job_node(const char *line, struct job_node *out);
int parse_job_port(const char *line, char out[IFNAMSIZ]);

/* Reads the length before a node's files, with the end of its line; returns -1 if there is none. */
long long parse_files_length(const char *line, size_t len);

/* A line that may arrive in pieces. */
struct line {
  char text[LINE_MOST];
  size_t len;
};
/*
 * Takes the first complete line from the received bytes, without its end, with everything but printable ASCII replaced
 * by '?': it goes to a terminal. Returns 1; 0 if none is complete yet; -1 if it is too long.
 */
int take_line(struct line *from, char to[LINE_MOST]);

#endif
