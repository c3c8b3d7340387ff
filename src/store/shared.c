/* shared.c - regions of the store in shared memory, and how `size` is divided.
 *
 * Everything is sparse: a ring, or the pins of a slot, cost memory when they are first used. */
#include "base/err.h"
#include "base/obj.h"
#include "base/shm.h"
#include "store/shared.h"

#define SHARED_MB (1ull << 20)
#define SHARED_SLACK \
	(256u << 10) /* lock.mdb, folders and their blocks, the store's own small files */
/* An eighth of a small store, since it may be full of small bodies, which lie in their rows; of a
 * large one a thirty-second (STORE 8: objects of 64 KB). */
#define SHARED_INDEX_SMALL (1024 * SHARED_MB)
#define SHARED_CAPACITY_MAX (1u << 18)

int shared_plan(const struct store_opts *o, struct shared_plan *out)
{
	uint64_t index = o->index_size, left, segment;

	if (o->size < 8 * SHARED_MB)
		return ERR_LIMIT;
	if (index == 0)
		index = MAX(o->size / 32, MIN(o->size / 8, SHARED_INDEX_SMALL));
	index = MAX(index, 2 * SHARED_MB) & ~(uint64_t)4095;
	if (index > o->size / 2)
		index = o->size / 2 & ~(uint64_t)4095;
	left = o->size - index - SHARED_SLACK;
	for (segment = SHARED_MB; segment < 256 * SHARED_MB && segment * 2 <= left / 1024;)
		segment *= 2;
	out->index_bytes = index;
	out->segment_size = segment;
	out->segment_count = (uint32_t)MIN(left / segment, (uint64_t)SHARED_CAPACITY_MAX);
	out->capacity =
	    (uint32_t)MIN(MAX(8ull * out->segment_count, 8192ull), (uint64_t)SHARED_CAPACITY_MAX);
	return 0;
}

static size_t shared_ring_stride(void)
{
	return (RING_HEADER + SHARED_RING_BYTES + 4095) & ~(size_t)4095;
}

/* One byte for each expected object (of 64 KB), a power of two: others share, which does little
 * harm. */
static size_t shared_frequencies(const struct store_opts *o)
{
	size_t n = 65536;

	while (n < o->size >> 16 && n < 1u << 26)
		n *= 2;
	return n;
}

void shared_declare(const struct store_opts *o)
{
	struct shared_plan plan;

	if (o->path == NULL || o->path[0] == '\0' || shared_plan(o, &plan) < 0)
		plan = (struct shared_plan){.capacity = 1};
	shm_declare("segment",
	            sizeof(struct shared_head) + plan.capacity * sizeof(struct shared_segment));
	shm_declare("pins", (size_t)plan.capacity * SLOT_WORKERS * sizeof(uint32_t));
	shm_declare("pubring", shared_ring_stride() * SLOT_WORKERS);
	shm_declare("hfm", SHARED_HFM * sizeof(uint64_t));
	shm_declare("purged", SHARED_PURGED * sizeof(struct shared_purge));
	shm_declare("hosts", sizeof(struct shared_hosts));
	shm_declare("frequency", shared_frequencies(o));
	shm_declare("storestat", sizeof(struct store_status));
}

/* Where the regions lie in this process: looked up once, since hits come through here. */
static struct {
	struct shared_head *head;
	uint32_t *pins;
	uint64_t *hfm;
	struct shared_purge *purged;
	struct shared_hosts *hosts;
	char *rings;
	uint8_t *frequency;
	uint64_t frequency_mask;
	uint32_t capacity;
} shared_at;

void shared_map(void)
{
	shared_at.head = shm_region("segment");
	shared_at.pins = shm_region("pins");
	shared_at.hfm = shm_region("hfm");
	shared_at.purged = shm_region("purged");
	shared_at.hosts = shm_region("hosts");
	shared_at.rings = shm_region("pubring");
	shared_at.frequency = shm_region("frequency");
	shared_at.frequency_mask = shm_region_size("frequency") - 1;
	shared_at.capacity = (uint32_t)((shm_region_size("segment") - sizeof(struct shared_head)) /
	                                sizeof(struct shared_segment));
}

struct shared_head *shared_head(void)
{
	if (shared_at.head == NULL)
		shared_map();
	return shared_at.head;
}

uint32_t shared_capacity(void)
{
	return shared_at.capacity;
}

struct shared_segment *shared_segment(uint32_t segment)
{
	AN(segment < shared_at.capacity);
	return (struct shared_segment *)(shared_head() + 1) + segment;
}

uint32_t *shared_pin(int slot, uint32_t segment)
{
	/* One run of words for each slot: workers that pin the same segment share no cache line. */
	AN(slot >= 0 && slot < SLOT_WORKERS && segment < shared_at.capacity);
	return shared_at.pins + (size_t)slot * shared_at.capacity + segment;
}

struct ring *shared_ring(int slot)
{
	AN(slot >= 0 && slot < SLOT_WORKERS);
	return (struct ring *)(void *)(shared_at.rings + (size_t)slot * shared_ring_stride());
}

uint64_t *shared_hfm(uint64_t hash)
{
	return &shared_at.hfm[hash % SHARED_HFM];
}

struct shared_purge *shared_purge(uint64_t hash)
{
	return &shared_at.purged[hash % SHARED_PURGED];
}

struct shared_hosts *shared_hosts(void)
{
	return shared_at.hosts;
}

struct store_status *shared_status(void)
{
	return shm_region("storestat");
}

uint8_t *shared_frequency(uint64_t bid)
{
	return &shared_at.frequency[(bid * 0x9e3779b97f4a7c15ull >> 20) & shared_at.frequency_mask];
}
