/*
 * Power loss under LMDB:  lmdb_power [--nosync] [--seed N] [IMAGES]
 *
 * The calls with which LMDB writes and syncs its file are intercepted here and logged. Then
 * the power fails at IMAGES random places of the log: what was synced before is on the disk,
 * of the rest each sector is or is not. From each such image LMDB must open, hold every
 * acknowledged transaction and no half one, take new ones, and still be whole.
 * With --nosync the store's rule (full sync) is broken on purpose, and the test fails unless
 * it finds images that are bad: proof that it can.
 *
 * Build: cc -std=gnu11 -D_GNU_SOURCE lmdb_power.c -o lmdb_power -llmdb -ldl
 */
#undef _FILE_OFFSET_BITS /* it would make pwrite another name of pwrite64: both are below */

#include "lmdb_fault.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/uio.h>

#define TRANSACTIONS 250
#define SYNC_EVERY 20 /* with --nosync: transactions between two syncs */
#define SECTOR 512    /* the disk writes a sector wholly or not at all */
#define IMAGE_MAX (16 << 20)
#define VERIFY_SECONDS 5 /* a bad image may send LMDB in circles */

enum event_kind { WRITE, SYNC, ACKNOWLEDGED };

struct event {
	enum event_kind kind;
	bool durable; /* WRITE through a descriptor with O_DSYNC */
	off_t offset;
	size_t length;
	char *bytes;
	uint64_t txn; /* ACKNOWLEDGED */
};

struct image {
	char *bytes; /* IMAGE_MAX */
	size_t size;
};

/* What the child that looks at an image found; lies in shared memory. */
struct finding {
	char bad[80];
	bool lost; /* an acknowledged transaction is not there */
};

static struct event *events;
static size_t event_count, event_room;
static bool logging;
static char scratch[4000], scratch_image[4100];
static ino_t logged_inode;
static off_t logged_offset; /* file offset of the last lseek(), for writev() */

static _Noreturn void fail(const char *what)
{
	printf("FAIL lmdb_power: %s\n", what);
	exit(1);
}

static struct event *event_add(enum event_kind kind)
{
	if (event_count == event_room) {
		event_room = event_room ? event_room * 2 : 4096;
		events = realloc(events, event_room * sizeof *events);
		if (events == NULL)
			fail("out of memory");
	}
	events[event_count] = (struct event){.kind = kind};
	return &events[event_count++];
}

static bool logged(int fd)
{
	struct stat st;

	return logging && fstat(fd, &st) == 0 && st.st_ino == logged_inode;
}

