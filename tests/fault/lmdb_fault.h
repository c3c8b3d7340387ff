/*
 * What lmdb_kill and lmdb_power share: one verdict line, random numbers that a seed repeats,
 * a scratch folder, and the test database: table "b", whose rows prove themselves.
 *
 * Each transaction writes a few rows that carry its number, and a head row that says which
 * transaction was the last, how many rows there are and how many of them are its own. So one
 * scan shows a torn row, a lost row and a transaction that was kept by halves.
 */
#ifndef LMDB_FAULT_H
#define LMDB_FAULT_H

#include <lmdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULT_ROW_MIN 64
#define FAULT_ROW_MAX 1200
#define FAULT_KEYS 1500 /* rows have the numbers 1 to FAULT_KEYS; number 0 is the head */

struct fault_row {
	uint64_t sum;    /* fault_sum() of all that follows */
	uint64_t number; /* same as the key */
	uint64_t txn;    /* the transaction that wrote it */
};

struct fault_head {
	uint64_t txn;  /* the last transaction */
	uint64_t rows; /* rows in the table, the head not counted */
	uint64_t own;  /* rows that carry this transaction's number */
};

static uint64_t fault_random_state = 1;

/* xorshift64; the state is never 0. */
static inline uint64_t fault_random(void)
{
	fault_random_state ^= fault_random_state << 13;
	fault_random_state ^= fault_random_state >> 7;
	fault_random_state ^= fault_random_state << 17;
	return fault_random_state;
}

static inline void fault_seed(uint64_t seed)
{
	fault_random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (int i = 0; i < 8; i++)
		fault_random();
}

/* Spreads neighbours over the whole tree: rows are put at random places. A bijection. */
static inline uint64_t fault_mix(uint64_t x)
{
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	return x ^ x >> 33;
}

/* FNV-1a; this is no place for the project's own digests, which are under test elsewhere. */
static inline uint64_t fault_sum(const void *bytes, size_t length)
{
	uint64_t sum = UINT64_C(1469598103934665603);

	for (const unsigned char *p = bytes; length > 0; length--)
		sum = (sum ^ *p++) * UINT64_C(1099511628211);
	return sum;
}

/* A new folder, in TMPDIR, else in memory: neither test is about the disk. NULL: none. */
static inline char *fault_scratch(char *path, size_t size)
{
	const char *roots[] = {getenv("TMPDIR"), "/dev/shm", "/tmp"};

	for (size_t i = 0; i < 3; i++) {
		if (roots[i] == NULL || roots[i][0] == '\0')
			continue;
		snprintf(path, size, "%s/weir-fault.XXXXXX", roots[i]);
		if (mkdtemp(path) != NULL)
			return path;
	}
	return NULL;
}

