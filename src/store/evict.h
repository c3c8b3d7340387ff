/* evict.h - room: segments retired, rows deleted when the index fills up. Keeper's files only.
 * Inside the keeper's transaction; results as in apply.h.                                            */
#ifndef STORE_EVICT_H
#define STORE_EVICT_H

#include "store/ledger.h"

#define EVICT_ROWS 1024          /* visited in one step */

void evict_init(uint64_t index_bytes);
uint32_t evict_total(void);      /* segments there may be; those that exist while the disk gives no more */
uint32_t evict_workers(void);    /* live worker slots that attached */
/* Decides and does the next step. *more: there is more to do at once. */
int evict_step(bool *more);
/* All rows of the segment, in transactions of its own; then it is CLOSED (recovery only; no transaction open). */
int evict_whole(uint32_t segment);
/* A free segment (or one that is made now), or ERR_FULL. */
int evict_free_segment(uint32_t *segment);
bool evict_any_free(void);
uint32_t evict_record_limit(void);   /* records in one transaction: what the map's reserve can take */
void evict_full(void);               /* the map was full: deletes only, until there is room */
bool evict_only(void);               /* records must wait */
bool evict_is_stuck(void);           /* not even the smallest step worked: readers hold the pages, wait */

#endif
