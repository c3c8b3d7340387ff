/*
 * kill -9 under LMDB:  lmdb_kill [--seed N] [SECONDS]
 *
 * What the keeper's restart and the reaping of workers rest on. Writers and readers are killed
 * at random instants, many of them inside a transaction. A peer that lives on must then be
 * able to write at once; nothing acknowledged may be missing, nothing half done be there.
 * At the end one reader dies inside its transaction: the file must grow while its slot stands
 * (else the next line proves nothing), mdb_reader_check must clear it, the growth must end.
 *
 * Processes: this one forks, kills and reaps, and never opens LMDB, as the master does; the
 * peer; the victims. What they tell each other lies in shared memory, orders go through pipes.
 *
 * Build: cc -std=gnu11 -D_GNU_SOURCE lmdb_kill.c -o lmdb_kill -llmdb
 */
#include "lmdb_fault.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <time.h>

#define COMMIT_SECONDS_MAX 2.0 /* the peer's commit after a kill; measured: 12 ms at most */
#define ANSWER_MS 10000        /* the peer hangs: the dead one's lock was not given back */
#define SCAN_EVERY 8
#define GROWTH_ROUNDS 60

enum victim_kind { WRITER, READER, VICTIM_KINDS };

struct shared {
	atomic_ulong acknowledged; /* last transaction whose commit returned, anybody's */
	atomic_bool ready;         /* the victim has LMDB open */
	atomic_bool inside;        /* and is inside a transaction */
	int commits;               /* of the peer */
	int cleared;               /* reader slots that mdb_reader_check gave back */
	double slowest;            /* the peer's slowest commit, seconds */
	size_t pages_before, pages_pinned, pages_checked, pages_after;
	char bad[160]; /* why the peer or a victim gave up */
};

static struct shared *shared;
static char scratch[4000];
static pid_t master, peer_pid, victim_pid;
static int orders[2], answers[2];

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

/* For the parent: the children are ended by the pids that it knows. */
static _Noreturn void fail(const char *what)
{
	printf("FAIL lmdb_kill: %s\n", what);
	exit(1);
}

static void sweep(void)
{
	if (getpid() != master)
		return;
	if (peer_pid > 0)
		kill(peer_pid, SIGKILL);
	if (victim_pid > 0)
		kill(victim_pid, SIGKILL);
	if (peer_pid > 0)
		waitpid(peer_pid, NULL, 0);
	if (victim_pid > 0)
		waitpid(victim_pid, NULL, 0);
	fault_sweep(scratch);
}

/* For the children: leaves the reason for the parent to print. */
static _Noreturn void give_up(const char *what, int rc)
{
	snprintf(shared->bad, sizeof shared->bad, "%s%s%s", what, rc ? ": " : "",
	         rc ? mdb_strerror(rc) : "");
	_exit(1);
}

static void acknowledge(uint64_t txn)
{
	unsigned long known = atomic_load(&shared->acknowledged);

	while (known < txn && !atomic_compare_exchange_weak(&shared->acknowledged, &known, txn))
		;
}

static void open_or_give_up(MDB_env **env, MDB_dbi *table)
{
	int rc = fault_open(scratch, 0, env, table);

	if (rc != 0)
		give_up("LMDB does not open", rc);
}

/* The victims: both run until they are killed. */

static _Noreturn void run_writer(void)
{
	MDB_env *env;
	MDB_dbi table;
	uint64_t txn;
	int rc;

	open_or_give_up(&env, &table);
	atomic_store(&shared->ready, true);
	for (;;) {
		atomic_store(&shared->inside, true);
		rc = fault_write(env, table, 60, &txn);
		atomic_store(&shared->inside, false);
		if (rc != 0)
			give_up("a writer's transaction", rc);
		acknowledge(txn);
	}
}

static _Noreturn void run_reader(void)
{
	MDB_env *env;
	MDB_dbi table;
	struct fault_head head;
	const char *bad;
	unsigned long acknowledged;

	open_or_give_up(&env, &table);
	atomic_store(&shared->ready, true);
	for (;;) {
		acknowledged = atomic_load(&shared->acknowledged);
		atomic_store(&shared->inside, true);
		bad = fault_scan(env, table, &head);
		atomic_store(&shared->inside, false);
		if (bad != NULL)
			give_up(bad, 0);
		if (head.txn < acknowledged)
			give_up("a reader sees less than was acknowledged", 0);
	}
}

