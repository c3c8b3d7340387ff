/* test_ring.c - records in order, full and wrapped; a producer that dies or lies; two processes. */
#include <sched.h>
#include "base/err.h"
#include "base/ring.h"
#include "unit.h"

static struct ring *ring_of(uint64_t size)
{
	size_t bytes = (RING_HEADER + size + 63) / 64 * 64;
	struct ring *r = aligned_alloc(64, bytes);

	memset(r, 0, bytes);
	ring_init(r, size);
	return r;
}

static void one(void)
{
	struct ring *r = ring_of(64);
	struct str got;
	uint64_t pos = r->tail;

	CU_ASSERT(ring_empty(r) && !ring_peek(r, &pos, &got));
	CU_ASSERT(ring_write(r, "hello", 5) == 0);
	CU_ASSERT(ring_write(r, NULL, 0) == 0);
	CU_ASSERT(!ring_empty(r));
	CU_ASSERT(ring_peek(r, &pos, &got));
	UNIT_STR_EQ(got, "hello");
	CU_ASSERT(ring_peek(r, &pos, &got) && got.n == 0 && got.p != NULL);
	CU_ASSERT(!ring_peek(r, &pos, &got) && pos == r->head);
	CU_ASSERT(!ring_empty(r)); /* looked at, not freed */
	ring_free(r, pos);
	CU_ASSERT(ring_empty(r));
	free(r);
}

static void reserve_more_than_pushed(void)
{
	struct ring *r = ring_of(64);
	struct str got;
	uint64_t pos = 0;
	char *room = ring_reserve(r, 50);

	CU_ASSERT_FATAL(room != NULL);
	CU_ASSERT(ring_empty(r)); /* invisible until it is pushed */
	memcpy(room, "abc", 3);
	ring_push(r, 3);
	CU_ASSERT(r->head == 8);
	CU_ASSERT(ring_reserve(r, 20) != NULL); /* given up by asking anew */
	CU_ASSERT(ring_write(r, "de", 2) == 0);
	CU_ASSERT(ring_peek(r, &pos, &got));
	UNIT_STR_EQ(got, "abc");
	CU_ASSERT(ring_peek(r, &pos, &got));
	UNIT_STR_EQ(got, "de");
	free(r);
}

static void full(void)
{
	struct ring *r = ring_of(64);
	struct str got;
	uint64_t pos = 0;

	CU_ASSERT(ring_write(r, "0123456789", SIZE_MAX) == ERR_FULL);
	CU_ASSERT(ring_reserve(r, 61) == NULL && ring_reserve(r, 64) == NULL);
	CU_ASSERT(r->dropped == 3);
	CU_ASSERT(ring_reserve(r, 60) != NULL);
	for (int i = 0; i < 4; i++)
		CU_ASSERT(ring_write(r, "0123456789", 10) == 0);
	CU_ASSERT(ring_write(r, "", 0) == ERR_FULL && r->dropped == 4);
	CU_ASSERT(ring_peek(r, &pos, &got));
	ring_free(r, pos);
	CU_ASSERT(ring_write(r, "abcdefghijkl", 12) == 0);
	CU_ASSERT(ring_write(r, "", 0) == ERR_FULL);
	free(r);
}

/* Records of all sizes through a small ring: each comes out as it went in, over many wraps. */
static void wrap(void)
{
	struct ring *r = ring_of(256);
	uint64_t in = 0, out = 0, pos = 0, written = 0;
	unsigned seed = 7;
	char want[256];
	struct str got;

	while (out < 20000) {
		seed = seed * 1103515245 + 12345;
		if (seed >> 16 & 1) {
			size_t n = in * 37 % 120;

			memset(want, (int)in, sizeof want);
			if (ring_write(r, want, n) == 0) {
				in++;
				written += n;
			}
		} else if (ring_peek(r, &pos, &got)) {
			memset(want, (int)out, sizeof want);
			CU_ASSERT((uintptr_t)got.p % 8 == 0);
			if (got.n != out * 37 % 120 || memcmp(got.p, want, got.n) != 0)
				CU_FAIL_FATAL("another record than was written");
			out++;
			if (seed >> 17 & 1)
				ring_free(r, pos);
		} else {
			ring_free(r, pos);
		}
	}
	CU_ASSERT(written > 256 * 1000 && r->head > 256 * 1000);
	free(r);
}

