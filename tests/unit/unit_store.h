/* unit_store.h - a small world for tests of the store: this process is the master, keepers and
 * workers are forked children that do what a test tells them; folder, shared memory and eventfds as
 * in production. Bounded: every wait has an end. No port is opened. */
#ifndef TESTS_UNIT_STORE_H
#define TESTS_UNIT_STORE_H

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include "unit.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/err.h"
#include "base/shm.h"
#include "base/slot.h"
#include "base/wake.h"
#include "net/loop.h"
#include "store/entry.h"
#include "store/flight.h"
#include "store/flight_table.h"
#include "store/keep.h"
#include "store/segment.h"

/* What test, keeper and workers tell one another. */
struct world {
	atomic_int ready;   /* keeper: keep_init's result + 1 */
	atomic_int account; /* 1: asked, 2: answered */
	int account_rc;
	char account_why[256];
	atomic_int step, newest; /* of a test */
	atomic_ullong good, bad, missing, put;
	char note[256];
};
static struct world *world;
static struct store_opts world_opts;
static char world_dir[128];
static uint8_t world_boot[16] = "boot one";
static int64_t world_epoch_ms = 200;
static pid_t world_keeper;

static inline void world_sleep(int ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static inline void world_memory(void)
{
	int fd;

	shm_forget();
	slot_declare();
	shm_declare("count", count_region_size(SLOT_MAX));
	store_declare(&world_opts);
	fd = shm_create();
	AN(fd >= 0);
	world->ready = 0;
}

static inline void world_begin(uint64_t size)
{
	static bool woken;

	if (!woken)
		AZ(wake_create());
	woken = true;
	/* In memory where that is possible: a disk that others keep busy makes each commit slow. */
	strcpy(world_dir, "/dev/shm/weir-store-XXXXXX");
	if (mkdtemp(world_dir) == NULL) {
		strcpy(world_dir, "/tmp/weir-store-XXXXXX");
		AN(mkdtemp(world_dir));
	}
	world =
	    mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	AN(world != MAP_FAILED);
	world_opts = (struct store_opts){.path = world_dir, .size = size};
	memset(world_boot, 1, sizeof world_boot);
	world_memory();
}

static inline void world_end(void)
{
	char cmd[200];

	snprintf(cmd, sizeof cmd, "rm -rf '%s'", world_dir);
	AZ(system(cmd));
	munmap(world, sizeof *world);
	shm_forget();
}

/* ---- the keeper ---- */

static volatile sig_atomic_t world_term;
static inline void world_on_term(int sig)
{
	(void)sig;
	world_term = 1;
}

static inline void world_answer_account(void)
{
	if (world->account != 1)
		return;
	world->account_rc = keep_account(world->account_why, sizeof world->account_why);
	world->account = 2;
}

static inline void world_keep(void)
{
	struct keep_opts o = {.store = &world_opts, .epoch_ms = world_epoch_ms};
	int wait, rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	slot_use(SLOT_KEEPER);
	count_use(shm_region("count"), SLOT_MAX, SLOT_KEEPER);
	signal(SIGTERM, world_on_term);
	clock_update();
	AZ(job_init(1));
	memcpy(o.boot_id, world_boot, sizeof world_boot);
	o.now_ms = clock_ms();
	rc = keep_init(&o);
	world->ready = rc + 1;
	while (rc == 0 && !world_term) {
		struct pollfd p[2] = {{keep_fd(), POLLIN, 0}, {job_fd(), POLLIN, 0}};

		clock_update();
		wait = keep_tick(clock_ms());
		AN(wait >= 0);
		if (wait == 0)
			continue;
		world_answer_account();
		poll(p, 2, wait > 5 ? 5 : wait);
		keep_on_wake();
		job_finish();
	}
	if (rc == 0)
		keep_stop();
	job_stop();
	_exit(rc == 0 ? 0 : 3);
}

static inline void world_keeper_start(void)
{
	world->ready = 0;
	world_keeper = fork();
	if (world_keeper == 0)
		world_keep();
	for (int i = 0; i < 2000 && world->ready == 0; i++)
		world_sleep(5);
}

static inline int world_reap(pid_t pid)
{
	int status = -1;

	for (int i = 0; i < 6000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		world_sleep(5);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1; /* hung */
}

static inline int world_keeper_stop(int sig)
{
	kill(world_keeper, sig);
	return world_reap(world_keeper);
}

/* ---- workers ---- */

static inline void world_on_wake(struct loop_watch *w, unsigned events)
{
	(void)w;
	(void)events;
	wake_drain(slot_mine());
	store_on_wake();
}
static inline void world_on_job(struct loop_watch *w, unsigned events)
{
	(void)w;
	(void)events;
	job_finish();
}
static int64_t world_ticked;
static inline void world_turn(int ms)
{
	loop_turn(ms);
	slot_beat();
	if (clock_ms() - world_ticked >= 1000) {
		world_ticked = clock_ms();
		store_tick();
	}
}

static inline bool world_has_spare(int slot)
{
	for (uint32_t s = 0; s < shared_head()->segment_count; s++)
		if (segment_word_state(segment_load(s)) == SEGMENT_SPARE &&
		    segment_word_slot(segment_load(s)) == slot)
			return true;
	return false;
}

static struct loop_watch world_wake_watch, world_job_watch;
static inline void world_work(int slot)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	slot_use(slot);
	count_use(shm_region("count"), SLOT_MAX, slot);
	signal(SIGPIPE, SIG_IGN);
	AZ(loop_init());
	AZ(job_init(2));
	wake_drain(slot);
	AZ(store_attach(&world_opts));
	AZ(loop_add_level(&world_wake_watch, wake_fd(slot), LOOP_READ, world_on_wake));
	AZ(loop_add_level(&world_job_watch, job_fd(), LOOP_READ, world_on_job));
	loop_on_turn_end(store_turn_end, NULL);
	for (int i = 0; i < 1000 && !(store_ready() && world_has_spare(slot)); i++)
		world_turn(5);
}

/* A worker in this slot that runs fn(arg) and ends. */
static inline pid_t world_worker(int slot, void (*fn)(int arg), int arg)
{
	pid_t pid;

	__atomic_add_fetch(&slot_at(slot)->generation, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slot_at(slot)->state, SLOT_LIVE, __ATOMIC_SEQ_CST);
	pid = fork();
	if (pid == 0) {
		world_work(slot);
		fn(arg);
		store_turn_end(NULL);
		store_detach();
		job_stop();
		_exit(0);
	}
	return pid;
}

/* As the master does: reaped, then dead; the keeper makes it clean. */
static inline int world_worker_end(int slot, pid_t pid)
{
	int status = world_reap(pid);

	__atomic_store_n(&slot_at(slot)->state, SLOT_DEAD, __ATOMIC_SEQ_CST);
	wake_send(SLOT_KEEPER);
	for (int i = 0; i < 2000 && slot_at(slot)->state == SLOT_DEAD; i++)
		world_sleep(5);
	if (slot_at(slot)->state != SLOT_CLEAN)
		return -2;
	return status;
}

static inline int world_run(int slot, void (*fn)(int arg), int arg)
{
	return world_worker_end(slot, world_worker(slot, fn, arg));
}

/* Everything adds up, as the running keeper sees it. */
static inline int world_account(void)
{
	world->account = 1;
	wake_send(SLOT_KEEPER);
	for (int i = 0; i < 2000 && world->account != 2; i++)
		world_sleep(5);
	if (world->account != 2)
		return -1;
	if (world->account_rc != 0)
		printf("account: %s\n", world->account_why);
	return world->account_rc;
}

/* ---- objects whose bytes tell themselves ---- */

static inline uint64_t world_mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	return x ^ x >> 33;
}
static inline void world_bytes(uint64_t seed, uint64_t at, char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint64_t word = world_mix(seed * 1000003 + (at + i) / 8);

		if ((at + i) % 8 == 0 && n - i >= 8) {
			memcpy(p + i, &word, 8);
			i += 8;
		} else {
			p[i] = (char)(word >> 8 * ((at + i) % 8));
			i++;
		}
	}
}
static inline bool world_right(uint64_t seed, uint64_t at, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint64_t word = world_mix(seed * 1000003 + (at + i) / 8);

		if ((at + i) % 8 == 0 && n - i >= 8) {
			if (memcmp(p + i, &word, 8) != 0)
				return false;
			i += 8;
		} else if (p[i] != (char)(word >> 8 * ((at + i) % 8))) {
			return false;
		} else {
			i++;
		}
	}
	return true;
}

