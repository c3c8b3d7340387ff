/* warm.h - waits of the store: helper threads that bring cold pages into memory. For the store's own files. */
#ifndef STORE_WARM_H
#define STORE_WARM_H

#include "store/store.h"

void warm_wait_init(struct store_wait *w);   /* before it is used; keeps wake */
void warm_wait_cancel(struct store_wait *w);
/* A helper reads [offset, offset + n) of the segment; w->wake comes then. False: not possible, go on without. */
bool warm_start(struct store_wait *w, uint32_t segment, uint64_t offset, uint64_t n);

#endif
