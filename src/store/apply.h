/* apply.h - what a record does to the tables, inside the keeper's transaction. Keeper's files only.
 * Results: 0, or an error of the index: then the transaction must be aborted.                        */
#ifndef STORE_APPLY_H
#define STORE_APPLY_H

#include "store/index.h"
#include "store/publish.h"

int apply_record(int slot, const struct publish_record *r, struct str row);
/* Deletes the row at (queue, pos) and its key, if that still names it. */
int apply_drop(unsigned queue, uint64_t pos);
/* The row at (queue, pos) moves to the young end of its queue. */
int apply_again(unsigned queue, uint64_t pos);
struct arena *apply_arena(void); /* for long rows; reset after each transaction */

#endif
