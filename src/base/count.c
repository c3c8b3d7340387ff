/* count.c - counters: a row for each process in the shared region, and one for those that are gone.
 *
 * Layout of the region: row 0 is the retired one, row slot + 1 belongs to the process in that slot.
 * Only the owner writes its row; only the master retires, and only rows whose owner is dead. */
#include "base/count.h"
#include "base/obj.h"

static struct count_row count_private;
struct count_row *count_mine = &count_private;

static struct count_row *count_rows; /* NULL before count_use() */
static int count_slots;

static const struct {
	const char *name, *text;
	int gauge;
} count_table[COUNT_N] = {
#define COUNTER(name, text) [COUNT_##name] = {#name, text, 0},
#define GAUGE(name, text) [COUNT_##name] = {#name, text, 1},
#include "tbl/counters.h"
#undef COUNTER
#undef GAUGE
};

static uint64_t count_load(const struct count_row *row, int c)
{
	return __atomic_load_n(&row->v[c], __ATOMIC_RELAXED);
}

static struct count_row *count_row_of(int slot)
{
	AN(count_rows != NULL && slot >= 0 && slot < count_slots);
	return &count_rows[slot + 1];
}

size_t count_region_size(int slots)
{
	AN(slots > 0);
	return ((size_t)slots + 1) * sizeof(struct count_row);
}

void count_use(void *region, int slots, int slot)
{
	AN(region != NULL && slots > 0 && slot >= -1);
	count_rows = region;
	count_slots = slots;
	if (slot < 0) {
		count_mine = &count_private;
		return;
	}
	count_mine = count_row_of(slot);
	/* What was counted before the row was known is not lost. */
	for (int c = 0; c < COUNT_N; c++)
		count_add((enum count)c, (int64_t)count_private.v[c]);
	memset(&count_private, 0, sizeof count_private);
}

void count_retire(int slot)
{
	struct count_row *dead = count_row_of(slot), *retired = &count_rows[0];

	for (int c = 0; c < COUNT_N; c++) {
		uint64_t n = count_load(dead, c);

		/* First to 0: a master that dies in between loses a number, but counts none twice.
		 */
		__atomic_store_n(&dead->v[c], 0, __ATOMIC_RELAXED);
		if (!count_table[c].gauge)
			__atomic_fetch_add(&retired->v[c], n, __ATOMIC_RELAXED);
	}
}

uint64_t count_sum(enum count c)
{
	uint64_t sum = count_load(&count_private, (int)c);

	AN((unsigned)c < COUNT_N);
	for (int i = 0; count_rows != NULL && i <= count_slots; i++)
		sum += count_load(&count_rows[i], (int)c);
	return sum;
}

uint64_t count_of(int slot, enum count c)
{
	AN((unsigned)c < COUNT_N);
	return count_load(count_row_of(slot), (int)c);
}

const char *count_name(enum count c)
{
	AN((unsigned)c < COUNT_N);
	return count_table[c].name;
}

const char *count_text(enum count c)
{
	AN((unsigned)c < COUNT_N);
	return count_table[c].text;
}

int count_is_gauge(enum count c)
{
	AN((unsigned)c < COUNT_N);
	return count_table[c].gauge;
}
