/* test_slot.c - who a process is, and whether (slot, generation) lives. */
#include "base/clock.h"
#include "base/shm.h"
#include "base/slot.h"
#include "unit.h"

static void begin(void)
{
	slot_declare();
	CU_ASSERT_FATAL(shm_create() >= 0);
}
static void end(void)
{
	close(shm_fd());
	shm_forget();
}

static void before_use(void)
{
	begin();
	CU_ASSERT(slot_mine() == -1);
	slot_beat(); /* nobody: nothing happens */
	for (int i = 0; i < SLOT_MAX; i++)
		CU_ASSERT(slot_at(i)->state == SLOT_FREE && slot_at(i)->heartbeat == 0);
	CU_ASSERT((uintptr_t)slot_at(1) % 64 == 0 && slot_at(1) == slot_at(0) + 1);
	end();
}

static void mine(void)
{
	begin();
	slot_at(3)->generation = 7;
	slot_use(3);
	CU_ASSERT(slot_mine() == 3 && slot_generation() == 7);
	clock_set(12345, 0);
	slot_beat();
	CU_ASSERT(slot_at(3)->heartbeat == 12345 && slot_at(2)->heartbeat == 0);
	slot_at(3)->generation = 8; /* handed out again: the old owner stays who it was */
	CU_ASSERT(slot_generation() == 7);
	end();
}

static void alive(void)
{
	static const bool lives[] = {[SLOT_FREE] = false,
	                             [SLOT_LIVE] = true,
	                             [SLOT_DRAINING] = true,
	                             [SLOT_DEAD] = false,
	                             [SLOT_CLEAN] = false};

	begin();
	slot_at(5)->generation = 2;
	for (uint32_t state = SLOT_FREE; state <= SLOT_CLEAN; state++) {
		slot_at(5)->state = state;
		CU_ASSERT(slot_is_alive(5, 2) == lives[state]);
		CU_ASSERT(!slot_is_alive(5, 1) && !slot_is_alive(5, 3) && !slot_is_alive(4, 2));
	}
	CU_ASSERT(!slot_is_alive(-1, 0) && !slot_is_alive(SLOT_MAX, 0)); /* from shared memory */
	end();
}

static void beyond(void)
{
	slot_at(SLOT_MAX);
}
static void bounds(void)
{
	begin();
	CU_ASSERT(unit_dies(beyond));
	end();
}

UNIT_MAIN("slot", {"before use", before_use}, {"mine", mine}, {"alive", alive}, {"bounds", bounds})