/* Dies inside its read transaction, by its own hand. */
static _Noreturn void run_pinning_reader(void)
{
	MDB_env *env;
	MDB_dbi table;
	MDB_txn *txn;
	int rc;

	open_or_give_up(&env, &table);
	if ((rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn)) != 0)
		give_up("a reader cannot begin", rc);
	kill(getpid(), SIGKILL);
	_exit(1);
}

/* The peer. Each order is one letter, the answer the same letter when it is done. */

static void peer_write(MDB_env *env, MDB_dbi table, int puts)
{
	uint64_t txn, known = atomic_load(&shared->acknowledged);
	double start = seconds_now(), took;
	int rc = fault_write(env, table, puts, &txn);

	took = seconds_now() - start;
	if (rc != 0)
		give_up("the peer's transaction", rc);
	if (txn <= known)
		give_up("an acknowledged transaction is lost", 0);
	acknowledge(txn);
	shared->commits++;
	if (took > shared->slowest)
		shared->slowest = took;
}

static void peer_scan(MDB_env *env, MDB_dbi table)
{
	struct fault_head head;
	const char *bad = fault_scan(env, table, &head);

	if (bad != NULL)
		give_up(bad, 0);
}

static void peer_check(MDB_env *env)
{
	int dead = 0, rc = mdb_reader_check(env, &dead);

	if (rc != 0)
		give_up("mdb_reader_check", rc);
	shared->cleared += dead;
}

static size_t peer_grow(MDB_env *env, MDB_dbi table, int rounds)
{
	MDB_envinfo info;

	for (int i = 0; i < rounds; i++)
		peer_write(env, table, 100);
	mdb_env_info(env, &info);
	return info.me_last_pgno + 1;
}

/* After the pinning reader died: growth, check, no growth. */
static void peer_measure_pin(MDB_env *env, MDB_dbi table)
{
	shared->pages_pinned = peer_grow(env, table, GROWTH_ROUNDS);
	shared->cleared = 0;
	peer_check(env);
	shared->pages_checked = peer_grow(env, table, 3);
	shared->pages_after = peer_grow(env, table, GROWTH_ROUNDS);
	peer_scan(env, table);
}

static _Noreturn void run_peer(void)
{
	MDB_env *env;
	MDB_dbi table;
	char order;

	close(orders[1]); /* so that the end of the parent ends the peer */
	open_or_give_up(&env, &table);
	while (read(orders[0], &order, 1) == 1) {
		if (order == 'w')
			peer_write(env, table, 20);
		else if (order == 's')
			peer_scan(env, table);
		else if (order == 'c')
			peer_check(env);
		else if (order == 'g')
			shared->pages_before = peer_grow(env, table, GROWTH_ROUNDS);
		else
			peer_measure_pin(env, table);
		if (write(answers[1], &order, 1) != 1)
			break;
	}
	_exit(0);
}

/* The parent. */

static void order_peer(char order)
{
	if (write(orders[1], &order, 1) != 1)
		fail(shared->bad[0] != '\0' ? shared->bad : "the peer is gone");
}

static void await_peer(void)
{
	struct pollfd fd = {answers[0], POLLIN, 0};
	char answer;

	if (poll(&fd, 1, ANSWER_MS) == 0)
		fail("the peer hangs after a kill");
	if (read(answers[0], &answer, 1) != 1)
		fail(shared->bad[0] != '\0' ? shared->bad : "the peer died");
}

static pid_t start(void (*run)(void))
{
	pid_t child;

	fault_random(); /* another stream for each child */
	child = fork();
	if (child < 0)
		fail("no fork");
	if (child == 0) {
		fault_seed(fault_random());
		if (run != run_peer) {
			close(orders[1]);
			close(answers[1]);
		}
		run();
	}
	return child;
}

static void await_ready(void)
{
	double until = seconds_now() + ANSWER_MS / 1000.0;

	while (!atomic_load(&shared->ready)) {
		if (shared->bad[0] != '\0')
			fail(shared->bad);
		if (seconds_now() > until)
			fail("a victim cannot open LMDB after a kill");
		usleep(100);
	}
}

