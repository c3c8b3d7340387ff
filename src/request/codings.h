/* codings.h - running gzip states of this worker, pooled and capped: a deflate state is 268 KB, an
 * inflate state 40 KB. Used by fills (deflate) and pumps (inflate). */
#ifndef REQUEST_CODINGS_H
#define REQUEST_CODINGS_H

#include "http/coding.h"

#define CODINGS_INFLATE_MAX 1024 /* running at once; more answers 503 */

void codings_init(unsigned deflate_max, int level);
/* A fresh state, or NULL: the cap is reached or there is no memory (a fill then keeps the plain
 * body). */
struct coding *codings_deflate_get(void);
void codings_deflate_put(struct coding *c);
struct coding *codings_inflate_get(void);
void codings_inflate_put(struct coding *c);

#endif
