/* test_order.c - orders reach the master once; each reload learns its own end. */
#include <poll.h>
#include "base/err.h"
#include "base/order.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"
#include "unit.h"

static char text[ORDER_TEXT];

static void begin(void)
{
	order_declare();
	CU_ASSERT_FATAL(shm_create() >= 0);
	memset(text, 'x', sizeof text);
}
static void end(void)
{
	close(shm_fd());
	shm_forget();
}

static bool master_awake(void)
{
	struct pollfd p = {wake_fd(SLOT_MASTER), POLLIN, 0};
	return poll(&p, 1, 0) == 1;
}

static void taken_once(void)
{
	begin();
	CU_ASSERT_FATAL(wake_create() == 0);
	CU_ASSERT(order_take() == 0 && !master_awake());
	CU_ASSERT(order_send(ORDER_REOPEN) == 0);
	CU_ASSERT(order_send(ORDER_DRAIN) == 0);
	CU_ASSERT(order_send(ORDER_DRAIN) == 0);
	CU_ASSERT(master_awake());
	CU_ASSERT(order_take() == (1u << ORDER_REOPEN | 1u << ORDER_DRAIN));
	CU_ASSERT(order_take() == 0);
	end();
}

static void results(void)
{
	begin();
	CU_ASSERT(order_result(1, text, sizeof text) == ERR_NOTFOUND && text[0] == '\0');
	CU_ASSERT(order_send(ORDER_RELOAD) == 1);
	CU_ASSERT(order_send(ORDER_UPGRADE) == 2);
	CU_ASSERT(order_number() == 3);
	CU_ASSERT(order_result(1, text, sizeof text) == ERR_AGAIN && text[0] == '\0');
	order_end(1, false, "weir.ini:3: workers: not a number\n");
	CU_ASSERT(order_result(1, text, sizeof text) == ERR_BAD);
	CU_ASSERT_STRING_EQUAL(text, "weir.ini:3: workers: not a number\n");
	CU_ASSERT(order_result(2, text, sizeof text) == ERR_AGAIN && text[0] == '\0');
	CU_ASSERT(order_result(0, text, sizeof text) == ERR_BAD); /* of the last that ended */
	order_end(3, true, NULL);
	CU_ASSERT(order_result(2, text, sizeof text) == 0 && text[0] == '\0');
	CU_ASSERT(order_result(3, text, sizeof text) == 0);
	CU_ASSERT(order_result(4, text, sizeof text) == ERR_NOTFOUND);
	end();
}

static void long_text(void)
{
	char much[ORDER_TEXT + 100];

	begin();
	memset(much, 'y', sizeof much);
	much[sizeof much - 1] = '\0';
	order_number();
	order_end(1, false, much);
	CU_ASSERT(order_result(1, text, sizeof text) == ERR_BAD);
	CU_ASSERT(strlen(text) == ORDER_TEXT - 1);
	CU_ASSERT(order_result(1, unit_guard("1234", 4), 4) == ERR_BAD);
	end();
}

/* New shared memory goes on counting where the old one ended. */
static void restore(void)
{
	begin();
	order_restore(7);
	CU_ASSERT(order_result(7, text, sizeof text) == 0);
	CU_ASSERT(order_number() == 8);
	CU_ASSERT(order_result(8, text, sizeof text) == ERR_AGAIN);
	end();
}

UNIT_MAIN("order", {"taken once", taken_once}, {"results", results}, {"long text", long_text},
          {"restore", restore})
