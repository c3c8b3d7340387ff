/* shm.c - the shared memory of all processes of one weir.
 *
 * The master creates it before it forks, or attaches after its re-execution; children inherit the
 * mapping. The size is sealed, so that no process can cut it short under the others. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/obj.h"
#include "base/shm.h"

#define SHM_PAGE 4096
#define SHM_REGIONS 64
#define SHM_MAGIC 0x31304d4853524957 /* "WIRSHM01" */

struct shm_head {
	uint64_t magic, layout, size, id;
};
struct shm_region {
	const char *name;
	size_t size, at; /* bytes; offset in the mapping */
};

static struct shm_region shm_regions[SHM_REGIONS];
static size_t shm_count;
static size_t shm_total = SHM_PAGE; /* the head has the first page */
static char *shm_base;              /* NULL while not mapped */
static int shm_file = -1;

static struct shm_region *shm_find(const char *name)
{
	/* Whoever asks often asks with the literal that the region was declared with. */
	for (size_t i = 0; i < shm_count; i++)
		if (shm_regions[i].name == name)
			return &shm_regions[i];
	for (size_t i = 0; i < shm_count; i++)
		if (strcmp(shm_regions[i].name, name) == 0)
			return &shm_regions[i];
	return NULL;
}

void shm_declare(const char *name, size_t size)
{
	AN(shm_base == NULL && shm_count < SHM_REGIONS);
	AN(size > 0 && size <= SIZE_MAX / 2 - shm_total && shm_find(name) == NULL);
	shm_regions[shm_count++] = (struct shm_region){name, size, shm_total};
	shm_total += (size + SHM_PAGE - 1) / SHM_PAGE * SHM_PAGE;
}

uint64_t shm_layout(void)
{
	static const struct digest_key key = {"weir shm layout"};
	uint64_t hash = SHM_MAGIC;

	for (size_t i = 0; i < shm_count; i++) {
		uint64_t part[3] = {
		    hash, digest_sip64(&key, shm_regions[i].name, strlen(shm_regions[i].name)),
		    shm_regions[i].size};

		hash = digest_sip64(&key, part, sizeof part);
	}
	return hash;
}

static int shm_map(int fd)
{
	void *p = mmap(NULL, shm_total, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return err_of_errno(errno);
	shm_base = p;
	shm_file = fd;
	return 0;
}

static void shm_unmap(void)
{
	if (shm_base != NULL)
		AZ(munmap(shm_base, shm_total));
	shm_base = NULL;
	shm_file = -1;
}

static int shm_fill(int fd)
{
	struct shm_head head = {SHM_MAGIC, shm_layout(), shm_total, 0};
	int rc;

	if (ftruncate(fd, (off_t)shm_total) < 0)
		return err_of_errno(errno);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_of_errno(errno);
	rc = digest_random(&head.id, sizeof head.id);
	if (rc == 0)
		rc = shm_map(fd);
	if (rc == 0)
		memcpy(shm_base, &head, sizeof head);
	return rc;
}

int shm_create(void)
{
	int fd, rc;

	AN(shm_base == NULL);
	fd = memfd_create("weir", MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_of_errno(errno);
	rc = shm_fill(fd);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	return fd;
}

int shm_attach(int fd)
{
	const struct shm_head *head;
	struct stat st;
	int rc;

	AN(shm_base == NULL);
	/* The size first: a shorter file would kill whoever reads its head. */
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size != shm_total)
		return ERR_BAD;
	rc = shm_map(fd);
	if (rc != 0)
		return rc;
	head = (const struct shm_head *)(const void *)shm_base;
	if (head->magic == SHM_MAGIC && head->layout == shm_layout() && head->size == shm_total)
		return 0;
	shm_unmap();
	return ERR_BAD;
}

void *shm_region(const char *name)
{
	const struct shm_region *r = shm_find(name);

	AN(shm_base != NULL && r != NULL);
	return shm_base + r->at;
}

size_t shm_region_size(const char *name)
{
	const struct shm_region *r = shm_find(name);

	AN(r != NULL);
	return r->size;
}

int shm_fd(void)
{
	return shm_file;
}

uint64_t shm_id(void)
{
	AN(shm_base != NULL);
	return ((const struct shm_head *)(const void *)shm_base)->id;
}

void shm_forget(void)
{
	shm_unmap();
	shm_count = 0;
	shm_total = SHM_PAGE;
}
