/* shm.h - one memfd for all that processes share, made of named regions.
 *
 * Rooms declare what they need (shm_declare) in a fixed order before the master creates the memfd; the
 * head carries magic, a hash of the layout (names and sizes) and the total size, so that a re-executed
 * master or another binary attaches only to an equal layout. Pages cost nothing until touched.
 * Regions are 4,096-byte aligned and zeroed at creation.                                            */
#ifndef BASE_SHM_H
#define BASE_SHM_H

#include <stddef.h>
#include <stdint.h>

/* Declares a region; `name` is a literal. Call before shm_create/shm_attach, in one fixed order. */
void shm_declare(const char *name, size_t size);
/* Makes the memfd (close-on-exec off on purpose: it is handed on over exec by number) and maps it. fd or
 * error. The caller closes the fd; the mapping stays. */
int shm_create(void);
/* Maps an existing one; 0, or ERR_BAD when magic, layout hash or size differ. The fd stays the caller's. */
int shm_attach(int fd);
/* The mapped region; asserts that it was declared and mapped. */
void *shm_region(const char *name);
size_t shm_region_size(const char *name);
int shm_fd(void);          /* of what is mapped; -1 while nothing is */
uint64_t shm_layout(void); /* hash of what was declared */
uint64_t shm_id(void);     /* random identity of this memfd, chosen at creation (meta.memfd_id of the store) */
void shm_forget(void);     /* unmaps and clears declarations (tests, and a new layout) */

#endif
