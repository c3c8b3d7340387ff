/* respond_status.h - Cache-Status (RFC 9211) and Proxy-Status (RFC 9209): why an answer is what it is. */
#ifndef REQUEST_RESPOND_STATUS_H
#define REQUEST_RESPOND_STATUS_H

#include "request/request.h"

/* Adds both, as far as there is something to say, to r->answer. */
void respond_status_add(struct request *r);
/* "HIT", "MISS" ...: one word for the log. */
const char *respond_status_word(const struct request *r);

#endif