/* Removes what LMDB made in the folder, and the folder. */
static inline void fault_sweep(const char *dir)
{
	const char *names[] = {"data.mdb", "lock.mdb"};
	char path[4200];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* Opens the database and its table "b"; 0 or LMDB's error. */
static inline int fault_open(const char *dir, unsigned flags, MDB_env **env, MDB_dbi *table)
{
	MDB_txn *txn;
	int rc;

	if ((rc = mdb_env_create(env)) != 0 || (rc = mdb_env_set_mapsize(*env, 256 << 20)) != 0 ||
	    (rc = mdb_env_set_maxdbs(*env, 4)) != 0 ||
	    (rc = mdb_env_set_maxreaders(*env, 16)) != 0 ||
	    (rc = mdb_env_open(*env, dir, flags | MDB_NOTLS | MDB_NORDAHEAD, 0600)) != 0 ||
	    (rc = mdb_txn_begin(*env, NULL, 0, &txn)) != 0)
		return rc;
	if ((rc = mdb_dbi_open(txn, "b", MDB_CREATE, table)) != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

/* Why this row cannot have been written so, or NULL; then *row is its head. */
static inline const char *fault_row_bad(const MDB_val *key, const MDB_val *value,
                                        struct fault_row *row)
{
	uint64_t mixed;

	if (key->mv_size != sizeof mixed)
		return "a key of a wrong size";
	if (value->mv_size < FAULT_ROW_MIN || value->mv_size > FAULT_ROW_MAX)
		return "a row of a wrong size";
	memcpy(&mixed, key->mv_data, sizeof mixed);
	memcpy(row, value->mv_data, sizeof *row);
	if (row->sum !=
	    fault_sum((char *)value->mv_data + sizeof row->sum, value->mv_size - sizeof row->sum))
		return "a row with a wrong sum";
	return mixed == fault_mix(row->number) ? NULL : "a row under another's key";
}

static inline int fault_head_get(MDB_txn *txn, MDB_dbi table, struct fault_head *head)
{
	uint64_t zero = fault_mix(0);
	MDB_val key = {sizeof zero, &zero}, value;
	int rc = mdb_get(txn, table, &key, &value);

	memset(head, 0, sizeof *head);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && value.mv_size != sizeof *head)
		return MDB_CORRUPTED;
	if (rc == 0)
		memcpy(head, value.mv_data, sizeof *head);
	return rc;
}

/* Puts or replaces the row of this number; keeps the head's counts right. 0 or LMDB's error. */
static inline int fault_row_put(MDB_txn *txn, MDB_dbi table, uint64_t number,
                                struct fault_head *head)
{
	_Alignas(8) char bytes[FAULT_ROW_MAX];
	struct fault_row row = {0, number, head->txn}, old;
	uint64_t mixed = fault_mix(number);
	size_t size = FAULT_ROW_MIN + fault_random() % (FAULT_ROW_MAX - FAULT_ROW_MIN + 1);
	MDB_val key = {sizeof mixed, &mixed}, value;
	int rc = mdb_get(txn, table, &key, &value);

	if (rc == 0) {
		memcpy(&old, value.mv_data, sizeof old);
		head->own += old.txn != head->txn;
	} else if (rc == MDB_NOTFOUND) {
		head->rows++;
		head->own++;
	} else {
		return rc;
	}
	memset(bytes, (int)(fault_random() & 0xff), size);
	memcpy(bytes, &row, sizeof row);
	row.sum = fault_sum(bytes + sizeof row.sum, size - sizeof row.sum);
	memcpy(bytes, &row.sum, sizeof row.sum);
	value = (MDB_val){size, bytes};
	return mdb_put(txn, table, &key, &value, 0);
}

/* Deletes the row of this number, if there is one that this transaction did not write. */
static inline int fault_row_del(MDB_txn *txn, MDB_dbi table, uint64_t number,
                                struct fault_head *head)
{
	uint64_t mixed = fault_mix(number);
	struct fault_row old;
	MDB_val key = {sizeof mixed, &mixed}, value;
	int rc = mdb_get(txn, table, &key, &value);

	if (rc != 0)
		return rc == MDB_NOTFOUND ? 0 : rc;
	memcpy(&old, value.mv_data, sizeof old);
	if (old.txn == head->txn)
		return 0;
	head->rows--;
	return mdb_del(txn, table, &key, NULL);
}

/*
 * One transaction: `puts` rows put, half as many deleted, the head last. *number gets the
 * transaction's own number, before the commit. 0 or LMDB's error; then nothing was changed.
 */
static inline int fault_write(MDB_env *env, MDB_dbi table, int puts, uint64_t *number)
{
	struct fault_head head;
	uint64_t zero = fault_mix(0);
	MDB_val key = {sizeof zero, &zero}, value = {sizeof head, &head};
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	rc = fault_head_get(txn, table, &head);
	head.txn++;
	head.own = 0;
	*number = head.txn;
	for (int i = 0; i < puts && rc == 0; i++) {
		rc = fault_row_put(txn, table, 1 + fault_random() % FAULT_KEYS, &head);
		if (rc == 0 && i % 2 == 0)
			rc = fault_row_del(txn, table, 1 + fault_random() % FAULT_KEYS, &head);
	}
	if (rc == 0)
		rc = mdb_put(txn, table, &key, &value, 0);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* Walks all rows of an open transaction; the answer as of fault_scan(). */
static inline const char *fault_walk(MDB_txn *txn, MDB_dbi table, struct fault_head *head)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	struct fault_row row;
	uint64_t rows = 0, own = 0, zero = fault_mix(0);
	const char *bad = NULL;
	int rc = 0;

	if (fault_head_get(txn, table, head) != 0)
		return "the head cannot be read";
	if (mdb_cursor_open(txn, table, &cursor) != 0)
		return "no cursor";
	while (bad == NULL && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		if (key.mv_size == sizeof zero && memcmp(key.mv_data, &zero, sizeof zero) == 0)
			continue; /* the head itself */
		bad = fault_row_bad(&key, &value, &row);
		if (bad == NULL && row.txn > head->txn)
			bad = "a row newer than the last transaction";
		rows++;
		own += bad == NULL && row.txn == head->txn;
	}
	mdb_cursor_close(cursor);
	if (bad == NULL && rc != MDB_NOTFOUND)
		bad = "the scan breaks off";
	if (bad == NULL && (rows != head->rows || own != head->own))
		bad = "rows are missing or too many";
	return bad;
}

/* Reads everything. NULL and the head if all is whole, else what is wrong. */
static inline const char *fault_scan(MDB_env *env, MDB_dbi table, struct fault_head *head)
{
	MDB_txn *txn;
	const char *bad;

	memset(head, 0, sizeof *head);
	if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0)
		return "no read transaction";
	bad = fault_walk(txn, table, head);
	mdb_txn_abort(txn);
	return bad;
}

#endif