static char world_name[256];
static inline void world_key(int n, struct store_key *key)
{
	snprintf(world_name, sizeof world_name, "1 GET http example.org:80 /object/%d", n);
	store_key_make(str_of(world_name), key);
}

static int world_woken;
static inline void world_waited(struct store_wait *w)
{
	(void)w;
	world_woken++;
}

/* Stores object n with this seed. `pace`: bytes of one store_write; known: the length is announced.
 * 0 or an error; ERR_EXISTS: somebody else has it. */
static inline int world_put(int n, uint64_t seed, uint64_t len, bool known, size_t pace)
{
	static struct flight_ref f;
	static struct store_wait wait;
	static char piece[1 << 20];
	struct store_key key;
	struct store_writer *w;
	struct store_new made = {.meta = {.status = 200, .request_time = (int64_t)seed},
	                         .head = STR_INIT("\x01\x01\x00x"),
	                         .body_len = known ? len : STORE_UNKNOWN};
	enum flight_role role;
	const char *why;
	int rc = 0;

	world_key(n, &key);
	wait.wake = world_waited;
	f.on_change = NULL;
	do /* AGAIN: something was committed in this turn */
		role = flight_join(&key, NULL, NULL, store_commits(), true, &f);
	while (role == FLIGHT_AGAIN);
	if (role != FLIGHT_OWNER) {
		flight_leave(&f);
		return role == FLIGHT_FULL ? ERR_FULL : ERR_EXISTS;
	}
	w = store_write_open(&f, &key, &made, &why);
	if (w == NULL) {
		snprintf(world->note, sizeof world->note, "%s", why);
		flight_leave(&f);
		return ERR_FULL;
	}
	for (uint64_t at = 0; at < len && rc == 0;) {
		size_t step = (size_t)MIN(MIN((uint64_t)pace, len - at), (uint64_t)sizeof piece);

		world_bytes(seed, at, piece, step);
		while ((rc = store_write(w, piece, step, &wait)) == ERR_AGAIN) {
			int before = world_woken;

			for (int i = 0; i < 3000 && world_woken == before; i++)
				world_turn(5);
		}
		at += step;
	}
	if (rc == 0)
		rc = store_write_finish(w);
	else
		store_write_abort(w, rc, "test");
	flight_leave(&f);
	return rc;
}

