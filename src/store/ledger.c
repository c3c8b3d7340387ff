/* ledger.c - the keeper's copy of the tables `meta` and `seg`.
 *
 * A change is made here, put with the open transaction, and shown in shared memory only when its
 * commit has returned (segment.pml: BREAK_HANDOUT_BEFORE_COMMIT, BREAK_CLOSE_BEFORE_COMMIT). A
 * segment that is opened shows SPARE: its worker makes it OPEN. */
#include "base/err.h"
#include "base/obj.h"
#include "store/host.h"
#include "store/index.h"
#include "store/ledger.h"

#define LEDGER_GAP 1024u /* rows of others between two rows that are still one range */

struct ledger_meta ledger_meta, ledger_meta_committed;
uint32_t ledger_limit;
uint32_t ledger_in_state[8];

static struct ledger_segment *ledger_segments;
static uint32_t *ledger_dirty; /* those that are dirty */
static uint32_t ledger_dirty_count;

static const struct str ledger_meta_key = STR_INIT("m");

struct ledger_segment *ledger_at(uint32_t segment)
{
	AN(segment < ledger_limit);
	return &ledger_segments[segment];
}

void ledger_fini(void)
{
	for (uint32_t i = 0; ledger_segments != NULL && i < ledger_limit; i++)
		free(ledger_segments[i].ranges);
	free(TAKE(ledger_segments));
	free(TAKE(ledger_dirty));
	ledger_limit = ledger_dirty_count = 0;
	memset(ledger_in_state, 0, sizeof ledger_in_state);
}

int ledger_init(uint32_t limit)
{
	ledger_fini();
	ledger_segments = calloc(limit, sizeof *ledger_segments);
	ledger_dirty = calloc(limit, sizeof *ledger_dirty);
	if (ledger_segments == NULL || ledger_dirty == NULL)
		return ERR_NOMEM;
	ledger_limit = limit;
	for (uint32_t i = 0; i < limit; i++) {
		ledger_segments[i].row.pool = LEDGER_POOL_NONE;
		ledger_segments[i].row.slot = SEGMENT_SLOT_NONE;
	}
	ledger_in_state[SEGMENT_FREE] = limit;
	return 0;
}

static int ledger_load_row(struct str k, struct str v)
{
	struct ledger_segment *s;
	struct ledger_row row;
	uint32_t segment;

	if (k.n != sizeof segment || v.n < sizeof row)
		return ERR_BAD;
	memcpy(&segment, k.p, sizeof segment);
	memcpy(&row, v.p, sizeof row);
	if (row.state > SEGMENT_BAD || row.ranges > LEDGER_RANGES ||
	    v.n != sizeof row + row.ranges * sizeof(struct ledger_range))
		return ERR_BAD;
	if (segment >= ledger_limit)
		return 0; /* of a larger cache: recover.c has dropped it */
	s = &ledger_segments[segment];
	if (row.ranges > s->max) {
		struct ledger_range *more = realloc(s->ranges, LEDGER_RANGES * sizeof *more);

		if (more == NULL)
			return ERR_NOMEM;
		s->ranges = more;
		s->max = LEDGER_RANGES;
	}
	ledger_in_state[s->row.state]--;
	s->row = row;
	ledger_in_state[row.state]++;
	if (row.ranges != 0)
		memcpy(s->ranges, v.p + sizeof row, row.ranges * sizeof(struct ledger_range));
	return 0;
}

int ledger_load(void)
{
	struct str k, v;
	int rc = host_load();

	if (rc == 0)
		rc = index_get(INDEX_META, ledger_meta_key, &v);
	if (rc < 0)
		return rc;
	if (v.n != sizeof ledger_meta)
		return ERR_BAD;
	memcpy(&ledger_meta, v.p, sizeof ledger_meta);
	if (ledger_meta.magic != LEDGER_MAGIC || ledger_meta.version != LEDGER_VERSION)
		return ERR_BAD;
	ledger_meta_committed = ledger_meta;
	if (ledger_limit == 0)
		return 0;
	rc = ledger_init(ledger_limit);
	if (rc == 0)
		rc = index_seek(INDEX_SEG, STR_NONE, &k, &v);
	while (rc == 0) {
		rc = ledger_load_row(k, v);
		if (rc == 0)
			rc = index_next(INDEX_SEG, &k, &v);
	}
	return rc == ERR_NOTFOUND ? 0 : rc;
}

/* ---- changes ---- */

void ledger_touch(uint32_t segment)
{
	struct ledger_segment *s = ledger_at(segment);

	if (!s->dirty)
		ledger_dirty[ledger_dirty_count++] = segment;
	s->dirty = true;
}

