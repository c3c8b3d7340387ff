/* recover.h - the store is opened, or made, and repaired. Keeper's files only. */
#ifndef STORE_RECOVER_H
#define STORE_RECOVER_H

#include "store/keep.h"
#include "store/ledger.h"

/* Everything up to, and without, saying that the store is open. Results: keep_init. */
int recover_open(const struct keep_opts *o);
int recover_set_aside(const struct store_opts *o);

#endif
