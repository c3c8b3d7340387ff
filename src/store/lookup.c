/* lookup.c - a worker's look-up: key -> row -> checks, in the reading transaction of this turn.
 *
 * Every row is checked by its CRC, and the whole canonical key and the Vary values are compared: a
 * hash that collides must not show one user's page to another. The body of a small object is read
 * and checked once by each worker; its pages are then in memory too. Nothing here calls malloc in
 * steady state: long rows are put together in an arena of the turn. */
#include "base/count.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "store/entry.h"
#include "store/index.h"
#include "store/lookup.h"
#include "store/publish.h"
#include "store/segment.h"
#include "store/warm.h"

#define LOOKUP_SMALL 16320u
#define LOOKUP_VERIFIED 8192u

static struct arena lookup_arena;
static uint64_t lookup_sample; /* commits before the newest transaction began */
static bool lookup_runs;
static uint64_t lookup_verified[LOOKUP_VERIFIED]; /* bid */

void lookup_init(void)
{
	arena_init(&lookup_arena, 4u << 20);
}

bool lookup_begin(void)
{
	uint64_t commits;

	if (lookup_runs)
		return true;
	if (!index_is_open())
		return false;
	commits = SHARED_GET(shared_head()->commits);
	if (index_read_begin() < 0)
		return false;
	lookup_sample = commits;
	lookup_runs = true;
	return true;
}

bool lookup_newer(void)
{
	uint64_t commits = SHARED_GET(shared_head()->commits);

	if (!lookup_runs)
		return lookup_begin();
	if (index_read_newer() < 0)
		return false;
	lookup_sample = commits;
	return true;
}

uint64_t lookup_commits(void)
{
	return lookup_begin() ? lookup_sample : SHARED_GET(shared_head()->commits);
}

void lookup_end(void)
{
	if (!lookup_runs)
		return;
	index_read_end();
	arena_reset(&lookup_arena);
	lookup_runs = false;
}

uint64_t lookup_vh(struct str spec, struct str values)
{
	const struct digest_key *key = &shared_head()->secret;
	uint64_t part[3];

	if (spec.n == 0)
		return 0;
	part[0] = digest_sip64(key, spec.p, spec.n);
	part[1] = digest_sip64(key, values.p, values.n);
	part[2] = spec.n;
	return digest_sip64(key, part, sizeof part) | 1;
}

void lookup_damaged(const struct store_entry *e, const char *what)
{
	static int64_t said;

	count_inc(COUNT_store_damaged);
	publish_damaged(e);
	if (log_once_a_second(&said))
		log_warn("store: dropped a damaged object (%s): %.*s", what,
		         STR_F(str_slice(e->canonical, 0, 200)));
}

/* Reads the body of a small object into memory and compares its CRC: 0, ERR_GONE (the segment has
 * another life), ERR_BAD. */
static int lookup_read_small(const struct store_entry *e)
{
	static char body[LOOKUP_SMALL];
	size_t at = 0;
	int rc = 0;

	for (unsigned i = 0; i < e->extent_count && rc == 0; i++) {
		struct store_extent x = e->extents[i];

		/* Only under a pin: bytes of the next life would look like damage. */
		if (!segment_pin(x.segment, x.generation))
			return ERR_GONE;
		if (x.length > sizeof body - at || x.offset > shared_head()->segment_size ||
		    x.length > shared_head()->segment_size - x.offset ||
		    segment_read(x.segment, x.offset, body + at, x.length) < 0)
			rc = ERR_BAD;
		segment_unpin(x.segment);
		at += x.length;
	}
	return rc == 0 && digest_crc32c(0, body, at) != e->body_crc && !mutant(BODY_CHECKED)
	           ? ERR_BAD
	           : rc;
}

static bool lookup_extents_stand(const struct store_entry *e)
{
	for (unsigned i = 0; i < e->extent_count; i++)
		if (e->extents[i].segment >= shared_head()->segment_count ||
		    !segment_readable(segment_load(e->extents[i].segment),
		                      e->extents[i].generation))
			return false;
	return true;
}

static enum store_answer lookup_check_body(const struct store_entry *e, struct store_wait *w)
{
	uint64_t *seen = &lookup_verified[e->bid % LOOKUP_VERIFIED];
	int rc;

	if (!lookup_extents_stand(e))
		return STORE_MISS;
	if (e->body_len > LOOKUP_SMALL || *seen == e->bid)
		return STORE_HIT;
	for (unsigned i = 0; i < e->extent_count; i++)
		if (!segment_warm(e->extents[i].segment, e->extents[i].offset,
		                  e->extents[i].length) &&
		    warm_start(w, e->extents[i].segment, e->extents[i].offset,
		               e->extents[i].length))
			return STORE_PENDING;
	rc = lookup_read_small(e);
	if (rc == ERR_BAD)
		lookup_damaged(e, "checksum of the body");
	if (rc < 0)
		return STORE_MISS;
	*seen = e->bid;
	return STORE_HIT;
}

