/* test_order.c - orders to the master, and the results of reloads. */
#include "base/err.h"
#include "base/order.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"
#include "unit.h"

static void begin(void)
{
	shm_forget();
	order_declare();
	CU_ASSERT_FATAL(shm_create() >= 0);
	CU_ASSERT_FATAL(wake_create() == 0);
}

static void taken_once(void)
{
	uint64_t count;

	begin();
	UNIT_INT_EQ(order_take(), 0);
	UNIT_INT_EQ(order_send(ORDER_DRAIN), 0);
	UNIT_INT_EQ(order_send(ORDER_REOPEN), 0);
	CU_ASSERT(read(wake_fd(SLOT_MASTER), &count, sizeof count) == sizeof count);
	UNIT_INT_EQ(order_take(), 1u << ORDER_DRAIN | 1u << ORDER_REOPEN);
	UNIT_INT_EQ(order_take(), 0);
}

static void results(void)
{
	char text[ORDER_TEXT];

	begin();
	UNIT_INT_EQ(order_result(1, text, sizeof text), ERR_NOTFOUND);
	UNIT_INT_EQ(order_send(ORDER_RELOAD), 1);
	UNIT_INT_EQ(order_send(ORDER_UPGRADE), 2);
	UNIT_INT_EQ(order_number(), 3);
	UNIT_INT_EQ(order_asked(), 3);
	UNIT_INT_EQ(order_result(1, text, sizeof text), ERR_AGAIN);
	order_end(2, false, "f:1: o: why\n");
	UNIT_INT_EQ(order_result(1, text, sizeof text), ERR_BAD);
	UNIT_INT_EQ(order_result(2, text, sizeof text), ERR_BAD);
	UNIT_STR_EQ(str_of(text), "f:1: o: why\n");
	UNIT_INT_EQ(order_result(3, text, sizeof text), ERR_AGAIN);
	UNIT_STR_EQ(str_of(text), "");
	order_end(3, true, NULL);
	UNIT_INT_EQ(order_result(3, text, sizeof text), 0);
	UNIT_INT_EQ(order_result(0, text, sizeof text), 0);
	order_end(3, false, "long");
	UNIT_INT_EQ(order_result(3, text, 3), ERR_BAD);
	UNIT_STR_EQ(str_of(text), "lo");
}

static void restored(void)
{
	char text[64];

	begin();
	order_restore(7);
	UNIT_INT_EQ(order_result(7, text, sizeof text), 0);
	UNIT_INT_EQ(order_send(ORDER_RELOAD), 8);
	UNIT_INT_EQ(order_result(8, text, sizeof text), ERR_AGAIN);
}

UNIT_MAIN("order", {"taken once", taken_once}, {"results", results}, {"restored", restored})
