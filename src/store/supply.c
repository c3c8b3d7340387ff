/* supply.c - spare segments handed to workers ahead of their need, within what may be open at once.
 *
 * Called by the keeper within its transaction; the words are shown after the commit (keep.c). */
#include "base/obj.h"
#include "store/evict.h"
#include "store/ledger.h"
#include "store/segment.h"
#include "store/supply.h"

static uint32_t supply_have(int slot, uint32_t *held)
{
	uint32_t n = 0;

	*held = 0;
	for (uint32_t s = 0; s < ledger_limit; s++) {
		if (ledger_at(s)->row.state != SEGMENT_OPEN)
			continue;
		(*held)++;
		if (ledger_at(s)->row.slot == slot &&
		    (ledger_at(s)->dirty || segment_word_state(segment_load(s)) == SEGMENT_SPARE))
			n++;
	}
	return n;
}

/* Open and spare ones are never more than a quarter of all; in a small store a half, so that each
 * worker has one to write, and a long body, which holds all of its segments until it is published,
 * finds the next one. */
static uint32_t supply_held_max(void)
{
	uint32_t all = evict_total();

	return MAX(all < 64 ? all / 2 : MAX(all / 4, MIN(2 * evict_workers() + 1, all / 2)), 1u);
}

/* Gives the slot spares until it has `want`. True: something was given. */
static bool supply_slot(int slot, uint32_t want)
{
	uint32_t held, have = supply_have(slot, &held), s;
	bool gave = false;

	while (have < want && held < supply_held_max() && evict_free_segment(&s) == 0) {
		ledger_open(s, slot, SHARED_GET(slot_at(slot)->generation));
		have++;
		held++;
		gave = true;
	}
	return gave;
}

static uint32_t supply_want(int slot)
{
	const struct shared_slot *s = &shared_head()->slots[slot];

	if (!slot_is_alive(slot, SHARED_GET(s->generation)))
		return 0;
	return MIN(SHARED_GET(s->want), MAX(evict_total() / 16, 1u));
}

/* First one for each that has none, then what else they want. */
void supply_run(uint64_t *given)
{
	*given = 0;
	for (uint32_t round = 1; round <= 16; round *= 16)
		for (int slot = 0; slot < SLOT_WORKERS; slot++)
			if (supply_want(slot) > 0 &&
			    supply_slot(slot, MIN(supply_want(slot), round)))
				*given |= 1ull << slot;
}

bool supply_is_due(void)
{
	uint32_t held;

	for (int slot = 0; slot < SLOT_WORKERS; slot++)
		if (supply_want(slot) > 0 && supply_have(slot, &held) < supply_want(slot) &&
		    held < supply_held_max() && evict_any_free())
			return true;
	return false;
}
