/* test_segment.c - words, pins, files and the division of `size`, in one process. */
#include "unit_store.h"
#include "store/shared.h"

#define MB (1ull << 20)

static void files_begin(void)
{
	world_begin(64 * MB);
	slot_use(3);
	shared_map();
	shared_head()->segment_size = MB;
	shared_head()->segment_count = 8;
	AZ(mkdir(strcat(strcpy(world->note, world_dir), "/d0"), 0700));
	segment_use(world_dir);
}

static void files_end(void)
{
	segment_close_all();
	world_end();
}

static void test_plan(void)
{
	static const struct {
		uint64_t size, segment;
	} rows[] = {{16 * MB, MB}, {64 * MB, MB}, {1024 * MB, MB}, {20480 * MB, 16 * MB},
	    {4ull << 40, 256 * MB}, {100ull << 40, 256 * MB}};
	struct store_opts o = {0};
	struct shared_plan p;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		o.size = rows[i].size;
		CU_ASSERT_EQUAL(shared_plan(&o, &p), 0);
		CU_ASSERT_EQUAL(p.segment_size, rows[i].segment);
		CU_ASSERT(p.index_bytes % 4096 == 0 && p.segment_count >= 8);
		CU_ASSERT(p.index_bytes + (uint64_t)p.segment_count * p.segment_size <= o.size);
		if (o.size < 64ull << 40) /* all of it is used, but for a segment and a little */
			CU_ASSERT(p.index_bytes + (uint64_t)(p.segment_count + 2) * p.segment_size > o.size);
		CU_ASSERT(p.capacity >= p.segment_count);
	}
	o.size = 4 * MB;
	CU_ASSERT_EQUAL(shared_plan(&o, &p), ERR_LIMIT);
	o.size = 64 * MB;
	o.index_size = 1000 * MB; /* more than there is */
	CU_ASSERT_EQUAL(shared_plan(&o, &p), 0);
	CU_ASSERT(p.index_bytes <= 32 * MB);
}

static void test_pins(void)
{
	static const enum segment_state readable[] = {SEGMENT_OPEN, SEGMENT_SEALED, SEGMENT_RETIRING,
	    SEGMENT_SPARE};
	static const enum segment_state gone[] = {SEGMENT_FREE, SEGMENT_CLOSED, SEGMENT_BAD};

	files_begin();
	for (size_t i = 0; i < COUNT_OF(readable); i++) {
		segment_show(1, segment_word(7, readable[i], 3));
		CU_ASSERT(segment_pin(1, 7));
		CU_ASSERT(segment_pin(1, 7));
		CU_ASSERT(!segment_pin(1, 6));
		CU_ASSERT(!segment_pin(1, 8));
		CU_ASSERT_EQUAL(*shared_pin(3, 1), 2);
		segment_unpin(1);
		CU_ASSERT(segment_is_pinned(1));
		segment_unpin(1);
		CU_ASSERT(!segment_is_pinned(1));
	}
	for (size_t i = 0; i < COUNT_OF(gone); i++) {
		segment_show(1, segment_word(7, gone[i], 3));
		CU_ASSERT(!segment_pin(1, 7));
		CU_ASSERT(!segment_is_pinned(1));
	}
	CU_ASSERT(!segment_pin(8, 0)); /* a number out of range is a miss */
	CU_ASSERT(!segment_pin(UINT32_MAX, 0));
	/* The dead pin nothing; others keep theirs. */
	segment_show(2, segment_word(1, SEGMENT_SEALED, 0));
	CU_ASSERT(segment_pin(2, 1));
	*shared_pin(4, 2) = 5;
	segment_unpin_slot(4);
	CU_ASSERT_EQUAL(*shared_pin(4, 2), 0);
	CU_ASSERT_EQUAL(*shared_pin(3, 2), 1);
	segment_unpin_slot(3);
	CU_ASSERT(!segment_is_pinned(2));
	files_end();
}

static void unpin_too_often(void)
{
	segment_unpin(1);
}

static void test_word(void)
{
	uint64_t w = segment_word(0xfffffffe, SEGMENT_SPARE, 59);

	CU_ASSERT_EQUAL(segment_word_generation(w), 0xfffffffe);
	CU_ASSERT_EQUAL(segment_word_state(w), SEGMENT_SPARE);
	CU_ASSERT_EQUAL(segment_word_slot(w), 59);
	files_begin();
	CU_ASSERT(unit_dies(unpin_too_often));
	files_end();
}

static void test_files(void)
{
	char out[20000], in[20000];
	struct iovec v[3] = {{in, 5000}, {in + 5000, 0}, {in + 5000, 15000}};
	char path[200];
	struct stat st;

	files_begin();
	CU_ASSERT(segment_fd(0) < 0);
	CU_ASSERT_EQUAL(segment_make(0), 0);
	CU_ASSERT_EQUAL(segment_make(0), 0); /* again does no harm */
	segment_path(0, path, sizeof path);
	CU_ASSERT(stat(path, &st) == 0 && (uint64_t)st.st_size == MB && (uint64_t)st.st_blocks * 512 >= MB);
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (char)world_mix(i);
	CU_ASSERT_EQUAL(segment_writev(0, 12345, v, 3), 0);
	CU_ASSERT_EQUAL(segment_read(0, 12345, out, sizeof out), 0);
	CU_ASSERT(memcmp(in, out, sizeof in) == 0);
	CU_ASSERT(memcmp(segment_map(0) + 12345, in, sizeof in) == 0);
	CU_ASSERT(segment_warm(0, 12345, sizeof in));
	CU_ASSERT_EQUAL(segment_header(0, 9), 0);
	AZ(truncate(path, 8192));
	CU_ASSERT_EQUAL(segment_read(0, 8000, out, 1000), ERR_IO);
	CU_ASSERT_EQUAL(segment_make(0), 0); /* made whole again */
	CU_ASSERT(stat(path, &st) == 0 && (uint64_t)st.st_size == MB);
	CU_ASSERT_EQUAL(segment_remove(0), ERR_EXISTS); /* open here */
	segment_close_all();
	segment_use(world_dir);
	CU_ASSERT_EQUAL(segment_remove(0), 0);
	CU_ASSERT(stat(path, &st) != 0);
	files_end();
}

UNIT_MAIN("segment", {"plan", test_plan}, {"word", test_word}, {"pins", test_pins},
    {"files", test_files})
