/* pipes.h - empty pipes of this worker, for splice.
 *
 * A tunnel borrows one while bytes wait in it and gives it back the moment it is empty: thousands
 * of idle tunnels hold no pipe, and neither descriptors nor kernel memory. Used by tunnel.c. Not
 * for threads. */
#ifndef REQUEST_PIPES_H
#define REQUEST_PIPES_H

#include <stddef.h>

#define PIPES_BYTES (1u << 20) /* wished for; a smaller one only costs calls */
#define PIPES_SPARE 16         /* kept for the next borrower */

/* An empty pipe, non-blocking, pipe[0] for reading: 0, or ERR_LIMIT and both are -1. */
int pipes_get(int pipe[2]);
/* Gives it back and sets both to -1; nothing if they are. in_pipe: bytes still in it; it is then
 * closed. */
void pipes_put(int pipe[2], size_t in_pipe);

#endif
