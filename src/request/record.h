/* record.h - the access record of a request: written by workers as binary into the log ring, made text by the
 * logger. The formats are those of the field: combined (Apache), squid's native one, JSON lines.    */
#ifndef REQUEST_RECORD_H
#define REQUEST_RECORD_H

#include "conf/conf.h"
#include "request/request.h"

/* Into this process's log ring, if the owner wants an access log. Never blocks. */
void record_write(const struct request *r);

/* The record of a request that goes on as a tunnel, in memory of its own: all but what is known at the tunnel's end. NULL: no access
 * log is wanted, or no memory. */
struct record;
struct record *record_keep(const struct request *r);
/* Writes it, with the bytes that the tunnel moved to the client, and frees it; NULL: nothing. */
void record_end(struct record *kept, uint64_t to_client, bool gone);

/* One record as one line with its newline, into out[0, n); its length, 0 when the record is damaged or does not fit. Pure. */
size_t record_format(enum conf_log_format format, struct str record, char *out, size_t n);
#define RECORD_LINE_MAX 16384 /* a line is never longer: long targets and agents are cut, marked by "..." */

#endif
