/* range.h - byte ranges (RFC 9110 14): Range in, Content-Range in and out, multipart/byteranges
 * out. A set is a fixed array of checked pairs; nothing is allocated, every sum is checked. */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include "base/str.h"

#define RANGE_MAX 256

struct range_part {
	uint64_t first, last; /* both inclusive, first <= last < complete length */
};
struct range_set {
	unsigned n;
	uint64_t bytes; /* sum of all parts */
	struct range_part v[RANGE_MAX];
};

enum range_result {
	RANGE_WHOLE,        /* no range, not bytes, malformed, or too much asked: send 200 */
	RANGE_PARTIAL,      /* n parts in out, in the order asked: 206 */
	RANGE_UNSATISFIABLE /* 416 */
};

/* value: the Range field (one line only; the caller gives "" when there are several). complete:
 * length of the representation; UINT64_MAX = unknown, always RANGE_WHOLE. Parts that lie beyond the
 * end are left out; all of them: UNSATISFIABLE. WHOLE also when there are more than RANGE_MAX
 * parts, more than 2 overlapping or unordered ones, or more than twice the representation is asked
 * for (14.2, 17.15). */
enum range_result range_parse(struct str value, uint64_t complete, struct range_set *out);

/* Content-Range of bytes: "bytes first-last/total", total may be "*"; "bytes *" "/total". */
struct range_content {
	bool unsatisfied; /* the form without first and last */
	bool has_total;
	uint64_t first, last, total;
};
/* 0; ERR_UNSUPPORTED for another unit; ERR_BAD (also last < first, last >= total). */
int range_parse_content(struct str value, struct range_content *out);
void range_put_content(struct str_out *o, const struct range_part *part, uint64_t total);
void range_put_unsatisfied(struct str_out *o, uint64_t total);

/* multipart/byteranges (14.6). boundary: token bytes, at most 70, chosen by the caller;
 * content_type may be "". The head of part i (the first one begins without CRLF), and the end line.
 */
void range_put_part(struct str_out *o, bool first, struct str boundary, struct str content_type,
                    const struct range_part *part, uint64_t total);
void range_put_end(struct str_out *o, struct str boundary);
/* Bytes of the whole body with those heads: heads + set->bytes + end; UINT64_MAX when it would
 * wrap. */
uint64_t range_multipart_length(const struct range_set *set, struct str boundary,
                                struct str content_type, uint64_t total);
/* Room that one part head needs at most, for a buffer. */
static inline size_t range_part_room(struct str boundary, struct str content_type)
{
	return 160 + boundary.n + content_type.n;
}

#endif
