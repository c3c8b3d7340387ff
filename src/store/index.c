/* index.c - the tables of the store in LMDB.
 *
 * The only file that names LMDB. Full sync on every commit (never NOSYNC, never WRITEMAP, STORE 1
 * no. 7), no value above one overflow page, no DUPSORT, no nested transactions. The keeper has one
 * write transaction; a worker has up to four read transactions in a turn, since looking again must
 * see what was committed meanwhile while what was already read stays valid. */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "base/log.h"
#include "base/obj.h"
#include "base/slot.h"
#include "store/entry.h"
#include "store/index.h"

#define INDEX_READS 4

static MDB_env *index_env;
static MDB_dbi index_dbi[INDEX_TABLES];
static MDB_txn *index_txn; /* keeper: write transaction; worker: the newest that runs */
static MDB_cursor *index_cursor[INDEX_TABLES];
static MDB_txn *index_reads[INDEX_READS];
static int index_reads_running;
static bool index_keeper;

static const char *const index_names[INDEX_TABLES] = {"meta", "key", "qSs", "qSm", "qLs",
                                                      "qLm",  "ext", "seg", "host"};

static bool index_integer(enum index_table t)
{
	return (t >= INDEX_QUEUE && t < INDEX_QUEUE + 4) || t == INDEX_SEG || t == INDEX_HOST;
}

static int index_result(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return ERR_NOTFOUND;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
		return ERR_FULL;
	case ENOMEM:
		return ERR_NOMEM;
	case MDB_READERS_FULL:
	case EAGAIN:
		return ERR_LIMIT;
	case EIO:
	case ENOSPC:
	case EDQUOT:
		return ERR_IO;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOENT:
		return ERR_NOTFOUND;
	case MDB_PANIC:   /* a commit failed half-way: the environment is opened anew */
	case MDB_BAD_TXN: /* a call of this transaction failed before */
	case MDB_MAP_RESIZED:
	case MDB_BAD_RSLOT:
		return ERR_IO;
	default:
		return rc < 0 ? ERR_BAD : ERR_SYSTEM; /* MDB_CORRUPTED, MDB_INVALID ... */
	}
}

static MDB_val index_val(struct str s)
{
	return (MDB_val){s.n, (void *)(uintptr_t)s.p};
}
static struct str index_str(MDB_val v)
{
	return (struct str){v.mv_data, v.mv_size};
}

/* ---- life ---- */

static int index_open_tables(bool create)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(index_env, NULL, create ? 0 : MDB_RDONLY, &txn);

	if (rc != 0)
		return index_result(rc);
	for (int t = 0; t < INDEX_TABLES && rc == 0; t++)
		rc = mdb_dbi_open(txn, index_names[t],
		                  (create ? MDB_CREATE : 0u) |
		                      (index_integer((enum index_table)t) ? MDB_INTEGERKEY : 0u),
		                  &index_dbi[t]);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return index_result(rc);
	}
	return index_result(mdb_txn_commit(txn));
}

static int index_open_env(const char *dir, uint64_t map_bytes, bool keeper)
{
	char lock[4200];
	int fd, rc;

	/* Opens of several processes are serialised: LMDB has races there (heimdal #1090,
	 * ITS#10095). */
	snprintf(lock, sizeof lock, "%s/open.lock", dir);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_of_errno(errno);
	flock(fd, LOCK_EX);
	rc = mdb_env_create(&index_env);
	if (rc == 0) {
		mdb_env_set_maxdbs(index_env, INDEX_TABLES + 4);
		mdb_env_set_mapsize(index_env, map_bytes);
		mdb_env_set_maxreaders(index_env, SLOT_MAX * INDEX_READS + 64);
		rc = mdb_env_open(index_env, dir,
		                  (keeper ? 0u : MDB_RDONLY) | MDB_NOTLS | MDB_NORDAHEAD, 0600);
	}
	if (rc == 0) {
		rc = index_open_tables(keeper);
	} else {
		rc = index_result(rc);
	}
	if (rc < 0 && index_env != NULL)
		mdb_env_close(TAKE(index_env));
	flock(fd, LOCK_UN);
	close(fd);
	return rc;
}

