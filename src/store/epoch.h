/* epoch.h - which bodies are on the disk for sure (STORE 4.2, experiments/power.pml). Keeper's files only.
 *
 * Every 10 s: E = epoch; epoch + 1; after that a helper syncs every segment that rows not yet durable name; the next
 * commit stores durable_epoch = E. A failed sync is told once by the kernel: that segment takes no more records and its
 * rows are deleted before the epoch advances (BREAK_RETRY_SYNC, BREAK_BAD_SEGMENT_GOES_ON, BREAK_EPOCH_AFTER_SYNC).  */
#ifndef STORE_EPOCH_H
#define STORE_EPOCH_H

#include "store/ledger.h"

void epoch_init(int64_t now_ms, int64_t every_ms);
/* Begins or ends one when due. True: the ledger's meta was changed, commit soon. */
bool epoch_step(int64_t now_ms);
/* Syncs everything now, in this thread (clean stop). 0 or an error. */
int epoch_sync_all(void);
void epoch_forget(void);

#endif
