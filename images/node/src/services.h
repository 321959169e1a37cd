/* The programs that a node runs (/lab/services), and the requests of `svc` to its first process. */
#ifndef SERVICES_H
#define SERVICES_H

#include <stddef.h>

#define SERVICE_NAME_MAX 64

/*
 * A program, the words of its command line, which no shell sees, the names of earlier programs that must be ready first
 * if they start too, and the conditions (ready.h) of its own readiness. Lists end with NULL; one allocation behind name
 * holds all words.
 */
struct service_line {
  char *name, **after, **ready, **argv;
};

/*
 * Parses services, one per line, with tabs between the fields: NAME, names, conditions (both separated by spaces, and
 * empty if there are none), a program, its arguments; returns their number; the caller must free *out. Returns -1 if a
 * line is invalid, with its number and the mistake in why.
 */
int parse_services(const char *text, size_t len, struct service_line **out, char *why, size_t why_size);
void free_services(struct service_line *lines, int n);

enum verb { STATUS, START, STOP };

/* A request of `svc`: a verb and, except for the status of all, a service. */
struct service_request {
  enum verb verb;
  char name[SERVICE_NAME_MAX + 1]; /* empty: all */
};

/* Parses a request, VERB [NAME] and a newline; returns -1 if it is invalid. */
int parse_service_request(const char *text, size_t len, struct service_request *out);

int svc_main(int argc, char **argv);

#endif