/* The file takes the room of its whole map now, so that a full disk cannot break a commit later;
 * one that is longer than the map (a smaller size was configured) is cut to what is in use. */
static int index_preallocate(uint64_t map_bytes)
{
	struct stat st;
	int fd, rc;

	rc = mdb_env_get_fd(index_env, &fd);
	if (rc != 0)
		return index_result(rc);
	do
		rc = posix_fallocate(fd, 0, (off_t)map_bytes);
	while (rc == EINTR);
	if (rc != 0)
		return err_of_errno(rc);
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > map_bytes &&
	    ftruncate(fd, (off_t)map_bytes) < 0)
		return err_of_errno(errno);
	return 0;
}

int index_open_keeper(const char *dir, uint64_t map_bytes)
{
	MDB_envinfo info;
	int rc;

	AZ(index_env);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_of_errno(errno);
	rc = index_open_env(dir, map_bytes, true);
	if (rc < 0)
		return rc;
	index_keeper = true;
	mdb_env_info(index_env, &info);
	rc = index_preallocate(MAX(map_bytes, info.me_mapsize));
	if (rc < 0)
		index_close();
	return rc;
}

int index_open_worker(const char *dir, uint64_t map_bytes)
{
	int rc;

	AZ(index_env);
	rc = index_open_env(dir, map_bytes, false);
	for (int i = 0; i < INDEX_READS && rc == 0; i++) {
		rc = index_result(mdb_txn_begin(index_env, NULL, MDB_RDONLY, &index_reads[i]));
		if (rc == 0)
			mdb_txn_reset(index_reads[i]);
		else
			index_close();
	}
	return rc;
}

void index_close(void)
{
	if (index_env == NULL)
		return;
	if (index_keeper)
		index_abort();
	for (int i = 0; i < INDEX_READS; i++)
		if (index_reads[i] != NULL)
			mdb_txn_abort(TAKE(index_reads[i]));
	index_reads_running = 0;
	index_txn = NULL;
	mdb_env_close(TAKE(index_env));
	index_keeper = false;
}

bool index_is_open(void)
{
	return index_env != NULL;
}

/* ---- reading turns of a worker ---- */

static int index_renew(int n)
{
	int rc = index_result(mdb_txn_renew(index_reads[n]));

	if (rc == 0) {
		index_txn = index_reads[n];
		index_reads_running = n + 1;
	}
	return rc;
}

int index_read_begin(void)
{
	return index_reads_running > 0 ? 0 : index_renew(0);
}

int index_read_newer(void)
{
	return index_reads_running == INDEX_READS ? ERR_LIMIT : index_renew(index_reads_running);
}

void index_read_end(void)
{
	while (index_reads_running > 0)
		mdb_txn_reset(index_reads[--index_reads_running]);
	index_txn = NULL;
}

/* ---- the keeper's transaction ---- */

int index_begin(void)
{
	AZ(index_txn);
	return index_result(mdb_txn_begin(index_env, NULL, 0, &index_txn));
}

static void index_cursors_close(void)
{
	for (int t = 0; t < INDEX_TABLES; t++)
		if (index_cursor[t] != NULL)
			mdb_cursor_close(TAKE(index_cursor[t]));
}

int index_commit(void)
{
	AN(index_txn);
	index_cursors_close();
	return index_result(mdb_txn_commit(TAKE(index_txn)));
}

void index_abort(void)
{
	if (index_txn == NULL)
		return;
	index_cursors_close();
	mdb_txn_abort(TAKE(index_txn));
}

bool index_writing(void)
{
	return index_txn != NULL;
}

