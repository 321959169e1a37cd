/* Parsing of numbers in untrusted text: only decimal digits, within bounds. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <stddef.h>

/*
 * Reads the number at the start of text, which has `len` bytes and need not end with NUL: returns how many of them are
 * its digits; 0 if there are none or the number is greater than max.
 */
size_t leading_number(const char *text, size_t len, long long max, long long *out);

/*
 * Reads an argument that must be a number from min to max; otherwise prints an error with its name, and ends the
 * program with 2.
 */
long long number_argument(const char *name, const char *text, long long min, long long max);

#endif
