/* test_logring.c - records go in, come out in order, and are dropped when there is no room. */
#include "base/count.h"
#include "base/logring.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"
#include "unit.h"

static void begin(void)
{
	shm_forget();
	slot_declare();
	logring_declare();
	CU_ASSERT_FATAL(shm_create() >= 0);
	logring_init();
	CU_ASSERT_FATAL(wake_create() == 0);
	slot_use(3);
}

static bool woken(void)
{
	uint64_t count = 0;

	return read(wake_fd(SLOT_LOGGER), &count, sizeof count) == sizeof count;
}

static void access_record(const char *text)
{
	void *p = logring_reserve(strlen(text));

	CU_ASSERT_FATAL(p != NULL);
	memcpy(p, text, strlen(text));
	logring_push(strlen(text));
}

static void order_is_kept(void)
{
	struct logring_record r;
	uint64_t pos = UINT64_MAX;

	begin();
	access_record("one");
	CU_ASSERT(logring_line(LOG_LEVEL_WARN, STR("two"), NULL));
	access_record("");
	CU_ASSERT(logring_next(3, &pos, &r));
	CU_ASSERT(r.type == LOGRING_ACCESS);
	UNIT_STR_EQ(r.bytes, "one");
	CU_ASSERT(((uintptr_t)r.bytes.p & 7) == 0);
	CU_ASSERT(logring_next(3, &pos, &r));
	CU_ASSERT(r.type == LOGRING_ERROR && r.level == LOG_LEVEL_WARN);
	UNIT_STR_EQ(r.bytes, "two");
	CU_ASSERT(logring_next(3, &pos, &r));
	UNIT_STR_EQ(r.bytes, "");
	CU_ASSERT(!logring_next(3, &pos, &r));
	logring_done(3, pos);
	pos = UINT64_MAX;
	CU_ASSERT(!logring_next(3, &pos, &r));
	CU_ASSERT(!logring_next(2, &(uint64_t){UINT64_MAX}, &r));
}

/* A shorter record than was reserved takes what it has. */
static void shorter_than_reserved(void)
{
	struct logring_record r;
	uint64_t pos = UINT64_MAX;
	void *p;

	begin();
	p = logring_reserve(1000);
	CU_ASSERT_FATAL(p != NULL);
	memcpy(p, "abc", 3);
	logring_push(3);
	CU_ASSERT(logring_next(3, &pos, &r));
	UNIT_STR_EQ(r.bytes, "abc");
	CU_ASSERT(logring_reserve(LOGRING_RECORD_MAX + 1) == NULL);
}

static void full_drops(void)
{
	uint64_t before, pos = UINT64_MAX;
	struct logring_record r;
	unsigned in = 0, out = 0;

	begin();
	before = count_mine->v[COUNT_log_dropped];
	while (logring_reserve(1000) != NULL) {
		logring_push(1000);
		in++;
	}
	CU_ASSERT(in > 900 && in < 1100);
	UNIT_INT_EQ(count_mine->v[COUNT_log_dropped], before + 1);
	UNIT_INT_EQ(logring_dropped(), 1);
	while (logring_next(3, &pos, &r))
		out++;
	UNIT_INT_EQ(out, in);
	CU_ASSERT(logring_reserve(1000) == NULL); /* read, but not yet written */
	logring_done(3, pos);
	CU_ASSERT(logring_reserve(1000) != NULL);
}

static void wakes(void)
{
	begin();
	access_record("while it works");
	CU_ASSERT(!woken());
	CU_ASSERT(!logring_rest(LOGRING_ASLEEP)); /* something came */
	uint64_t pos = UINT64_MAX;
	struct logring_record r;
	while (logring_next(3, &pos, &r))
		;
	logring_done(3, pos);
	CU_ASSERT(logring_rest(LOGRING_ASLEEP));
	access_record("the first after a pause");
	CU_ASSERT(woken());
	access_record("the second");
	CU_ASSERT(!woken());
	CU_ASSERT(logring_rest(LOGRING_NAPPING));
	access_record("during a nap");
	CU_ASSERT(!woken());
	CU_ASSERT(logring_line(LOG_LEVEL_ERROR, STR("an error is urgent"), NULL));
	CU_ASSERT(woken());
	CU_ASSERT(logring_rest(LOGRING_NAPPING));
	for (int i = 0; i < 600; i++)
		if (logring_reserve(1000) != NULL)
			logring_push(1000);
	CU_ASSERT(woken()); /* half full */
	CU_ASSERT(!woken());
}

UNIT_MAIN("logring", {"order is kept", order_is_kept},
          {"shorter than reserved", shorter_than_reserved}, {"full drops", full_drops},
          {"wakes", wakes})
