/* logring.c - rings of log records, one for each slot; see logring.h.
 *
 * Rings are made once and never again: a new owner of a slot writes on where the dead one ended. */
#include "base/count.h"
#include "base/logring.h"
#include "base/obj.h"
#include "base/ring.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"

#define LOGRING_SIZE (1u << 20)
#define LOGRING_STRIDE (RING_HEADER + LOGRING_SIZE)

struct logring_head {
	_Alignas(64) uint32_t rest; /* enum logring_rest */
};
struct logring_prefix { /* before each record; keeps it aligned */
	uint8_t type, level;
	uint8_t unused[6];
};

static struct logring_head *logring_head_get(void)
{
	return shm_region("logring");
}

static struct ring *logring_of(int slot)
{
	char *first = (char *)shm_region("logring") + sizeof(struct logring_head);

	return (struct ring *)(void *)(first + (size_t)slot * LOGRING_STRIDE);
}

void logring_declare(void)
{
	shm_declare("logring", sizeof(struct logring_head) + SLOT_MAX * LOGRING_STRIDE);
}

void logring_init(void)
{
	for (int i = 0; i < SLOT_MAX; i++)
		ring_init(logring_of(i), LOGRING_SIZE);
}

static void *logring_reserve_type(enum logring_type type, enum log_level level, size_t n)
{
	struct logring_prefix *p;

	if (slot_mine() < 0 || n > LOGRING_RECORD_MAX)
		return NULL;
	p = ring_reserve(logring_of(slot_mine()), sizeof *p + n);
	if (p == NULL) {
		count_inc(COUNT_log_dropped);
		return NULL;
	}
	*p = (struct logring_prefix){.type = (uint8_t)type, .level = (uint8_t)level};
	return p + 1;
}

static void logring_publish(size_t n, bool urgent)
{
	struct logring_head *head = logring_head_get();
	struct ring *r = logring_of(slot_mine());
	uint32_t rest;

	ring_push(r, sizeof(struct logring_prefix) + n);
	/* Either the logger sees the record when it looks a last time, or we see that it rests:
	 * paired with the fence in logring_rest. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rest = __atomic_load_n(&head->rest, __ATOMIC_RELAXED);
	if (rest == LOGRING_WORKING)
		return;
	if (rest == LOGRING_NAPPING && !urgent &&
	    r->head - __atomic_load_n(&r->tail, __ATOMIC_RELAXED) < LOGRING_SIZE / 2)
		return;
	if (__atomic_exchange_n(&head->rest, LOGRING_WORKING, __ATOMIC_SEQ_CST) != LOGRING_WORKING)
		wake_send(SLOT_LOGGER);
}

void *logring_reserve(size_t n)
{
	return logring_reserve_type(LOGRING_ACCESS, LOG_LEVEL_INFO, n);
}

void logring_push(size_t n)
{
	logring_publish(n, false);
}

bool logring_line(enum log_level level, struct str line, void *unused)
{
	void *p = logring_reserve_type(LOGRING_ERROR, level, line.n);

	(void)unused;
	if (p == NULL)
		return false;
	memcpy(p, line.p, line.n);
	logring_publish(line.n, true);
	return true;
}

bool logring_next(int slot, uint64_t *pos, struct logring_record *out)
{
	const struct ring *r = logring_of(slot);
	const struct logring_prefix *p;
	struct str record;

	if (*pos == UINT64_MAX)
		*pos = r->tail;
	while (ring_peek(r, pos, &record)) {
		if (record.n < sizeof *p)
			continue;
		p = (const void *)record.p;
		if (p->type != LOGRING_ACCESS && p->type != LOGRING_ERROR)
			continue;
		out->type = (enum logring_type)p->type;
		out->level = (enum log_level)p->level;
		out->bytes = str_slice(record, sizeof *p, record.n);
		return true;
	}
	return false;
}

void logring_done(int slot, uint64_t pos)
{
	if (pos != UINT64_MAX)
		ring_free(logring_of(slot), pos);
}

uint64_t logring_dropped(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < SLOT_MAX; i++)
		sum += __atomic_load_n(&logring_of(i)->dropped, __ATOMIC_RELAXED);
	return sum;
}

bool logring_rest(enum logring_rest rest)
{
	struct logring_head *head = logring_head_get();

	__atomic_store_n(&head->rest, (uint32_t)rest, __ATOMIC_RELAXED);
	if (rest != LOGRING_ASLEEP)
		return true;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (int i = 0; i < SLOT_MAX; i++)
		if (!ring_empty(logring_of(i))) {
			__atomic_store_n(&head->rest, LOGRING_WORKING, __ATOMIC_RELAXED);
			return false;
		}
	return true;
}
