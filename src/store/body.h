/* body.h - reading a body; store.h tells what the calls mean (store_body_* there are body_* here). */
#ifndef STORE_BODY_H
#define STORE_BODY_H

#include "store/flight.h"

int body_open(struct store_body *b, const struct store_entry *e);
int body_open_flight(struct store_body *b, struct flight_ref *f);
ssize_t body_lend(struct store_body *b, uint64_t off, uint64_t want, struct iovec *v, int max, bool *this_turn);
ssize_t body_read(struct store_body *b, uint64_t off, void *p, size_t n);
void body_passed(struct store_body *b, uint64_t off);
void body_close(struct store_body *b);

#endif