/* The key's value, through the Vary row if there is one. *vh: of what was found. 0 or an error. */
static int lookup_key(const struct store_key *key, store_variant_fn *variant, void *arg,
                      uint64_t *vh, struct str *values, struct index_key *out)
{
	struct index_key_name name = {{key->pk.h[0], key->pk.h[1]}, 0};
	struct str k = {(char *)&name, sizeof name}, v, spec;
	int rc = index_get(INDEX_KEY, k, &v);

	*values = STR_NONE;
	for (int level = 0; rc == 0; level++) {
		if (v.n < sizeof *out)
			return ERR_BAD;
		memcpy(out, v.p, sizeof *out);
		*vh = name.vh;
		if (out->type == INDEX_KEY_OBJECT)
			return 0;
		if (out->type != INDEX_KEY_VARY || level > 0 || v.n - sizeof *out < out->spec_len ||
		    variant == NULL)
			return ERR_NOTFOUND;
		spec = str_slice(v, sizeof *out, sizeof *out + out->spec_len);
		if (variant(spec, values, arg) < 0)
			return ERR_NOTFOUND;
		name.vh = lookup_vh(spec, *values);
		rc = index_get(INDEX_KEY, k, &v);
	}
	return rc;
}

static enum store_answer lookup_row(const struct store_key *key, uint64_t vh, struct str values,
                                    const struct index_key *where, struct store_wait *w,
                                    struct store_entry *out)
{
	struct store_entry e;
	struct str row;
	int rc;

	if (where->queue > 3)
		return STORE_MISS;
	rc = index_row_get(where->queue, where->pos, &lookup_arena, &row);
	if (rc == ERR_NOTFOUND)
		row = STR_NONE; /* a key without its row is damage too */
	else if (rc < 0)
		return STORE_MISS;
	if (entry_decode(row, &e) < 0) {
		if (entry_peek(row, &e) < 0)
			INIT_OBJ(&e, STORE_ENTRY_MAGIC);
		e.pk = key->pk;
		e.vh = vh;
		e.canonical = key->canonical;
		lookup_damaged(&e, "checksum of the row");
		return STORE_MISS;
	}
	if (e.pk.h[0] != key->pk.h[0] || e.pk.h[1] != key->pk.h[1] || e.vh != vh ||
	    (!str_eq(e.canonical, key->canonical) && !mutant(KEY_COMPARED)) ||
	    (!str_eq(e.vary_values, values) && !mutant(VARY_COMPARED)))
		return STORE_MISS;
	e.key_pos = (uint64_t)where->queue << 62 | where->pos;
	if (e.extent_count != 0) {
		enum store_answer answer = lookup_check_body(&e, w);

		if (answer != STORE_HIT)
			return answer;
	}
	*out = e;
	return STORE_HIT;
}

enum store_answer lookup_find(const struct store_key *key, store_variant_fn *variant, void *arg,
                              struct store_wait *w, struct store_entry *out)
{
	struct index_key where;
	struct str values;
	uint64_t vh = 0;

	if (!lookup_begin() || lookup_key(key, variant, arg, &vh, &values, &where) < 0)
		return STORE_MISS;
	return lookup_row(key, vh, values, &where, w, out);
}

void lookup_each(const struct store_key *key, unsigned max, store_each_fn *see, void *arg)
{
	struct index_key_name name = {{key->pk.h[0], key->pk.h[1]}, 0};
	struct index_key where;
	struct store_entry e;
	struct str k, v, row;
	unsigned seen = 0;
	int rc;

	if (!lookup_begin())
		return;
	rc = index_seek(INDEX_KEY, (struct str){(char *)&name, sizeof name}, &k, &v);
	for (; rc == 0 && seen < max; rc = index_next(INDEX_KEY, &k, &v)) {
		if (k.n != sizeof name || memcmp(k.p, name.pk, sizeof name.pk) != 0)
			break;
		if (v.n < sizeof where)
			continue;
		memcpy(&where, v.p, sizeof where);
		if (where.type != INDEX_KEY_OBJECT || where.queue > 3 ||
		    index_row_get(where.queue, where.pos, &lookup_arena, &row) < 0 ||
		    entry_decode(row, &e) < 0 || !str_eq(e.canonical, key->canonical))
			continue;
		seen++;
		see(&e, arg);
	}
	index_walk_end();
}
