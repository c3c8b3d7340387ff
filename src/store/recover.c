/* recover.c - the store is opened, or made, and repaired.
 *
 * What died decides (STORE 4.2). The keeper alone: shared memory is the same; words are compared
 * with the ledger (segment.pml, BREAK_RESTART_NO_COMPARE), rings go on at the stored positions
 * (publish.pml, BREAK_NO_RING_POS). Everything, in the same boot: the page cache holds all bytes;
 * open segments are sealed. Power: rows younger than the durable epoch are dropped first; they
 * stand at the young ends of the queues. Each step may be repeated after a death in it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/log.h"
#include "base/obj.h"
#include "base/shm.h"
#include "store/apply.h"
#include "store/entry.h"
#include "store/evict.h"
#include "store/recover.h"

#define RECOVER_BATCH 1024
#define RECOVER_KEPT 65536 /* bytes of a damaged index; lie in what shared_plan leaves over */

static char recover_path[4200];

static const char *recover_file(const struct store_opts *o, const char *name)
{
	snprintf(recover_path, sizeof recover_path, "%s/%s", o->path, name);
	return recover_path;
}

static int recover_folder(const struct store_opts *o, const char *name)
{
	return mkdir(recover_file(o, name), 0700) < 0 && errno != EEXIST ? err_of_errno(errno) : 0;
}

/* ---- the disk's folder says whose it is: another one, or an unmounted disk, is not filled ---- */

