/* Which programs a node runs (/lab/services), and what `svc` asks of its first process. */
#ifndef SERVICES_H
#define SERVICES_H

#include <stddef.h>

#define SERVICE_NAME_MAX 64

/*
 * A program, the words that start it, which no shell sees, the names of those before it that must be ready first if
 * they start too, and the conditions (ready.h) by which it is ready itself. Lists end with NULL; one piece of text
 * behind name holds all words.
 */
struct service_line {
  char *name, **after, **ready, **argv;
};

/*
 * Reads services, one a line, its fields between tabs: NAME, names, conditions (both with a space between two, and
 * empty where there are none), a program, its arguments; returns how many, with *out the caller's to free. -1 when a
 * line is none, with its number and what is wrong with it in why.
 */
int parse_services(const char *text, size_t len, struct service_line **out, char *why, size_t why_size);
void free_services(struct service_line *lines, int n);

enum verb { STATUS, START, STOP };

/* What `svc` asks: a verb and, but for the status of all, a service. */
struct service_request {
  enum verb verb;
  char name[SERVICE_NAME_MAX + 1]; /* empty: all */
};

/* Reads a request, VERB [NAME] and a newline; -1 when it is none. */
int parse_service_request(const char *text, size_t len, struct service_request *out);

int svc_main(int argc, char **argv);

#endif