void ledger_state(uint32_t segment, enum segment_state state)
{
	struct ledger_segment *s = ledger_at(segment);

	ledger_in_state[s->row.state]--;
	ledger_in_state[state]++;
	s->row.state = (uint8_t)state;
	s->shown_new = false;
	s->show = true;
	ledger_touch(segment);
}

void ledger_open(uint32_t segment, int slot, uint32_t slot_generation)
{
	struct ledger_segment *s = ledger_at(segment);

	ledger_state(segment, SEGMENT_OPEN);
	ledger_clear(segment);
	s->row.generation++;
	s->row.slot = (uint8_t)slot;
	s->row.slot_generation = slot_generation;
	s->row.order = ledger_meta.next_order++;
	s->row.pool = LEDGER_POOL_NONE;
	s->row.queue = 0;
	s->row.last_epoch = 0;
	s->shown_new = true;
}

void ledger_clear(uint32_t segment)
{
	struct ledger_segment *s = ledger_at(segment);

	s->row.ranges = 0;
	s->walk_range = 0;
	s->walk_pos = 0;
	free(TAKE(s->ranges));
	s->max = 0;
	ledger_touch(segment);
}

int ledger_add(uint32_t segment, uint64_t seq)
{
	struct ledger_segment *s = ledger_at(segment);
	struct ledger_range *last = s->row.ranges == 0 ? NULL : &s->ranges[s->row.ranges - 1];

	ledger_touch(segment);
	s->row.last_epoch = ledger_meta.epoch;
	if (last != NULL && (seq - last->hi <= LEDGER_GAP || s->row.ranges == LEDGER_RANGES)) {
		last->hi = MAX(last->hi, seq);
		return 0;
	}
	if (s->row.ranges == s->max) {
		uint32_t max = s->max == 0 ? 2 : MIN(s->max * 2, LEDGER_RANGES);
		struct ledger_range *more = realloc(s->ranges, max * sizeof *more);

		if (more == NULL)
			return ERR_NOMEM;
		s->ranges = more;
		s->max = max;
	}
	s->ranges[s->row.ranges++] = (struct ledger_range){seq, seq};
	return 0;
}

bool ledger_has(uint32_t segment, uint64_t seq)
{
	const struct ledger_segment *s = ledger_at(segment);

	for (uint32_t i = 0; i < s->row.ranges; i++)
		if (seq >= s->ranges[i].lo && seq <= s->ranges[i].hi)
			return true;
	return false;
}

/* ---- into the transaction, and out to the others ---- */

static int ledger_put_row(uint32_t segment)
{
	struct ledger_segment *s = ledger_at(segment);
	char value[sizeof s->row + LEDGER_RANGES * sizeof *s->ranges];
	struct str k = {(char *)&segment, sizeof segment};

	memcpy(value, &s->row, sizeof s->row);
	if (s->row.ranges != 0)
		memcpy(value + sizeof s->row, s->ranges, s->row.ranges * sizeof *s->ranges);
	return index_put(INDEX_SEG, k,
	                 (struct str){value, sizeof s->row + s->row.ranges * sizeof *s->ranges});
}

int ledger_put(void)
{
	int rc = 0;

	for (uint32_t i = 0; i < ledger_dirty_count && rc == 0; i++)
		rc = ledger_put_row(ledger_dirty[i]);
	if (rc == 0)
		rc = host_put();
	return rc < 0 ? rc
	              : index_put(INDEX_META, ledger_meta_key,
	                          (struct str){(char *)&ledger_meta, sizeof ledger_meta});
}

enum segment_state ledger_word_state(uint32_t segment)
{
	const struct ledger_segment *s = ledger_at(segment);

	return (enum segment_state)s->row.state == SEGMENT_OPEN ? SEGMENT_SPARE
	                                                        : (enum segment_state)s->row.state;
}

static void ledger_show(uint32_t segment)
{
	const struct ledger_segment *s = ledger_at(segment);

	segment_show(segment,
	             segment_word(s->row.generation, ledger_word_state(segment), s->row.slot));
}

void ledger_committed(void)
{
	ledger_meta_committed = ledger_meta;
	host_committed();
	for (uint32_t i = 0; i < ledger_dirty_count; i++) {
		struct ledger_segment *s = ledger_at(ledger_dirty[i]);

		/* A page that the disk does not take costs the rebuild this segment, nothing else.
		 */
		if (s->shown_new)
			segment_header(ledger_dirty[i], s->row.generation);
		if (s->show)
			ledger_show(ledger_dirty[i]);
		s->dirty = s->show = s->shown_new = false;
	}
	ledger_dirty_count = 0;
}

void ledger_show_all(void)
{
	for (uint32_t i = 0; i < ledger_limit; i++) {
		ledger_show(i);
		SHARED_SET(shared_segment(i)->wrote_epoch, ledger_at(i)->row.last_epoch);
	}
}
