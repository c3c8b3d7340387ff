/* slot.h - the scoreboard: one row in shared memory for each process that works on shared things.
 *
 * A process is named by (slot, generation), never by a bare count: what it owns in any shared table is
 * marked so, and is freed by those who clean up after it. The master writes state, pid and generation
 * (it alone forks); the process itself writes heartbeat and clients; the keeper answers DEAD with CLEAN
 * when nothing in the store belongs to the slot any more. Only a FREE or CLEAN slot is handed out.   */
#ifndef BASE_SLOT_H
#define BASE_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SLOT_MAX 64             /* rows; fixed, so that a change of `workers` keeps the layout */
#define SLOT_KEEPER 60          /* rows of the single processes; workers use 0 .. SLOT_WORKERS - 1 */
#define SLOT_LOGGER 61
#define SLOT_MASTER 62
#define SLOT_WORKERS 60

enum slot_state { SLOT_FREE, SLOT_LIVE, SLOT_DRAINING, SLOT_DEAD, SLOT_CLEAN };

struct slot {
	_Alignas(64) uint32_t state;  /* enum slot_state, seq_cst */
	uint32_t generation;          /* grows each time the slot is handed out */
	int32_t pid;
	uint32_t config;              /* generation of the configuration it runs */
	int64_t started;              /* wall seconds */
	int64_t heartbeat;            /* clock_ms() of its last turn; the kernel's CLOCK_MONOTONIC is one for all */
	uint32_t clients;             /* client connections, for spreading */
	uint32_t busy_in_commit;      /* keeper: never killed while 1 */
	uint32_t store_left;          /* worker: 1 = it has left the store for good (layout changes) */
	uint64_t request;             /* request under way when it asserts: for the log */
};

void slot_declare(void);             /* shm_declare */
struct slot *slot_at(int slot);      /* the row; asserts the range */
void slot_use(int slot);             /* this process is `slot` from now on */
int slot_mine(void);                 /* -1 before slot_use */
uint32_t slot_generation(void);      /* of this process */
/* Is (slot, generation) alive (LIVE or DRAINING in that generation)? */
bool slot_is_alive(int slot, uint32_t generation);
void slot_beat(void);                /* heartbeat = now; each loop turn and at least once a second */

#endif
