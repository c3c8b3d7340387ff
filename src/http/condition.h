/* condition.h - conditional requests judged against a selected representation (RFC 9110 13).
 * Called when an answer is delivered from the store or a local page. Pure; `now` only for two-digit
 * years. */
#ifndef HTTP_CONDITION_H
#define HTTP_CONDITION_H

#include "http/msg.h"

enum condition_result { CONDITION_PROCEED, CONDITION_NOT_MODIFIED, CONDITION_FAILED /* 412 */ };

/* What is known of the answer that would be sent without conditions. */
struct condition_selected {
	struct str etag;       /* the ETag field's value, "" if none */
	int64_t last_modified; /* DATE_NONE if none */
	int64_t date;          /* its Date, DATE_NONE if unknown; If-Modified-Since is held against it
	                        * when there is no Last-Modified (RFC 9111 4.3.2) */
	int status; /* conditions count only for 2xx (13.2.1); 404 = no representation: If-Match
	             * fails, If-None-Match: * holds */
};

/* The precedence of 13.2.2: If-Match, else If-Unmodified-Since; then If-None-Match, else
 * If-Modified-Since (GET and HEAD only). Lists over several lines are one list; a list that does
 * not parse matches nothing from there on; a date that does not parse is ignored; several lines of
 * a date field: ignored. NOT_MODIFIED only for GET and HEAD, else FAILED. */
enum condition_result condition_evaluate(const struct fields *request, enum msg_method method,
                                         const struct condition_selected *selected, int64_t now);

/* If-Range (13.1.5): may Range be honoured? True without the field. Entity tag: strong comparison.
 * Date: exactly Last-Modified, and Last-Modified at least 60 s before Date (strong, 8.8.2.2).
 * Anything else: false. */
bool condition_if_range(const struct fields *request, const struct condition_selected *selected,
                        int64_t now);
/* Does the request carry any of the five conditional fields? */
bool condition_present(const struct fields *request);

#endif
