/* order.c - orders to the master, in shared memory.
 *
 * The text of a result is guarded by a sequence number: odd while the master writes it. */
#include <stdio.h>
#include <string.h>
#include "base/err.h"
#include "base/obj.h"
#include "base/order.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"

struct order_region {
	uint32_t bits;     /* set by anybody, taken by the master */
	uint32_t asked;    /* reloads asked for */
	uint32_t sequence; /* of what follows; written by the master only */
	uint32_t ended;    /* reloads that have ended */
	int32_t result;    /* of the last one */
	char text[ORDER_TEXT];
};

static struct order_region *order_region_get(void)
{
	return shm_region("order");
}

void order_declare(void)
{
	shm_declare("order", sizeof(struct order_region));
}

uint32_t order_number(void)
{
	return __atomic_add_fetch(&order_region_get()->asked, 1, __ATOMIC_SEQ_CST);
}

uint32_t order_asked(void)
{
	return __atomic_load_n(&order_region_get()->asked, __ATOMIC_SEQ_CST);
}

uint32_t order_send(enum order o)
{
	uint32_t number = 0;

	if (o == ORDER_RELOAD || o == ORDER_UPGRADE)
		number = order_number();
	__atomic_fetch_or(&order_region_get()->bits, 1u << o, __ATOMIC_SEQ_CST);
	wake_send(SLOT_MASTER);
	return number;
}

unsigned order_take(void)
{
	return __atomic_exchange_n(&order_region_get()->bits, 0, __ATOMIC_SEQ_CST);
}

void order_end(uint32_t number, bool ok, const char *text)
{
	struct order_region *r = order_region_get();
	uint32_t sequence = r->sequence & ~1u;

	/* Paired with the fence and the second load of sequence in order_result. */
	__atomic_store_n(&r->sequence, sequence + 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r->ended = number;
	r->result = ok ? 0 : ERR_BAD;
	snprintf(r->text, sizeof r->text, "%s", text == NULL ? "" : text);
	__atomic_store_n(&r->sequence, sequence + 2, __ATOMIC_SEQ_CST);
}

void order_restore(uint32_t asked)
{
	order_region_get()->asked = asked;
	order_region_get()->ended = asked;
}

int order_result(uint32_t number, char *out, size_t n)
{
	struct order_region *r = order_region_get();
	uint32_t before, ended;
	int result;

	AN(n > 0);
	out[0] = '\0';
	if (number > __atomic_load_n(&r->asked, __ATOMIC_SEQ_CST))
		return ERR_NOTFOUND;
	before = __atomic_load_n(&r->sequence, __ATOMIC_SEQ_CST);
	ended = __atomic_load_n(&r->ended, __ATOMIC_RELAXED);
	result = __atomic_load_n(&r->result, __ATOMIC_RELAXED);
	n = MIN(n, sizeof r->text);
	memcpy(out, r->text, n);
	out[n - 1] = '\0';
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if ((before & 1) != 0 || __atomic_load_n(&r->sequence, __ATOMIC_SEQ_CST) != before ||
	    ended < number) {
		out[0] = '\0';
		return ERR_AGAIN;
	}
	return result;
}