static int index_put_flags(enum index_table t, struct str key, struct str value, unsigned flags)
{
	MDB_val k = index_val(key), v = index_val(value);

	AN(value.n <= ENTRY_ROW_MAX);
	return index_result(mdb_put(index_txn, index_dbi[t], &k, &v, flags));
}

int index_put(enum index_table t, struct str key, struct str value)
{
	return index_put_flags(t, key, value, 0);
}

int index_del(enum index_table t, struct str key)
{
	MDB_val k = index_val(key);

	return index_result(mdb_del(index_txn, index_dbi[t], &k, NULL));
}

int index_get(enum index_table t, struct str key, struct str *value)
{
	MDB_val k = index_val(key), v;
	int rc = mdb_get(index_txn, index_dbi[t], &k, &v);

	if (rc == 0)
		*value = index_str(v);
	return index_result(rc);
}

static int index_move(enum index_table t, MDB_cursor_op op, struct str key, struct str *k,
                      struct str *v)
{
	MDB_val mk = index_val(key), mv = {0, NULL};
	int rc = 0;

	if (index_cursor[t] == NULL)
		rc = mdb_cursor_open(index_txn, index_dbi[t], &index_cursor[t]);
	if (rc == 0)
		rc = mdb_cursor_get(index_cursor[t], &mk, &mv, op);
	if (rc == 0) {
		*k = index_str(mk);
		*v = index_str(mv);
	}
	return index_result(rc);
}

int index_seek(enum index_table t, struct str key, struct str *k, struct str *v)
{
	return index_move(t, key.n == 0 ? MDB_FIRST : MDB_SET_RANGE, key, k, v);
}
int index_last(enum index_table t, struct str *k, struct str *v)
{
	return index_move(t, MDB_LAST, STR_NONE, k, v);
}
int index_next(enum index_table t, struct str *k, struct str *v)
{
	return index_move(t, MDB_NEXT, STR_NONE, k, v);
}
int index_prev(enum index_table t, struct str *k, struct str *v)
{
	return index_move(t, MDB_PREV, STR_NONE, k, v);
}

void index_walk_end(void)
{
	index_cursors_close();
}

/* ---- rows in pieces ---- */

uint64_t index_u64(struct str key)
{
	uint64_t v;

	AN(key.n == sizeof v);
	memcpy(&v, key.p, sizeof v);
	return v;
}

static struct str index_pos(const uint64_t *pos)
{
	return (struct str){(const char *)pos, sizeof *pos};
}

struct index_piece { /* big-endian, so that the pieces of a row lie side by side */
	uint8_t b[12];
};
static struct index_piece index_piece(uint64_t bid, uint32_t n)
{
	struct index_piece p;

	for (int i = 0; i < 8; i++)
		p.b[i] = (uint8_t)(bid >> (56 - 8 * i));
	for (int i = 0; i < 4; i++)
		p.b[8 + i] = (uint8_t)(n >> (24 - 8 * i));
	return p;
}
static struct str index_piece_key(const struct index_piece *p)
{
	return (struct str){(const char *)p->b, sizeof p->b};
}

int index_row_get(unsigned queue, uint64_t pos, struct arena *a, struct str *row)
{
	struct store_entry e;
	struct index_piece p;
	struct str piece;
	size_t whole, at;
	char *mem;
	int rc = index_get(INDEX_QUEUE + queue, index_pos(&pos), &piece);

	if (rc < 0)
		return rc;
	whole = entry_whole(piece);
	if (whole <= piece.n) { /* damaged ones too: the caller's decoder says so */
		*row = piece;
		return 0;
	}
	if (entry_peek(piece, &e) < 0)
		return ERR_NOTFOUND;
	mem = arena_alloc(a, whole);
	if (mem == NULL)
		return ERR_NOMEM;
	memcpy(mem, piece.p, piece.n);
	at = piece.n;
	for (uint32_t n = 1; at < whole; n++) {
		p = index_piece(e.bid, n);
		rc = index_get(INDEX_EXT, index_piece_key(&p), &piece);
		if (rc == 0 && (piece.n == 0 || piece.n > whole - at))
			rc = ERR_NOTFOUND;
		if (rc < 0)
			return rc;
		memcpy(mem + at, piece.p, piece.n);
		at += piece.n;
	}
	*row = (struct str){mem, whole};
	return 0;
}

