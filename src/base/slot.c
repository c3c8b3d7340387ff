/* slot.c - the scoreboard of processes in shared memory.
 *
 * The master declares the region before shm_create; every process names itself by slot_use() after
 * fork. Rows are read by everybody: state and generation are seq_cst, since who frees what a dead
 * owner held decides by them; the rest are figures and relaxed. */
#include "base/clock.h"
#include "base/obj.h"
#include "base/shm.h"
#include "base/slot.h"

static int slot_of_this_process = -1;
static uint32_t slot_generation_of_this_process;

void slot_declare(void)
{
	shm_declare("slot", SLOT_MAX * sizeof(struct slot));
}

struct slot *slot_at(int slot)
{
	AN(slot >= 0 && slot < SLOT_MAX);
	return (struct slot *)shm_region("slot") + slot;
}

void slot_use(int slot)
{
	slot_generation_of_this_process =
	    __atomic_load_n(&slot_at(slot)->generation, __ATOMIC_SEQ_CST);
	slot_of_this_process = slot;
}

int slot_mine(void)
{
	return slot_of_this_process;
}

uint32_t slot_generation(void)
{
	return slot_generation_of_this_process;
}

bool slot_is_alive(int slot, uint32_t generation)
{
	const struct slot *s;
	uint32_t state;

	if (slot < 0 || slot >= SLOT_MAX)
		return false;
	s = slot_at(slot);
	state = __atomic_load_n(&s->state, __ATOMIC_SEQ_CST);
	/* The generation grows before a slot is LIVE again: read after the state it is the newer.
	 */
	return (state == SLOT_LIVE || state == SLOT_DRAINING) &&
	       __atomic_load_n(&s->generation, __ATOMIC_SEQ_CST) == generation;
}

void slot_beat(void)
{
	if (slot_of_this_process >= 0)
		__atomic_store_n(&slot_at(slot_of_this_process)->heartbeat, clock_ms(),
		                 __ATOMIC_RELAXED);
}
