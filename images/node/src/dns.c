#include "dns.h"

#include <string.h>

#include "answers.h"

#define HEADER 12

/* 6server3lab0, type TXT, class IN (RFC 1035 section 4.1.2) */
static const char QUESTION[] = "\6server\3lab\0\0\20\0\1";

size_t dns_query(char out[DNS_QUERY_MAX], unsigned short id, int tcp) {
  const char header[HEADER] = {(char)(id >> 8), (char)id, 1 /* recursion desired */, 0, 0, 1 /* one question */};
  size_t question = sizeof QUESTION - 1, len = HEADER + question, at = 0;
  if (tcp) {
    out[at++] = 0;
    out[at++] = (char)len;
  }
  memcpy(out + at, header, HEADER);
  memcpy(out + at + HEADER, QUESTION, question);
  return at + len;
}

int dns_answer(const char *data, size_t len, int tcp, unsigned short *id, const char **text, size_t *text_len) {
  const unsigned char *byte = (const unsigned char *)data;
  if (tcp) {
    if (len < 2) return 0;
    size_t whole = (size_t)(byte[0] << 8 | byte[1]);
    if (len - 2 < whole) return 0;
    data += 2, byte += 2, len = whole;
  }
  if (len < HEADER) return -1;
  *id = (unsigned short)(byte[0] << 8 | byte[1]);
  /* a response, without an error or with the one that there is no such name */
  int code = byte[3] & 15;
  if (!(byte[2] & 128) || (code != 0 && code != 3)) return -1;
  *text = text_after(data, len, "{\"server\":\"");
  *text_len = 0;
  if (!*text) return 1;
  *text -= sizeof "{\"server\":\"" - 1;
  const char *end = memchr(*text, '}', len - (size_t)(*text - data));
  if (end) *text_len = (size_t)(end - *text) + 1;
  return 1;
}