static int index_pieces_del(uint64_t bid)
{
	int rc = 0;

	for (uint32_t n = 1; rc == 0; n++) {
		struct index_piece p = index_piece(bid, n);

		rc = index_del(INDEX_EXT, index_piece_key(&p));
	}
	return rc == ERR_NOTFOUND ? 0 : rc;
}

int index_row_put(unsigned queue, uint64_t pos, struct str row, uint64_t bid, bool append)
{
	size_t at = MIN(row.n, (size_t)ENTRY_ROW_MAX);
	int rc = index_put_flags(INDEX_QUEUE + queue, index_pos(&pos), str_slice(row, 0, at),
	                         append ? MDB_APPEND : 0);

	for (uint32_t n = 1; rc == 0 && at < row.n; n++) {
		struct index_piece p = index_piece(bid, n);
		size_t len = MIN(row.n - at, (size_t)ENTRY_ROW_MAX);

		rc = index_put(INDEX_EXT, index_piece_key(&p), str_slice(row, at, at + len));
		at += len;
	}
	return rc;
}

int index_row_del(unsigned queue, uint64_t pos)
{
	struct store_entry e;
	struct str piece;
	int rc = index_get(INDEX_QUEUE + queue, index_pos(&pos), &piece);

	if (rc == 0 && entry_whole(piece) > piece.n && entry_peek(piece, &e) == 0)
		rc = index_pieces_del(e.bid);
	return rc < 0 ? rc : index_del(INDEX_QUEUE + queue, index_pos(&pos));
}

/* ---- figures ---- */

/* Pages in LMDB's list of free ones (table 0, each value begins with a count). A write transaction
 * may not look there: a reading one of the keeper's own does, for a moment. */
static uint64_t index_listed_free(void)
{
	MDB_cursor *c;
	MDB_val k, v;
	uint64_t n = 0;
	size_t count, id;

	if (index_reads[0] == NULL) {
		if (mdb_txn_begin(index_env, NULL, MDB_RDONLY, &index_reads[0]) != 0)
			return 0;
	} else if (mdb_txn_renew(index_reads[0]) != 0) {
		return 0;
	}
	if (mdb_cursor_open(index_reads[0], 0, &c) == 0) {
		while (mdb_cursor_get(c, &k, &v, MDB_NEXT) == 0) {
			if (k.mv_size != sizeof id || v.mv_size < sizeof count)
				continue;
			memcpy(&id, k.mv_data, sizeof id);
			memcpy(&count, v.mv_data, sizeof count);
			if (id < mdb_txn_id(index_reads[0]))
				n += count;
		}
		mdb_cursor_close(c);
	}
	mdb_txn_reset(index_reads[0]);
	return n;
}

void index_pages(uint64_t *all, uint64_t *unused)
{
	MDB_envinfo info;

	mdb_env_info(index_env, &info);
	*all = info.me_mapsize / 4096;
	*unused =
	    index_listed_free() + (*all > info.me_last_pgno + 1 ? *all - info.me_last_pgno - 1 : 0);
}

uint64_t index_entries(enum index_table t)
{
	MDB_stat st;

	return mdb_stat(index_txn, index_dbi[t], &st) == 0 ? st.ms_entries : 0;
}

void index_reader_check(void)
{
	int dead = 0;

	if (mdb_reader_check(index_env, &dead) == 0 && dead > 0)
		log_debug("store: gave back %d reading transactions of dead processes", dead);
}
