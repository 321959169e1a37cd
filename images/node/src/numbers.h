/* Numbers out of text that others wrote: decimal digits and nothing else, within bounds. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <stddef.h>

/*
 * The number at the head of text, which has so many bytes and need not end with NUL: returns how many of
 * them are its digits; 0 when there are none or the number is greater than max.
 */
size_t leading_number(const char *text, size_t len, long long max, long long *out);

/* An argument that must be a number from min to max; else says so, by its name, and ends the program with 2. */
long long number_argument(const char *name, const char *text, long long min, long long max);

#endif