/* One victim from birth to death. True: it was killed inside a transaction. */
static bool kill_one(enum victim_kind kind, bool contended)
{
	bool inside;
	int status;

	atomic_store(&shared->ready, false);
	atomic_store(&shared->inside, false);
	victim_pid = start(kind == WRITER ? run_writer : run_reader);
	await_ready();
	usleep(fault_random() % 3000);
	if (contended) /* the peer waits for the lock, or just got it, when its holder dies */
		order_peer('w');
	kill(victim_pid, SIGKILL);
	if (waitpid(victim_pid, &status, 0) != victim_pid)
		fail("a victim is lost");
	victim_pid = 0;
	if (shared->bad[0] != '\0' || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail(shared->bad[0] != '\0' ? shared->bad : "a victim died by itself");
	inside = atomic_load(&shared->inside);
	if (!contended)
		order_peer('w');
	await_peer();
	return inside;
}

static void kill_many(double until, int kills[VICTIM_KINDS], int inside[VICTIM_KINDS])
{
	for (int i = 0; seconds_now() < until; i++) {
		enum victim_kind kind = i % 3 == 2 ? READER : WRITER;

		inside[kind] += kill_one(kind, i % 2 == 0);
		kills[kind]++;
		if (kind == READER) {
			order_peer('c');
			await_peer();
		}
		if (i % SCAN_EVERY == 0) {
			order_peer('s');
			await_peer();
		}
	}
	order_peer('s');
	await_peer();
}

static void pin_pages(void)
{
	size_t pinned, after;
	int status;

	order_peer('g');
	await_peer();
	victim_pid = start(run_pinning_reader);
	waitpid(victim_pid, &status, 0);
	victim_pid = 0;
	if (!WIFSIGNALED(status))
		fail(shared->bad[0] != '\0' ? shared->bad : "the pinning reader did not die");
	order_peer('p');
	await_peer();
	pinned = shared->pages_pinned - shared->pages_before;
	after = shared->pages_after - shared->pages_checked;
	if (pinned < 1000)
		fail("the dead reader pinned nothing: the check after it proves nothing");
	if (shared->cleared != 1)
		fail("mdb_reader_check did not clear the dead reader");
	if (after > pinned / 10)
		fail("the file still grows after mdb_reader_check");
}

static void prepare(void)
{
	master = getpid();
	signal(SIGPIPE, SIG_IGN);
	shared =
	    mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(orders) != 0 || pipe(answers) != 0)
		fail("no shared memory or pipe");
	if (fault_scratch(scratch, sizeof scratch) == NULL)
		fail("no scratch folder");
	atexit(sweep);
	peer_pid = start(run_peer);
	close(orders[0]);
	close(answers[1]); /* the peer's death reads as end of file */
	order_peer('w');   /* the tables exist before the first victim comes */
	await_peer();
}

int main(int argc, char **argv)
{
	uint64_t seed = getpid();
	double seconds = 5;
	int kills[VICTIM_KINDS] = {0}, inside[VICTIM_KINDS] = {0};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else
			seconds = atof(argv[i]);
	}
	if (seconds <= 0)
		fail("usage: lmdb_kill [--seed N] [SECONDS]");
	fault_seed(seed);
	prepare();
	kill_many(seconds_now() + seconds * 0.8, kills, inside); /* the rest for the pin */
	pin_pages();
	if (inside[WRITER] == 0 || inside[READER] == 0)
		fail("nobody was killed inside a transaction: too short a run");
	if (shared->slowest > COMMIT_SECONDS_MAX)
		fail("the peer's commit after a kill took too long");
	printf("PASS lmdb_kill: %d writers killed (%d in a transaction), %d readers (%d), "
	       "%d commits beside them, the slowest %.1f ms; a dead reader pinned %zu pages, "
	       "after its check %zu; seed %llu\n",
	       kills[WRITER], inside[WRITER], kills[READER], inside[READER], shared->commits,
	       shared->slowest * 1e3, shared->pages_pinned - shared->pages_before,
	       shared->pages_after - shared->pages_checked, (unsigned long long)seed);
	return 0;
}
