/* h1_write.h - the writing side of HTTP/1.1: what goes out is made from fields, never copied bytes.
 *
 * Each call checks what it writes, whatever the parsers let in: a CR, LF or NUL (any byte that a
 * field value, name or target may not have) is refused and nothing of that call is written.
 * Overflow of the buffer is ERR_LIMIT and also leaves it as it was. */
#ifndef HTTP_H1_WRITE_H
#define HTTP_H1_WRITE_H

#include "base/str.h"
#include "http/field.h"

/* "METHOD target HTTP/1.1" CRLF. method must be a token; target: no control, space or byte above
 * 0x7E, not empty. 0, ERR_BAD or ERR_LIMIT. */
int h1_write_request_line(struct str_out *o, struct str method, struct str target);
/* "HTTP/1.1 status reason" CRLF. status 100-599; an empty or unfit reason is replaced by the
 * standard phrase. */
int h1_write_status_line(struct str_out *o, int status, struct str reason);
/* "Name: value" CRLF. */
int h1_write_field(struct str_out *o, struct str name, struct str value);
int h1_write_field_id(struct str_out *o, enum field_id id, struct str value);
int h1_write_field_u64(struct str_out *o, enum field_id id, uint64_t value);
/* The empty line. 0 or ERR_LIMIT. */
int h1_write_end(struct str_out *o);

/* Chunked coding (RFC 9112 7.1). The size line of a chunk of n > 0 bytes: at most 16 hex digits and
 * CRLF; how many bytes were written into line. After the n bytes of data comes H1_WRITE_CRLF. */
#define H1_WRITE_CHUNK_LINE 18
#define H1_WRITE_CRLF STR("\r\n")
#define H1_WRITE_LAST_CHUNK STR("0\r\n\r\n") /* without trailers */
size_t h1_write_chunk_size(char line[H1_WRITE_CHUNK_LINE], uint64_t n);

#endif
