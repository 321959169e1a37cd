/* The end of a program that cannot continue. */
#ifndef DIE_H
#define DIE_H

/* Prints the reason on stderr, after the program's name, and exits with 125. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