static void peek_ahead(void)
{
	struct ring *r = ring_of(128);
	struct str got;
	uint64_t pos = 0;

	for (int i = 0; i < 5; i++)
		CU_ASSERT(ring_write(r, &i, sizeof i) == 0);
	for (int i = 0; i < 5; i++)
		CU_ASSERT(ring_peek(r, &pos, &got) && memcmp(got.p, &i, sizeof i) == 0);
	CU_ASSERT(r->tail == 0);
	pos = r->tail; /* a new consumer begins again at tail */
	CU_ASSERT(ring_peek(r, &pos, &got) && got.n == sizeof(int));
	free(r);
}

/* A damaged record ends the reading at head; what comes later is read again. */
static void damaged_with(uint32_t length, uint64_t head)
{
	struct ring *r = ring_of(64);
	struct str got;
	uint64_t pos = 0;

	CU_ASSERT(ring_write(r, "abcdefgh", 8) == 0);
	memcpy(r->data, &length, sizeof length);
	r->head = head;
	CU_ASSERT(!ring_peek(r, &pos, &got) && pos == head);
	free(r);
}

static void damaged(void)
{
	struct ring *r = ring_of(64);
	struct str got;
	uint64_t pos = 0;

	damaged_with(13, 16);             /* behind head */
	damaged_with(61, 64);             /* behind the end */
	damaged_with(UINT32_MAX - 1, 16); /* far out */
	damaged_with(UINT32_MAX, 16);     /* a filler that passes head */
	damaged_with(UINT32_MAX, 64);     /* a filler up to head: nothing behind it */
	damaged_with(8, 1 << 20);         /* head beyond the ring */
	CU_ASSERT(ring_write(r, "abc", 3) == 0);
	pos = 4; /* not on a record's border */
	CU_ASSERT(!ring_peek(r, &pos, &got) && pos == r->head);
	CU_ASSERT(ring_write(r, "def", 3) == 0);
	CU_ASSERT(ring_peek(r, &pos, &got));
	UNIT_STR_EQ(got, "def");
	r->tail = 1000; /* a consumer that lies: nothing is written outside */
	CU_ASSERT(ring_reserve(r, 4) == NULL);
	free(r);
}

#define TWO_RECORDS 200000
static void produce(struct ring *r)
{
	for (uint32_t i = 0; i < TWO_RECORDS;) {
		uint32_t record[8] = {i, i, i, i, i, i, i, i};

		if (ring_write(r, record, 4 + i % 29) == 0)
			i++;
		else
			sched_yield();
	}
	_exit(0);
}

static void two_processes(void)
{
	struct ring *r = mmap(NULL, RING_HEADER + 4096, PROT_READ | PROT_WRITE,
	                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t pos = 0;
	uint32_t i = 0;
	struct str got;
	int status;
	pid_t pid;

	ring_init(r, 4096);
	pid = fork();
	if (pid == 0)
		produce(r);
	while (i < TWO_RECORDS) {
		if (!ring_peek(r, &pos, &got)) {
			sched_yield();
			continue;
		}
		uint32_t want[8] = {i, i, i, i, i, i, i, i};
		if (got.n != 4 + i % 29 || memcmp(got.p, want, got.n) != 0) {
			CU_FAIL("another record than was written");
			kill(pid, SIGKILL);
			break;
		}
		i++;
		ring_free(r, pos);
	}
	CU_ASSERT(waitpid(pid, &status, 0) == pid && status == 0);
	munmap(r, RING_HEADER + 4096);
}

UNIT_MAIN("ring", {"one", one}, {"reserve more than pushed", reserve_more_than_pushed},
          {"full", full}, {"wrap", wrap}, {"peek ahead", peek_ahead}, {"damaged", damaged},
          {"two processes", two_processes})
