/* Conditions that show from outside that a program is ready: a socket listens on a port, or a file exists and is not empty. */
#ifndef READY_H
#define READY_H

/* Returns whether a text is a condition: tcp:PORT, udp:PORT or an absolute path. */
int is_condition(const char *text);

/* Returns whether a condition holds now. */
int holds(const char *condition);

#endif
