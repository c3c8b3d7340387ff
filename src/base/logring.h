/* logring.h - the way of log records from every process to the logger, through shared memory.
 *
 * One ring for each slot, written by its owner, read by the logger. Writing never blocks and makes
 * no system call while the logger is at work: it takes what came each 50 ms, is woken earlier by an
 * error line or when a ring is half full, and by the first record after a pause. What finds no room
 * is dropped and counted. Without a slot (tests) nothing is taken. */
#ifndef BASE_LOGRING_H
#define BASE_LOGRING_H

#include <stdbool.h>
#include "base/log.h"
#include "base/str.h"

#define LOGRING_RECORD_MAX 32768 /* bytes of one record */

enum logring_type { LOGRING_ACCESS = 1, LOGRING_ERROR = 2 };

void logring_declare(void); /* shm_declare */
void logring_init(void);    /* the master, once after shm_create */

/* ---- writing: the process that owns the slot ---- */
/* Room for an access record of up to n bytes (8-byte aligned), or NULL (counted). Write it, then
 * push. */
void *logring_reserve(size_t n);
void logring_push(size_t n); /* final length, at most what was reserved */
/* For log_set_sink: an error line. false: not taken, print it elsewhere. */
bool logring_line(enum log_level level, struct str line, void *unused);

/* ---- reading: the logger ---- */
struct logring_record {
	enum logring_type type;
	enum log_level level; /* of an error line */
	struct str bytes;     /* valid until logring_done */
};
/* The next record of the slot's ring at *pos; *pos begins as UINT64_MAX. false: no more. */
bool logring_next(int slot, uint64_t *pos, struct logring_record *out);
void logring_done(int slot, uint64_t pos); /* all before pos is written */
uint64_t logring_dropped(void);            /* records without room so far, all slots */

enum logring_rest {
	LOGRING_WORKING, /* nobody needs to wake it */
	LOGRING_NAPPING, /* looks again in 50 ms; woken by error lines and half-full rings */
	LOGRING_ASLEEP   /* woken by the next record */
};
/* What the logger will do next. false: something came meanwhile, read first (WORKING is set again).
 */
bool logring_rest(enum logring_rest rest);

#endif