static int recover_write_uuid(const struct store_opts *o)
{
	int fd = open(recover_file(o, "d0/uuid"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0)
		return err_of_errno(errno);
	if (write(fd, ledger_meta.uuid, sizeof ledger_meta.uuid) !=
	        (ssize_t)sizeof ledger_meta.uuid ||
	    fsync(fd) < 0)
		rc = ERR_IO;
	close(fd);
	return rc;
}

static int recover_check_uuid(const struct store_opts *o)
{
	uint8_t uuid[sizeof ledger_meta.uuid];
	int rc, fd = open(recover_file(o, "d0/uuid"), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? ERR_BAD : err_of_errno(errno);
	do
		n = read(fd, uuid, sizeof uuid);
	while (n < 0 && errno == EINTR);
	rc = n < 0 ? err_of_errno(errno) : 0;
	close(fd);
	if (rc < 0)
		return rc; /* a disk that cannot be read now is not another one */
	return n == (ssize_t)sizeof uuid && memcmp(uuid, ledger_meta.uuid, sizeof uuid) == 0
	           ? 0
	           : ERR_BAD;
}

/* ---- a new store ---- */

static int recover_make(const struct keep_opts *o, const struct shared_plan *plan)
{
	int rc;

	memset(&ledger_meta, 0, sizeof ledger_meta);
	ledger_meta.magic = LEDGER_MAGIC;
	ledger_meta.version = LEDGER_VERSION;
	ledger_meta.epoch = 1;
	/* In a memory that knows another index, its maps are of this size. */
	ledger_meta.segment_size =
	    shared_head()->magic == SHARED_MAGIC ? shared_head()->segment_size : plan->segment_size;
	ledger_meta.clean = 1; /* there is nothing that could have been lost */
	for (int q = 0; q < 4; q++)
		ledger_meta.next_seq[q] = 1;
	ledger_meta.next_order = 1;
	rc = digest_random(ledger_meta.uuid, sizeof ledger_meta.uuid);
	if (rc == 0)
		rc = digest_random(ledger_meta.secret, sizeof ledger_meta.secret);
	memcpy(ledger_meta.boot_id, o->boot_id, sizeof ledger_meta.boot_id);
	return rc;
}

/* Files of another geometry, of an index that is gone, or behind the end of the cache, would hold
 * room that is not counted. */
static void recover_clear_folder(const struct store_opts *o, uint32_t limit)
{
	DIR *d = opendir(recover_file(o, "d0"));
	const struct dirent *e;
	struct stat st;
	uint64_t n;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (strlen(e->d_name) != 8 || !str_hex64(str_of(e->d_name), &n) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (n >= limit || (uint64_t)st.st_size != ledger_meta.segment_size)
			unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
}

/* An index was begun anew over segments that this shared memory knows: generations go on from
 * there, and what workers hold of the old one they pin until they have let go. */
static void recover_adopt_words(void)
{
	for (uint32_t s = 0; s < ledger_limit; s++) {
		uint64_t w = segment_load(s);

		while (segment_word_state(w) == SEGMENT_SPARE &&
		       !__atomic_compare_exchange_n(&shared_segment(s)->word, &w,
		                                    segment_word(segment_word_generation(w),
		                                                 SEGMENT_CLOSED, SEGMENT_SLOT_NONE),
		                                    false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
		ledger_at(s)->row.generation = segment_word_generation(w);
		ledger_touch(s);
	}
}

/* ---- power loss ---- */

/* Deletes up to RECOVER_BATCH young rows of a queue. 1: no more there. */
static int recover_drop_some(unsigned queue, uint64_t *before)
{
	struct store_entry e;
	struct str k, v;
	uint64_t pos;
	int rc = 0, n = 0;

	while (n++ < RECOVER_BATCH) {
		if (*before == UINT64_MAX) {
			rc = index_last(INDEX_QUEUE + queue, &k, &v);
		} else {
			rc = index_seek(INDEX_QUEUE + queue,
			                (struct str){(char *)before, sizeof *before}, &k, &v);
			rc = rc == 0              ? index_prev(INDEX_QUEUE + queue, &k, &v)
			     : rc == ERR_NOTFOUND ? index_last(INDEX_QUEUE + queue, &k, &v)
			                          : rc;
		}
		if (rc < 0)
			return rc == ERR_NOTFOUND ? 1 : rc;
		*before = pos = index_u64(k);
		rc = index_row_get(queue, pos, apply_arena(), &v);
		if (rc < 0 && rc != ERR_NOTFOUND)
			return rc;
		if (rc == 0 && entry_decode(v, &e) == 0) {
			if (e.epoch <= ledger_meta.durable_epoch)
				return 1; /* epochs only grow along a queue */
			if (e.extent_count == 0)
				continue; /* an embedded body is as durable as its row */
		}
		rc = apply_drop(queue, pos);
		if (rc < 0)
			return rc;
		count_inc(COUNT_keeper_evicted);
	}
	return 0;
}

static int recover_drop_young(void)
{
	uint64_t objects = ledger_meta.objects;
	int rc = 0;

	for (unsigned queue = 0; queue < 4 && rc >= 0; queue++) {
		uint64_t before = UINT64_MAX;

		for (rc = 0; rc == 0;) {
			rc = index_begin();
			if (rc < 0)
				return rc;
			rc = recover_drop_some(queue, &before);
			if (rc >= 0 && ledger_put() < 0)
				rc = ERR_FULL;
			arena_reset(apply_arena());
			if (rc < 0) {
				index_abort();
				return rc;
			}
			if (index_commit() < 0)
				return ERR_IO;
		}
	}
	log_warn("store: unclean stop with loss of power: %llu young objects dropped",
	         (unsigned long long)(objects - ledger_meta.objects));
	return 0;
}

/* ---- segments ---- */

/* A smaller cache than before: what lies behind its end goes. */
static int recover_shrink(uint32_t limit)
{
	uint32_t made = ledger_meta.segments_made;
	int rc;

	if (made <= limit)
		return 0;
	log_info("store: shrinks from %u to %u segments", made, limit);
	for (uint32_t s = limit; s < made; s++) {
		rc = evict_whole(s);
		if (rc < 0)
			return rc;
	}
	rc = index_begin();
	if (rc < 0)
		return rc;
	ledger_meta.segments_made = limit;
	rc = ledger_put();
	for (uint32_t s = limit; rc == 0 && s < made; s++)
		index_del(INDEX_SEG, (struct str){(char *)&s, sizeof s});
	if (rc == 0)
		rc = index_commit();
	else
		index_abort();
	/* What is left after a death here is found at the next start: recover_clear_folder(). */
	for (uint32_t s = made; rc == 0 && s-- > limit;)
		segment_remove(s);
	return rc;
}

/* A segment whose file is gone or cut: its rows go, the file is made anew. */
static int recover_check_files(void)
{
	char path[4200];
	struct stat st;
	int rc = 0;

	for (uint32_t s = 0; s < MIN(ledger_limit, ledger_meta.segments_made) && rc == 0; s++) {
		segment_path(s, path, sizeof path);
		if (stat(path, &st) == 0) {
			if ((uint64_t)st.st_size == ledger_meta.segment_size)
				continue;
		} else if (errno != ENOENT) {
			return err_of_errno(errno);
		}
		log_warn("store: segment %u is missing or cut: its objects are dropped", s);
		if (ledger_at(s)->row.state != SEGMENT_FREE)
			rc = evict_whole(s);
		if (rc == 0)
			rc = segment_make(s);
	}
	return rc;
}

/* No process of before lives: what was open is sealed where it stands. */
static void recover_seal_open(void)
{
	for (uint32_t s = 0; s < ledger_limit; s++)
		if (ledger_at(s)->row.state == SEGMENT_OPEN)
			ledger_state(s, SEGMENT_SEALED);
}

/* Shared memory is the same: what is committed and not shown is shown; what a worker holds stays
 * its. */
static void recover_compare(void)
{
	for (uint32_t s = 0; s < ledger_limit; s++) {
		const struct ledger_segment *g = ledger_at(s);
		uint64_t w = segment_load(s);
		uint64_t as_is = segment_word(g->row.generation, ledger_word_state(s), g->row.slot);

		if (g->row.state != SEGMENT_OPEN) {
			segment_show(s, as_is);
			continue;
		}
		if (g->row.slot >= SLOT_WORKERS ||
		    SHARED_GET(slot_at(g->row.slot)->generation) != g->row.slot_generation ||
		    SHARED_GET(slot_at(g->row.slot)->state) == SLOT_CLEAN ||
		    SHARED_GET(slot_at(g->row.slot)->state) == SLOT_FREE) {
			ledger_state(s, SEGMENT_SEALED); /* its worker is gone and was cleaned up */
		} else if (segment_word_generation(w) != g->row.generation) {
			segment_header(s, g->row.generation);
			segment_show(s, as_is);
		}
	}
}

/* ---- all together ---- */

static void recover_share(const struct store_opts *o, const struct shared_plan *plan,
                          uint32_t limit)
{
	struct shared_head *h = shared_head();

	h->segment_size = ledger_meta.segment_size;
	h->segment_count = limit;
	h->pools = limit < 256 ? 1 : 2;
	h->index_bytes = plan->index_bytes;
	h->max_object =
	    o->max_object != 0 ? o->max_object : (uint64_t)limit * ledger_meta.segment_size / 8;
	h->max_object = MIN(h->max_object, (uint64_t)limit * ledger_meta.segment_size / 4);
	memcpy(&h->secret, ledger_meta.secret, sizeof h->secret);
	memcpy(h->uuid, ledger_meta.uuid, sizeof h->uuid);
}

/* The last steps, in one transaction: this memory, this boot, not clean. */
static int recover_enter(const struct keep_opts *o, bool same_memory)
{
	struct shared_head *h = shared_head();
	int rc = index_begin();

	if (rc < 0)
		return rc;
	if (same_memory) {
		recover_compare();
		ledger_meta.epoch = MAX(ledger_meta.epoch, SHARED_GET(h->epoch));
	} else {
		recover_seal_open();
		ledger_meta.memfd_id = shm_id();
		memset(ledger_meta.ring_pos, 0, sizeof ledger_meta.ring_pos);
		ledger_meta.incarnation++;
		ledger_meta.epoch++;
	}
	ledger_meta.generation = MAX(ledger_meta.generation, SHARED_GET(h->generation));
	ledger_meta.clean = 0;
	memcpy(ledger_meta.boot_id, o->boot_id, sizeof ledger_meta.boot_id);
	rc = ledger_put();
	if (rc < 0) {
		index_abort();
		return rc;
	}
	rc = index_commit();
	if (rc < 0)
		return rc;
	ledger_committed();
	if (!same_memory) {
		ledger_show_all();
		SHARED_SET(h->bid, (uint64_t)ledger_meta.incarnation << 40);
	}
	SHARED_SET(h->generation, ledger_meta.generation);
	SHARED_SET(h->epoch, ledger_meta.epoch);
	SHARED_SET(h->durable_epoch, ledger_meta.durable_epoch);
	return 0;
}

static int recover_read(const struct keep_opts *o, const struct shared_plan *plan, bool *fresh)
{
	int rc = index_begin();

	if (rc < 0)
		return rc;
	ledger_fini();
	rc = ledger_load();
	*fresh = rc == ERR_NOTFOUND;
	if (*fresh)
		rc = recover_make(o, plan);
	else if (rc == 0)
		rc = recover_check_uuid(o->store);
	if (rc == 0 && (ledger_meta.segment_size < SEGMENT_PAGE * 16 ||
	                (ledger_meta.segment_size & (ledger_meta.segment_size - 1)) != 0))
		rc = ERR_BAD;
	index_abort();
	return rc;
}

static int recover_ledger(uint32_t rows)
{
	int rc = ledger_init(rows);

	if (rc == 0)
		rc = index_begin();
	if (rc < 0)
		return rc;
	rc = ledger_load();
	index_abort();
	return rc;
}

static int recover_repair(const struct keep_opts *o, bool same_memory, uint32_t limit)
{
	bool same_boot = memcmp(ledger_meta.boot_id, o->boot_id, sizeof o->boot_id) == 0;
	int rc = 0;

	if (!same_memory && !same_boot && ledger_meta.clean == 0)
		rc = recover_drop_young();
	if (rc == 0 && !same_memory)
		rc = recover_shrink(limit);
	/* What an earlier shrinking unlinked may be back: no unlink is on the disk at once. */
	if (rc == 0 && !same_memory)
		recover_clear_folder(o->store, limit);
	if (rc == 0)
		rc = recover_check_files();
	return rc;
}

int recover_open(const struct keep_opts *o)
{
	struct shared_plan plan;
	uint64_t budget;
	uint32_t limit;
	bool fresh = false, same_memory;
	int rc = shared_plan(o->store, &plan);

	if (rc == 0 && mkdir(o->store->path, 0700) < 0 && errno != EEXIST)
		rc = err_of_errno(errno);
	if (rc == 0)
		rc = recover_folder(o->store, "d0");
	if (rc == 0)
		rc = index_open_keeper(recover_file(o->store, "index"), plan.index_bytes);
	if (rc == 0)
		rc = recover_read(o, &plan, &fresh);
	if (rc < 0)
		return rc;
	budget = (uint64_t)plan.segment_count * plan.segment_size;
	limit = (uint32_t)MIN(budget / ledger_meta.segment_size, (uint64_t)shared_capacity());
	if (limit < 2)
		return ERR_LIMIT;
	same_memory = !fresh && ledger_meta.memfd_id == shm_id();
	recover_share(o->store, &plan, limit);
	segment_use(o->store->path);
	evict_init(plan.index_bytes);
	if (fresh) {
		rc = ledger_init(limit);
		if (rc == 0)
			rc = recover_write_uuid(o->store);
		if (rc == 0) {
			recover_clear_folder(o->store, limit);
			recover_adopt_words();
		}
	} else {
		/* Room for rows of a larger cache, until they are dropped. */
		rc = recover_ledger(MAX(limit, MIN(ledger_meta.segments_made, shared_capacity())));
		if (rc == 0)
			rc = recover_repair(o, same_memory, limit);
		if (rc == 0 && ledger_limit != limit)
			rc = recover_ledger(limit);
	}
	return rc < 0 ? rc : recover_enter(o, same_memory);
}

int recover_set_aside(const struct store_opts *o)
{
	char to[4300];

	snprintf(to, sizeof to, "%s/index.bad", o->path);
	/* Only the last damaged one is kept, for looking at: its room counts. */
	recover_file(o, "index.bad/data.mdb");
	unlink(recover_path);
	unlink(recover_file(o, "index.bad/lock.mdb"));
	unlink(recover_file(o, "index.bad/open.lock"));
	rmdir(to);
	if (rename(recover_file(o, "index"), to) < 0 && errno != ENOENT)
		return err_of_errno(errno);
	/* Its blocks are needed for the next one: what is left tells the size and the date. */
	if (truncate(recover_file(o, "index.bad/data.mdb"), RECOVER_KEPT) < 0 && errno != ENOENT)
		return err_of_errno(errno);
	return 0;
}
