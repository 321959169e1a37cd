/* The question by which a client here tells the name servers of a lab apart: TXT server.lab (src/apps/dns.ts). */
#ifndef DNS_H
#define DNS_H

#include <stddef.h>

#define DNS_QUERY_MAX 64

/* Writes a query (RFC 1035 section 4.1); over TCP its length comes first (section 4.2.2). Returns its length. */
size_t dns_query(char out[DNS_QUERY_MAX], unsigned short id, int tcp);

/*
 * Reads the answer to a query: returns 1 if it is a good one, with its text, 0 if more must arrive, -1 if it is none.
 * An answer without the text is good, too: a name server of the user's own does not know the name. The id is the
 * answer's own.
 */
int dns_answer(const char *data, size_t len, int tcp, unsigned short *id, const char **text, size_t *text_len);

#endif