/* Reads all of an open body; 0 when every byte is right. */
static inline int world_read(struct store_body *b, uint64_t seed, uint64_t len, bool lend)
{
	static char copy[300000];
	struct iovec v[4];
	bool this_turn;
	uint64_t at = 0;
	ssize_t n = 0;

	b->wait.wake = world_waited;
	while (at <= len) {
		n = lend ? store_body_lend(b, at, sizeof copy, v, 4, &this_turn)
		         : store_body_read(b, at, copy, sizeof copy);
		if (n == ERR_AGAIN) {
			int before = world_woken;

			for (int i = 0; i < 1000 && world_woken == before; i++)
				world_turn(5);
			if (world_woken == before)
				return ERR_TIMEOUT;
			continue;
		}
		if (n <= 0)
			break;
		for (ssize_t i = 0, left = n; lend && left > 0; left -= (ssize_t)v[i++].iov_len)
			if (!world_right(seed, at + (uint64_t)(n - left), v[i].iov_base,
			                 v[i].iov_len))
				return ERR_BAD;
		if (!lend && !world_right(seed, at, copy, (size_t)n))
			return ERR_BAD;
		at += (uint64_t)n;
		store_body_passed(b, at);
	}
	return n < 0 ? (int)n : at == len ? 0 : ERR_BAD;
}

