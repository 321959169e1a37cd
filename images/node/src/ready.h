/* How one sees from outside that a program is ready: somebody listens on a port, or a file is there. */
#ifndef READY_H
#define READY_H

/* Whether a text is a condition: tcp:PORT, udp:PORT or an absolute path. */
int is_condition(const char *text);

/* Whether a condition holds now. */
int holds(const char *condition);

#endif
