/* layout.c - the order of the regions of shared memory. */
#include "base/count.h"
#include "base/logring.h"
#include "base/order.h"
#include "base/shm.h"
#include "base/slot.h"
#include "proc/layout.h"

void layout_declare(const struct conf *conf)
{
	slot_declare();
	shm_declare("count", count_region_size(SLOT_MAX));
	order_declare();
	logring_declare();
	store_declare(&conf->store);
}

uint64_t layout_identity(const struct conf *conf)
{
	static const struct digest_key key; /* no secret: only equal or not matters */
	const char *path = conf->store.path == NULL ? "" : conf->store.path;
	uint64_t parts[3] = {shm_layout(), digest_sip64(&key, path, strlen(path)),
	                     conf->store.size};

	return digest_sip64(&key, parts, sizeof parts);
}

int layout_create(void)
{
	int rc = shm_create();

	if (rc < 0)
		return rc;
	logring_init();
	return 0;
}

int layout_attach(int fd)
{
	int rc = shm_attach(fd);

	return rc < 0 ? rc : 0;
}

void layout_use(int slot)
{
	slot_use(slot);
	count_use(shm_region("count"), SLOT_MAX, slot);
}
