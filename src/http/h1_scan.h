/* h1_scan.h - the quick reader of what nearly all heads are made of.
 *
 * For h1.c. It takes a line only when the careful reader would take it too, with the same outcome,
 * and otherwise leaves it alone: what is wrong with a line, and whether one is cut, only h1.c says.
 * Without SSE2 it takes nothing. */
#ifndef HTTP_H1_SCAN_H
#define HTTP_H1_SCAN_H

#include "http/msg.h"

/* The first byte of [from, end) that may not stand in a field value (RFC 9110 5.5), or end. */
const char *h1_scan_value_end(const char *from, const char *end);

/* The request line at q when it is plain: a known method, a target of 0x21 to 0x7E, HTTP/1.1,
 * single spaces, CRLF, all before end. Where the first field line begins; method_name, method,
 * target and minor of *out are set. NULL: look closely. */
const char *h1_scan_request_line(const char *q, const char *end, struct msg *out);

/* Takes the plain field lines from q on into f while there is room: complete, a token for a name
 * with the colon right behind it, CRLF at the end. Where the first other line begins. */
const char *h1_scan_fields(const char *q, const char *end, struct fields *f);

#endif