/* Looks object n up and reads it. 0, ERR_NOTFOUND, or what is wrong. *seed: which one it was. */
static inline int world_get(int n, uint64_t *seed, bool lend)
{
	static struct store_wait wait;
	struct store_body b;
	struct store_entry e;
	struct store_key key;
	struct arena a;
	int rc;

	world_key(n, &key);
	arena_init(&a, 0);
	wait.wake = world_waited;
	for (int tries = 0; tries < 20; tries++) {
		int before = world_woken;
		enum store_answer answer = store_lookup(&key, NULL, NULL, &wait, &e);

		if (answer == STORE_PENDING) {
			for (int i = 0; i < 1000 && world_woken == before; i++)
				world_turn(5);
			continue;
		}
		if (answer != STORE_HIT) {
			world_turn(0);
			return ERR_NOTFOUND;
		}
		store_touch(&e);
		if (seed != NULL)
			*seed = (uint64_t)e.meta.request_time;
		AZ(store_entry_keep(&e, &a));
		rc = store_body_open(&b, &e);
		if (rc == 0) {
			rc = world_read(&b, (uint64_t)e.meta.request_time, e.body_len, lend);
			store_body_close(&b);
		}
		arena_reset(&a);
		world_turn(0);
		if (rc != ERR_GONE)
			return rc;
	}
	return ERR_TIMEOUT;
}

/* Waits until the keeper has committed what this worker sent. */
static inline void world_committed(void)
{
	for (int i = 0; i < 1000 && !ring_empty(shared_ring(slot_mine())); i++)
		world_turn(5);
	world_turn(0);
}

/* ---- a test's frame ---- */

#define MB (1ull << 20)

static inline void begin(uint64_t size)
{
	world_begin(size);
	world_keeper_start();
	CU_ASSERT_EQUAL(world->ready, 1);
}

static inline void end(void)
{
	CU_ASSERT_EQUAL(world_account(), 0);
	CU_ASSERT_EQUAL(world_keeper_stop(SIGTERM), 0);
	CU_ASSERT_EQUAL(world->bad, 0);
	if (world->bad != 0)
		printf("note: %s\n", world->note);
	world_end();
}

static inline void wrong(const char *what, int n, int rc)
{
	world->bad++;
	snprintf(world->note, sizeof world->note, "%s %d: %s", what, n, err_text(rc));
}

/* ---- a mixture of objects ---- */

static inline uint64_t size_of(int n)
{
	uint64_t x = world_mix((uint64_t)n + 77), kind = x % 20;

	x >>= 8;
	if (kind < 8)
		return x % 2100;
	if (kind < 14)
		return 2000 + x % 15000;
	return kind < 19 ? 17000 + x % 300000 : 500000 + x % 3000000;
}

/* Stores `count` objects and reads old ones between; what is found must be right. */
static inline void churn(int base, int count)
{
	uint64_t seed;

	for (int i = 0; i < count; i++) {
		int n = base + i, rc = world_put(n, (uint64_t)n, size_of(n), i % 3 != 0, 70000);

		if (rc == 0)
			world->put++;
		else if (rc != ERR_FULL && rc != ERR_LIMIT) /* no spare; too large */
			wrong("put", n, rc);
		for (int j = 0; j < 3; j++) {
			int old =
			    base + (int)(world_mix((uint64_t)(i * 7 + j)) % (uint64_t)(i + 1));

			rc = world_get(old, &seed, j == 1);
			if (rc == 0 && seed == (uint64_t)old)
				world->good++;
			else if (rc == ERR_NOTFOUND)
				world->missing++;
			else
				wrong("get", old, rc);
		}
	}
	world_committed();
}

static inline void do_churn(int base)
{
	churn(base, 700);
}

#endif
