/* segment.c - words and pins of segments, their files and maps.
 *
 * Files are opened and mapped at first use and kept, up to a limit; a segment that this process
 * pins is not closed. User space never loads from a map: a page that cannot be read would be SIGBUS
 * here, in one worker after the other; writev answers EFAULT instead. Used by the writing and the
 * reading side of workers, and by the keeper. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "store/segment.h"

#define SEGMENT_BLOCK 65536u    /* unit of the "seen" bits */
#define SEGMENT_FILES_MAX 16384 /* page tables: 2 MB for each GB that is touched */
#define SEGMENT_PATH 4200

struct segment_file {
	int fd; /* 0: closed */
	char *map;
	uint64_t *seen; /* bit: this process found the block in memory */
	bool listed;
};
static struct segment_file *segment_files; /* one for each segment */
static uint32_t *segment_opened;           /* ring of those that are open */
static uint32_t segment_open_count, segment_open_max, segment_hand;
static char segment_root[4096];

bool segment_pin(uint32_t segment, uint32_t generation)
{
	uint32_t *pin;

	/* Numbers come from rows: a damaged one is a miss. */
	if (segment >= shared_head()->segment_count)
		return false;
	pin = shared_pin(slot_mine(), segment);
	/* Pin, then word; pairs with the keeper: word CLOSED, then pins. Both seq_cst. */
	__atomic_fetch_add(pin, 1, __ATOMIC_SEQ_CST);
	if (segment_readable(segment_load(segment), generation) || mutant(SEGMENT_LIFE))
		return true;
	__atomic_fetch_sub(pin, 1, __ATOMIC_SEQ_CST);
	return false;
}

void segment_unpin(uint32_t segment)
{
	AN(__atomic_fetch_sub(shared_pin(slot_mine(), segment), 1, __ATOMIC_SEQ_CST) != 0);
}

bool segment_is_pinned(uint32_t segment)
{
	for (int slot = 0; slot < SLOT_WORKERS; slot++)
		if (SHARED_GET(*shared_pin(slot, segment)) != 0)
			return true;
	return false;
}

void segment_unpin_slot(int slot)
{
	/* Only what is not zero is written, so that no page of the sparse region is made. */
	for (uint32_t s = 0; s < shared_head()->segment_count; s++)
		if (SHARED_GET(*shared_pin(slot, s)) != 0)
			SHARED_SET(*shared_pin(slot, s), 0);
}

/* ---- files and maps ---- */

