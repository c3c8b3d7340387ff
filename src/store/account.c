/* account.c - does everything add up: segments, words, rows, keys, disk?
 *
 * Called through keep_account() by tests and tools, never on the way of a request. */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include "base/err.h"
#include "base/obj.h"
#include "store/account.h"
#include "store/apply.h"
#include "store/entry.h"
#include "store/ledger.h"

static char *account_why;
static size_t account_room;

static int __attribute__((format(printf, 1, 2))) account_wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(account_why, account_room, fmt, ap);
	va_end(ap);
	return ERR_INTERNAL;
}

static int account_segment(uint32_t s)
{
	const struct ledger_segment *g = ledger_at(s);
	uint64_t w = segment_load(s);
	enum segment_state state = segment_word_state(w);

	if (segment_word_generation(w) != g->row.generation)
		return account_wrong("segment %u: word has generation %u, index %u", s,
		                     segment_word_generation(w), g->row.generation);
	if (g->row.state == SEGMENT_OPEN) {
		if ((state != SEGMENT_SPARE && state != SEGMENT_OPEN) ||
		    segment_word_slot(w) != g->row.slot)
			return account_wrong("segment %u: open in the index, word says %d", s,
			                     (int)state);
		if (!slot_is_alive(g->row.slot, g->row.slot_generation))
			return account_wrong("segment %u: open for dead slot %u", s, g->row.slot);
	} else if (state != (enum segment_state)g->row.state) {
		return account_wrong("segment %u: index says %u, word %d", s, g->row.state,
		                     (int)state);
	}
	if (g->row.state == SEGMENT_CLOSED && g->row.ranges != 0)
		return account_wrong("segment %u: closed with rows", s);
	return 0;
}

static int account_extent(unsigned queue, uint64_t pos, const struct store_extent *x)
{
	const struct ledger_segment *g;

	if (x->segment >= ledger_limit)
		return account_wrong("row %u/%llu names segment %u", queue, (unsigned long long)pos,
		                     x->segment);
	g = ledger_at(x->segment);
	if (g->row.generation != x->generation ||
	    (g->row.state != SEGMENT_OPEN && g->row.state != SEGMENT_SEALED &&
	     g->row.state != SEGMENT_RETIRING))
		return account_wrong("row %u/%llu names segment %u in another life", queue,
		                     (unsigned long long)pos, x->segment);
	if (!ledger_has(x->segment, pos) || g->row.pool * 2u != queue)
		return account_wrong("row %u/%llu is not in the ranges of segment %u", queue,
		                     (unsigned long long)pos, x->segment);
	return 0;
}

static int account_row(unsigned queue, uint64_t pos)
{
	struct index_key where;
	struct index_key_name name;
	struct store_entry e;
	struct str row, v;
	int rc = index_row_get(queue, pos, apply_arena(), &row);

	if (rc < 0 || entry_decode(row, &e) < 0)
		return account_wrong("row %u/%llu does not decode", queue, (unsigned long long)pos);
	name = (struct index_key_name){{e.pk.h[0], e.pk.h[1]}, e.vh};
	if (index_get(INDEX_KEY, (struct str){(char *)&name, sizeof name}, &v) < 0 ||
	    v.n < sizeof where)
		return account_wrong("row %u/%llu has no key", queue, (unsigned long long)pos);
	memcpy(&where, v.p, sizeof where);
	if (where.type != INDEX_KEY_OBJECT || where.queue != queue || where.pos != pos)
		return account_wrong("row %u/%llu: its key names another", queue,
		                     (unsigned long long)pos);
	for (unsigned i = 0; i < e.extent_count; i++)
		if (account_extent(queue, pos, &e.extents[i]) < 0)
			return ERR_INTERNAL;
	return 0;
}

static int account_rows(uint64_t *rows)
{
	struct str k, v;
	uint64_t pos;
	int rc;

	for (unsigned queue = 0; queue < 4; queue++)
		for (rc = index_seek(INDEX_QUEUE + queue, STR_NONE, &k, &v); rc == 0;
		     rc = index_next(INDEX_QUEUE + queue, &k, &v)) {
			pos = index_u64(k);
			if (++*rows % 1024 == 0)
				slot_beat(); /* a large store takes seconds, and is no hang */
			if (account_row(queue, pos) < 0)
				return ERR_INTERNAL;
		}
	return 0;
}

static int account_keys(uint64_t rows)
{
	uint64_t pk[2] = {0, 0}, objects = 0, variants = 1;
	struct index_key where;
	struct str k, v;
	bool vary = false;
	int rc;

	for (rc = index_seek(INDEX_KEY, STR_NONE, &k, &v); rc == 0;
	     rc = index_next(INDEX_KEY, &k, &v)) {
		memcpy(&where, v.p, sizeof where);
		if (memcmp(pk, k.p, sizeof pk) != 0) {
			if (vary && variants == 0)
				return account_wrong("a key with Vary has no variants");
			memcpy(pk, k.p, sizeof pk);
			variants = 0;
			vary = where.type == INDEX_KEY_VARY;
		} else {
			variants++;
		}
		objects += where.type == INDEX_KEY_OBJECT;
	}
	if (vary && variants == 0)
		return account_wrong("a key with Vary has no variants");
	if (objects != rows || rows != ledger_meta.objects)
		return account_wrong("%llu keys, %llu rows, %llu objects counted",
		                     (unsigned long long)objects, (unsigned long long)rows,
		                     (unsigned long long)ledger_meta.objects);
	return 0;
}

/* Bytes on disk of the files in a folder. */
static uint64_t account_folder(const char *path, const char *name)
{
	char dir[4300];
	const struct dirent *e;
	struct stat st;
	uint64_t sum = 0;
	DIR *d;

	snprintf(dir, sizeof dir, "%s/%s", path, name);
	d = opendir(dir);
	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' &&
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			sum += (uint64_t)st.st_blocks * 512;
	closedir(d);
	return sum;
}

int account_check(const char *path, uint64_t size, char *why, size_t n)
{
	uint64_t disk = account_folder(path, "index") + account_folder(path, "index.bad") +
	                account_folder(path, "d0"),
	         rows = 0;
	int rc = 0;

	account_why = why;
	account_room = n;
	if (disk > size)
		return account_wrong("%llu bytes on disk, size is %llu", (unsigned long long)disk,
		                     (unsigned long long)size);
	for (uint32_t s = 0; s < ledger_limit && rc == 0; s++)
		rc = account_segment(s);
	if (rc < 0)
		return rc;
	rc = index_begin();
	if (rc < 0)
		return account_wrong("no transaction: %s", err_text(rc));
	rc = account_rows(&rows);
	if (rc == 0)
		rc = account_keys(rows);
	index_abort();
	arena_reset(apply_arena());
	return rc;
}
