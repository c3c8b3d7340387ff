/* pump.h - moves a body from a source to a sink: whole, one range, several ranges, inflated on the way.
 *
 * Driven by the request: pump_run() when either side moved. Reads nothing that the sink cannot take
 * (back-pressure), keeps at most one buffer.                                                          */
#ifndef REQUEST_PUMP_H
#define REQUEST_PUMP_H

#include "base/buf.h"
#include "http/coding.h"
#include "http/range.h"
#include "request/sink.h"
#include "source/source.h"

#define PUMP_PIECE (256 * 1024) /* bytes of one writev */

enum pump_result {
	PUMP_DONE,       /* all bytes of the plan were taken by the sink */
	PUMP_WAIT,       /* run again when the source wakes or the sink is writable */
	PUMP_SOURCE_END, /* the source broke: the answer cannot be completed */
	PUMP_SINK_GONE
};

struct pump {
	struct sink *sink;
	struct source *source;
	struct arena *arena;
	uint64_t off, end;             /* of the part under way, in the source (or in what comes out of inflating) */
	const struct range_set *parts; /* several: multipart */
	unsigned part;
	struct str boundary, type;     /* multipart */
	uint64_t total;                /* complete length, multipart */
	struct coding *inflate;        /* NULL: bytes go as they are */
	uint64_t in_off;               /* inflating: next byte of the source */
	uint64_t skip;                 /* inflated bytes before off that are dropped */
	bool in_end;
	struct buf out;                /* bytes made here that wait: part heads, inflated ones */
	bool closing;                  /* multipart: the end line has been put */
	uint64_t moved;                /* body bytes taken by the sink */
	const char *why;               /* after SOURCE_END */
	int err;
};

/* The whole source from 0 to its end. */
void pump_start(struct pump *p, struct sink *sink, struct source *source, struct arena *arena);
/* Only these bytes, inclusive. */
void pump_range(struct pump *p, const struct range_part *part);
/* multipart/byteranges; the set, boundary and type must live as long as the pump. */
void pump_multipart(struct pump *p, const struct range_set *set, struct str boundary, struct str type, uint64_t total);
/* The source is gzip, the sink wants it plain: whole or one range. 0, or ERR_LIMIT: too many are running. */
int pump_inflate(struct pump *p);
enum pump_result pump_run(struct pump *p);
/* Gives back what the pump holds (not the source). */
void pump_stop(struct pump *p);

#endif