static void log_write(int fd, const void *bytes, size_t length, off_t offset)
{
	struct event *event = event_add(WRITE);

	event->durable = (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
	event->offset = offset;
	event->length = length;
	event->bytes = malloc(length);
	if (event->bytes == NULL || offset + length > IMAGE_MAX)
		fail("the file grows past what an image holds");
	memcpy(event->bytes, bytes, length);
}

static off_t log_vector(int fd, const struct iovec *vector, int count, off_t offset)
{
	for (int i = 0; i < count; i++) {
		log_write(fd, vector[i].iov_base, vector[i].iov_len, offset);
		offset += vector[i].iov_len;
	}
	return offset;
}

/* The intercepted calls. The library finds them here before it finds those of libc. */

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);

	if (real == NULL)
		real = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
	if (logged(fd))
		log_write(fd, bytes, length, offset);
	return real(fd, bytes, length, offset);
}

ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t offset)
{
	static ssize_t (*real)(int, const struct iovec *, int, off_t);

	if (real == NULL)
		real =
		    (ssize_t(*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "pwritev");
	if (logged(fd))
		log_vector(fd, vector, count, offset);
	return real(fd, vector, count, offset);
}

off_t lseek(int fd, off_t offset, int whence)
{
	static off_t (*real)(int, off_t, int);
	off_t now;

	if (real == NULL)
		real = (off_t(*)(int, off_t, int))dlsym(RTLD_NEXT, "lseek");
	now = real(fd, offset, whence);
	if (logged(fd))
		logged_offset = now;
	return now;
}

ssize_t writev(int fd, const struct iovec *vector, int count)
{
	static ssize_t (*real)(int, const struct iovec *, int);

	if (real == NULL)
		real = (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
	if (logged(fd))
		logged_offset = log_vector(fd, vector, count, logged_offset);
	return real(fd, vector, count);
}

/* Nothing is synced in truth: the disk is the log. */
int fdatasync(int fd)
{
	if (logged(fd))
		event_add(SYNC);
	return 0;
}

int fsync(int fd)
{
	return fdatasync(fd);
}

ssize_t pwrite64(int, const void *, size_t, off64_t) __attribute__((alias("pwrite")));
ssize_t pwritev64(int, const struct iovec *, int, off64_t) __attribute__((alias("pwritev")));
off64_t lseek64(int, off64_t, int) __attribute__((alias("lseek")));

/* Images. */

static struct image image_new(void)
{
	struct image image = {calloc(1, IMAGE_MAX), 0};

	if (image.bytes == NULL)
		fail("out of memory");
	return image;
}

/* Puts on the image what of this write reached the disk: all, or each sector by chance. */
static void image_apply(struct image *image, const struct event *event, double chance)
{
	size_t done = 0;

	while (done < event->length) {
		size_t at = event->offset + done;
		size_t piece = SECTOR - at % SECTOR;

		if (piece > event->length - done)
			piece = event->length - done;
		if ((fault_random() >> 11) * 0x1p-53 < chance) {
			memcpy(image->bytes + at, event->bytes + done, piece);
			if (at + piece > image->size)
				image->size = at + piece;
		}
		done += piece;
	}
}

/* The file as LMDB has it open now: through its own descriptor, a close would drop locks. */
static void image_read(struct image *image, MDB_env *env)
{
	struct stat st;
	int fd;

	if (mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &st) != 0 || st.st_size > IMAGE_MAX ||
	    pread(fd, image->bytes, st.st_size, 0) != st.st_size)
		fail("the database cannot be read");
	image->size = st.st_size;
	logged_inode = st.st_ino;
}

static void image_store(const struct image *image, const char *dir)
{
	char path[4200];
	int fd;

	fault_sweep(dir);
	mkdir(dir, 0700);
	snprintf(path, sizeof path, "%s/data.mdb", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (fd < 0 || write(fd, image->bytes, image->size) != (ssize_t)image->size)
		fail("an image cannot be written");
	close(fd);
}

/*
 * Runs the transactions and fills the log; `start` gets the file before the first of them.
 * The whole log replayed must give the file that LMDB left: else calls were missed, and all
 * that follows would prove nothing.
 */
static void record(const char *dir, bool nosync, struct image *start)
{
	MDB_env *env;
	MDB_dbi table;
	struct image replayed = image_new(), end = image_new();
	uint64_t txn;

	if (fault_open(dir, nosync ? MDB_NOSYNC : 0, &env, &table) != 0)
		fail("LMDB does not open");
	image_read(start, env);
	logging = true;
	for (int i = 1; i <= TRANSACTIONS; i++) {
		if (fault_write(env, table, 25, &txn) != 0)
			fail("a transaction failed");
		if (nosync && i % SYNC_EVERY == 0 && mdb_env_sync(env, 1) != 0)
			fail("a sync failed");
		event_add(ACKNOWLEDGED)->txn = txn;
	}
	logging = false;
	image_read(&end, env);
	mdb_env_close(env);

	memcpy(replayed.bytes, start->bytes, start->size);
	replayed.size = start->size;
	for (size_t i = 0; i < event_count; i++)
		if (events[i].kind == WRITE)
			image_apply(&replayed, &events[i], 1.0);
	if (replayed.size != end.size || memcmp(replayed.bytes, end.bytes, end.size) != 0)
		fail("the log does not give the file: LMDB wrote by a call that is not watched");
	free(replayed.bytes);
	free(end.bytes);
}

/* What is wrong with the image in this folder, or NULL. Runs in a child: it may crash. */
static const char *inspect(const char *dir, uint64_t acknowledged, struct finding *finding)
{
	MDB_env *env;
	MDB_dbi table;
	struct fault_head head;
	const char *bad;
	uint64_t txn;

	if (fault_open(dir, 0, &env, &table) != 0)
		return "LMDB does not open";
	bad = fault_scan(env, table, &head);
	finding->lost = head.txn < acknowledged;
	if (bad != NULL)
		return bad;
	if (head.txn > acknowledged + 1)
		return "a transaction that never was";
	/* A free list that names pages in use shows only when they are written again. */
	for (int i = 0; i < 10; i++)
		if (fault_write(env, table, 30, &txn) != 0)
			return "a new transaction failed";
	bad = fault_scan(env, table, &head);
	return bad == NULL ? NULL : "whole at first, damaged by new transactions";
}

static void verify(const char *dir, uint64_t acknowledged, struct finding *finding)
{
	int status;
	pid_t child;

	memset(finding, 0, sizeof *finding);
	child = fork();
	if (child < 0)
		fail("no fork");
	if (child == 0) {
		const char *bad;

		/* An assert inside LMDB is a finding, not something to read. */
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		alarm(VERIFY_SECONDS);
		bad = inspect(dir, acknowledged, finding);
		if (bad != NULL)
			snprintf(finding->bad, sizeof finding->bad, "%s", bad);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child)
		fail("no status of a child");
	if (WIFSIGNALED(status))
		snprintf(finding->bad, sizeof finding->bad, "killed by signal %d: %s",
		         WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		snprintf(finding->bad, sizeof finding->bad, "exit %d", WEXITSTATUS(status));
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Places in the log where the power fails, rising. Event `place` itself is then under way. */
static size_t *places_new(int images)
{
	size_t *places = calloc(images, sizeof *places);

	if (places == NULL)
		fail("out of memory");
	for (int i = 0; i < images; i++)
		places[i] = fault_random() % event_count;
	qsort(places, images, sizeof *places, by_size);
	return places;
}

struct tally {
	int bad, lost;
	char example[160];
};

static void tally_add(struct tally *tally, const struct finding *finding, size_t place)
{
	bool bad = finding->bad[0] != '\0';

	tally->lost += finding->lost;
	tally->bad += bad;
	if ((bad || finding->lost) && tally->example[0] == '\0')
		snprintf(tally->example, sizeof tally->example, "at event %zu of %zu: %s", place,
		         event_count, bad ? finding->bad : "an acknowledged transaction is lost");
}

/* Fails the power at each place and counts what was found. `disk` is what is synced so far. */
static struct tally replay(const char *dir, struct image *disk, int images)
{
	struct tally tally = {0};
	struct image image = image_new();
	size_t *places = places_new(images), synced = 0, seen = 0;
	uint64_t acknowledged = 0;
	struct finding *finding =
	    mmap(NULL, sizeof *finding, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (finding == MAP_FAILED)
		fail("no shared memory");
	for (int i = 0; i < images; i++) {
		double chance = (fault_random() >> 11) * 0x1p-53;

		for (; seen < places[i]; seen++) {
			if (events[seen].kind == ACKNOWLEDGED)
				acknowledged = events[seen].txn;
			if (events[seen].kind != SYNC)
				continue;
			for (; synced < seen; synced++)
				if (events[synced].kind == WRITE)
					image_apply(disk, &events[synced], 1.0);
		}
		memcpy(image.bytes, disk->bytes, IMAGE_MAX);
		image.size = disk->size;
		for (size_t e = synced; e <= places[i]; e++)
			if (events[e].kind == WRITE)
				image_apply(&image, &events[e],
				            events[e].durable && e < places[i] ? 1.0 : chance);
		image_store(&image, dir);
		verify(dir, acknowledged, finding);
		tally_add(&tally, finding, places[i]);
	}
	free(places);
	free(image.bytes);
	munmap(finding, sizeof *finding);
	return tally;
}

static int verdict(const struct tally *tally, bool nosync, int images, uint64_t seed)
{
	bool pass = nosync ? tally->bad > 0 && tally->lost > 0 : tally->bad + tally->lost == 0;

	printf("%s lmdb_power%s: %d images, %d bad, %d lost an acknowledged transaction%s",
	       pass ? "PASS" : "FAIL", nosync ? " --nosync" : "", images, tally->bad, tally->lost,
	       !nosync ? ""
	       : pass  ? " (as it must be)"
	               : " (none found: the test does not bite)");
	if (!pass && tally->example[0] != '\0')
		printf("; %s", tally->example);
	printf("; seed %llu\n", (unsigned long long)seed);
	return pass ? 0 : 1;
}

/* The children leave by _exit(), so this runs once. */
static void sweep(void)
{
	fault_sweep(scratch_image);
	fault_sweep(scratch);
}

int main(int argc, char **argv)
{
	bool nosync = false;
	uint64_t seed = getpid();
	int images = 300;
	struct image disk = image_new();
	struct tally tally;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--nosync") == 0)
			nosync = true;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else
			images = atoi(argv[i]);
	}
	if (images < 1)
		fail("usage: lmdb_power [--nosync] [--seed N] [IMAGES]");
	fault_seed(seed);
	if (fault_scratch(scratch, sizeof scratch) == NULL)
		fail("no scratch folder");
	snprintf(scratch_image, sizeof scratch_image, "%s/image", scratch);
	atexit(sweep);
	record(scratch, nosync, &disk);
	tally = replay(scratch_image, &disk, images);
	free(disk.bytes);
	return verdict(&tally, nosync, images, seed);
}