void segment_use(const char *path)
{
	struct rlimit limit;
	rlim_t max = SEGMENT_FILES_MAX;

	if (segment_files != NULL && strcmp(segment_root, path) == 0)
		return; /* another index over the same segments: open bodies stay */
	segment_close_all();
	snprintf(segment_root, sizeof segment_root, "%s", path);
	/* At most a quarter of what this process may open; the rest is for sockets. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 4 < max)
		max = limit.rlim_cur / 4;
	segment_open_max = MAX((uint32_t)max, 16u);
	segment_files = calloc(shared_capacity(), sizeof *segment_files);
	segment_opened = calloc(segment_open_max, sizeof *segment_opened);
	AN(segment_files != NULL && segment_opened != NULL);
}

void segment_path(uint32_t segment, char *out, size_t n)
{
	snprintf(out, n, "%s/d0/%08x", segment_root, segment);
}

static size_t segment_size(void)
{
	return shared_head()->segment_size;
}

static void segment_close(uint32_t segment)
{
	struct segment_file *f = &segment_files[segment];

	if (f->map != NULL)
		munmap(f->map, segment_size());
	if (f->fd > 0)
		close(f->fd);
	free(f->seen);
	memset(f, 0, sizeof *f);
}

void segment_close_all(void)
{
	for (uint32_t i = 0; i < segment_open_count; i++)
		segment_close(segment_opened[i]);
	free(TAKE(segment_files));
	free(TAKE(segment_opened));
	segment_open_count = 0;
}

/* A place in the ring of open files: a new one, or that of a segment that nobody here needs. */
static int segment_place(uint32_t segment)
{
	int me = slot_mine();

	if (segment_open_count < segment_open_max) {
		segment_opened[segment_open_count++] = segment;
		return 0;
	}
	for (uint32_t tries = 0; tries < segment_open_count; tries++) {
		uint32_t at = segment_hand++ % segment_open_count, s = segment_opened[at];

		/* One that this worker writes stands OPEN with its slot: it is pinned by the
		 * writer. */
		if (me >= 0 && me < SLOT_WORKERS && SHARED_GET(*shared_pin(me, s)) != 0)
			continue;
		segment_close(s);
		segment_opened[at] = segment;
		return 0;
	}
	return ERR_LIMIT;
}

int segment_fd(uint32_t segment)
{
	struct segment_file *f;
	char path[SEGMENT_PATH];
	int fd, rc;

	if (segment_files == NULL || segment >= shared_capacity())
		return ERR_GONE;
	f = &segment_files[segment];
	if (f->fd > 0)
		return f->fd;
	segment_path(segment, path, sizeof path);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_of_errno(errno);
	rc = f->listed ? 0 : segment_place(segment);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	f->listed = true;
	f->fd = fd;
	return fd;
}

const char *segment_map(uint32_t segment)
{
	struct segment_file *f;
	int fd = segment_fd(segment);
	void *p;

	if (fd < 0)
		return NULL;
	f = &segment_files[segment];
	if (f->map != NULL)
		return f->map;
	p = mmap(NULL, segment_size(), PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	f->map = p;
	return f->map;
}

int segment_writev(uint32_t segment, uint64_t offset, struct iovec *v, int n)
{
	int fd = segment_fd(segment);

	if (fd < 0)
		return fd;
	while (n > 0) {
		ssize_t w = pwritev(fd, v, n, (off_t)offset);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_of_errno(errno);
		offset += (size_t)w;
		AN(offset <= segment_size());
		for (; n > 0 && (size_t)w >= v->iov_len; v++, n--)
			w -= (ssize_t)v->iov_len;
		if (n > 0 && w == 0)
			return ERR_IO; /* the file is shorter than it must be, and cannot grow */
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + w;
			v->iov_len -= (size_t)w;
		}
	}
	return 0;
}

int segment_write(uint32_t segment, uint64_t offset, const void *p, size_t n)
{
	return segment_writev(segment, offset, &(struct iovec){(void *)(uintptr_t)p, n}, 1);
}

int segment_read(uint32_t segment, uint64_t offset, void *p, size_t n)
{
	int fd = segment_fd(segment);

	if (fd < 0)
		return fd;
	while (n > 0) {
		ssize_t r = pread(fd, p, n, (off_t)offset);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return ERR_IO; /* 0: the file is shorter than it must be */
		p = (char *)p + r;
		offset += (size_t)r;
		n -= (size_t)r;
	}
	return 0;
}

/* ---- which pages are in memory ---- */

static uint64_t *segment_seen_bits(uint32_t segment)
{
	struct segment_file *f = &segment_files[segment];

	if (f->seen == NULL)
		f->seen = calloc((segment_size() / SEGMENT_BLOCK + 63) / 64, sizeof *f->seen);
	return f->seen;
}

void segment_seen(uint32_t segment, uint64_t offset, uint64_t n)
{
	uint64_t *seen;

	if (n == 0 || segment_fd(segment) < 0)
		return;
	seen = segment_seen_bits(segment);
	if (seen == NULL)
		return;
	for (uint64_t b = offset / SEGMENT_BLOCK; b <= (offset + n - 1) / SEGMENT_BLOCK; b++)
		seen[b / 64] |= 1ull << (b % 64);
}

static bool segment_resident(const char *map, uint64_t offset, uint64_t n)
{
	unsigned char pages[1024];
	uint64_t at = offset & ~(uint64_t)(SEGMENT_PAGE - 1), end = offset + n;

	while (at < end) {
		uint64_t len = MIN(end - at, (uint64_t)sizeof pages * SEGMENT_PAGE);
		size_t count = (size_t)((len + SEGMENT_PAGE - 1) / SEGMENT_PAGE);

		if (mincore((void *)(uintptr_t)(map + at), len, pages) < 0)
			return true; /* unknown: go on as if */
		for (size_t i = 0; i < count; i++)
			if ((pages[i] & 1) == 0)
				return false;
		at += len;
	}
	return true;
}

bool segment_warm(uint32_t segment, uint64_t offset, uint64_t n)
{
	const char *map = segment_map(segment);
	uint64_t *seen;
	bool all = true;

	if (map == NULL || n == 0)
		return true; /* the reader will find out */
	seen = segment_seen_bits(segment);
	if (seen == NULL)
		return true;
	for (uint64_t b = offset / SEGMENT_BLOCK; b <= (offset + n - 1) / SEGMENT_BLOCK; b++)
		all = all && (seen[b / 64] >> (b % 64) & 1);
	if (all)
		return true;
	if (!segment_resident(map, offset, n))
		return false;
	segment_seen(segment, offset, n);
	return true;
}

/* ---- the keeper's side ---- */

int segment_make(uint32_t segment)
{
	char path[SEGMENT_PATH];
	struct stat st;
	int fd, rc;

	segment_path(segment, path, sizeof path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_of_errno(errno);
	do
		rc = posix_fallocate(fd, 0, (off_t)segment_size());
	while (rc == EINTR);
	if (rc != 0) {
		close(fd);
		unlink(path); /* no half segment: its room counts for others */
		return err_of_errno(rc);
	}
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > segment_size() &&
	    ftruncate(fd, (off_t)segment_size()) < 0)
		rc = err_of_errno(errno);
	close(fd);
	return rc;
}

int segment_header(uint32_t segment, uint32_t generation)
{
	_Alignas(16) char page[SEGMENT_PAGE] = {0};
	struct str_out o = str_out_of(page + 4, sizeof page - 4);
	uint64_t magic = SEGMENT_MAGIC;
	uint32_t crc;

	str_put(&o, (struct str){(char *)&magic, sizeof magic});
	str_put(&o, (struct str){(char *)shared_head()->uuid, sizeof shared_head()->uuid});
	str_put(&o, (struct str){(char *)&segment, sizeof segment});
	str_put(&o, (struct str){(char *)&generation, sizeof generation});
	crc = digest_crc32c(0, page + 4, sizeof page - 4);
	memcpy(page, &crc, sizeof crc);
	return segment_write(segment, 0, page, sizeof page);
}

int segment_remove(uint32_t segment)
{
	char path[SEGMENT_PATH];

	if (segment_files != NULL && segment_files[segment].fd > 0)
		return ERR_EXISTS;
	segment_path(segment, path, sizeof path);
	return unlink(path) < 0 && errno != ENOENT ? err_of_errno(errno) : 0;
}
