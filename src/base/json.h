/* json.h - JSON out: strings and members into a bounded writer (RFC 8259). Pure.
 *
 * Bytes from peers are of unknown encoding: what is not printable ASCII is written as \u00XX, so
 * the result is valid whatever came. Used by pages, access records and the admin answers. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/str.h"

/* s in quotes. */
void json_put(struct str_out *o, struct str s);
/* ,"name":"s" and ,"name":v - the first member of an object is the caller's. */
void json_put_text(struct str_out *o, const char *name, struct str s);
void json_put_number(struct str_out *o, const char *name, uint64_t v);

#endif
