/* count.h - counters in shared memory, one row per process slot, written by its owner only.
 *
 * Reading sums all rows and what the dead left (the master folds a dead slot's counters into row 0 of
 * the retired sums). Relaxed atomics; a reader may be a little behind.                              */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#include <stdint.h>
#include <stddef.h>

enum count {
#define COUNTER(name, text) COUNT_##name,
#define GAUGE(name, text) COUNT_##name,
#include "tbl/counters.h"
#undef COUNTER
#undef GAUGE
	COUNT_N
};

struct count_row {
	_Alignas(64) uint64_t v[COUNT_N];
};

extern struct count_row *count_mine; /* where this process counts; a private row before count_use() */

size_t count_region_size(int slots);           /* bytes of the shared region for `slots` rows and the retired one */
void count_use(void *region, int slots, int slot); /* this process counts in row `slot` from now on (slot -1: only reads) */
void count_retire(int slot);                   /* a dead owner's counters into the retired row, its gauges and row to 0 */
uint64_t count_sum(enum count c);              /* over all rows, and what this process counted before it had one */
uint64_t count_of(int slot, enum count c);
const char *count_name(enum count c);
const char *count_text(enum count c);
int count_is_gauge(enum count c);

static inline void count_add(enum count c, int64_t n)
{
	/* One writer: plain load, relaxed store; never torn on 64-bit machines. */
	__atomic_store_n(&count_mine->v[c], count_mine->v[c] + (uint64_t)n, __ATOMIC_RELAXED);
}
static inline void count_inc(enum count c) { count_add(c, 1); }
static inline void count_dec(enum count c) { count_add(c, -1); }

#endif
