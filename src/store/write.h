/* write.h - the writer of bodies; store.h tells what the calls mean (store_write_* there are write_* here). */
#ifndef STORE_WRITE_H
#define STORE_WRITE_H

#include "store/flight.h"

void write_init(void);
void write_leave(void);   /* the store is left: no writer goes on */
void write_tick(void);
struct store_writer *write_open(struct flight_ref *f, const struct store_key *key, const struct store_new *n, const char **why);
int write_bytes(struct store_writer *w, const void *p, size_t n, struct store_wait *wake);
uint64_t write_written(const struct store_writer *w);
int write_finish(struct store_writer *w);
void write_abort(struct store_writer *w, int err, const char *why);

#endif
