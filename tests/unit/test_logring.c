/* test_logring.c - records reach the logger in order, and it is woken when it must be. */
#include <poll.h>
#include "base/count.h"
#include "base/logring.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"
#include "unit.h"

static void begin(void)
{
	static bool woken;

	slot_declare();
	logring_declare();
	CU_ASSERT_FATAL(shm_create() >= 0);
	logring_init();
	if (!woken)
		CU_ASSERT_FATAL(wake_create() == 0);
	woken = true;
	wake_drain(SLOT_LOGGER);
}
static void end(void)
{
	close(shm_fd());
	shm_forget();
}

static bool logger_awake(void)
{
	struct pollfd p = {wake_fd(SLOT_LOGGER), POLLIN, 0};
	return poll(&p, 1, 0) == 1;
}

static bool access_record(const char *z)
{
	char *p = logring_reserve(strlen(z) + 100);

	if (p == NULL)
		return false;
	CU_ASSERT((uintptr_t)p % 8 == 0);
	memcpy(p, z, strlen(z));
	logring_push(strlen(z));
	return true;
}

static void without_slot(void)
{
	begin();
	CU_ASSERT(slot_mine() == -1);
	CU_ASSERT(!logring_line(LOG_LEVEL_WARN, STR("x"), NULL) && logring_reserve(1) == NULL);
	end();
}

static void in_order(void)
{
	struct logring_record rec;
	uint64_t pos = UINT64_MAX;

	begin();
	slot_use(4);
	CU_ASSERT(!logring_next(4, &pos, &rec));
	CU_ASSERT(access_record("one"));
	CU_ASSERT(logring_line(LOG_LEVEL_WARN, STR("two"), NULL));
	CU_ASSERT(logring_next(4, &pos, &rec));
	UNIT_STR_EQ(rec.bytes, "one");
	CU_ASSERT(rec.type == LOGRING_ACCESS);
	CU_ASSERT(logring_next(4, &pos, &rec));
	UNIT_STR_EQ(rec.bytes, "two");
	CU_ASSERT(rec.type == LOGRING_ERROR && rec.level == LOG_LEVEL_WARN);
	CU_ASSERT(!logring_next(4, &pos, &rec));
	pos = UINT64_MAX; /* not done yet: a new logger reads them again */
	CU_ASSERT(logring_next(4, &pos, &rec));
	logring_done(4, pos);
	pos = UINT64_MAX;
	CU_ASSERT(logring_next(4, &pos, &rec));
	UNIT_STR_EQ(rec.bytes, "two");
	CU_ASSERT(logring_reserve(LOGRING_RECORD_MAX + 1) == NULL);
	end();
}

static void wakes(void)
{
	struct logring_record rec;
	uint64_t pos = UINT64_MAX;

	begin();
	slot_use(4);
	CU_ASSERT(logring_rest(LOGRING_WORKING));
	access_record("x");
	logring_line(LOG_LEVEL_INFO, STR("x"), NULL);
	CU_ASSERT(!logger_awake());

	CU_ASSERT(logring_rest(LOGRING_NAPPING));
	access_record("x");
	CU_ASSERT(!logger_awake()); /* it looks soon by itself */
	logring_line(LOG_LEVEL_INFO, STR("x"), NULL);
	CU_ASSERT(logger_awake());
	wake_drain(SLOT_LOGGER);

	CU_ASSERT(!logring_rest(LOGRING_ASLEEP)); /* there is something to read */
	while (logring_next(4, &pos, &rec))
		;
	logring_done(4, pos);
	CU_ASSERT(logring_rest(LOGRING_ASLEEP));
	access_record("x");
	CU_ASSERT(logger_awake());
	wake_drain(SLOT_LOGGER);
	access_record("x"); /* it was woken once already */
	CU_ASSERT(!logger_awake());
	end();
}

static void full(void)
{
	uint64_t before = count_sum(COUNT_log_dropped);
	int n = 0;

	begin();
	slot_use(4);
	CU_ASSERT(logring_rest(LOGRING_NAPPING));
	while (access_record("0123456789") && n < 1000000) {
		n++;
		if (n == 10000)
			CU_ASSERT(!logger_awake());
	}
	CU_ASSERT(n > 30000 && n < 1000000);
	CU_ASSERT(logger_awake()); /* since it was half full */
	CU_ASSERT(logring_dropped() == 1 && count_sum(COUNT_log_dropped) == before + 1);
	end();
}

UNIT_MAIN("logring", {"without a slot", without_slot}, {"in order", in_order}, {"wakes", wakes},
          {"full", full})
