/* host.c - purge of a host. What lies under its old keys is found by nobody any more, fetches under
 * way included: they serve who follows them already, and age away. */
#include "base/err.h"
#include "base/obj.h"
#include "store/host.h"
#include "store/index.h"
#include "store/shared.h"

/* The keeper's: what the index holds, and what the transaction under way will make of it. */
static uint32_t host_kept[SHARED_HOSTS], host_putting[SHARED_HOSTS];
static uint32_t host_kept_purges, host_putting_purges;

static uint32_t host_slot(struct str host)
{
	return (uint32_t)(digest_sip64(&shared_head()->secret, host.p, host.n) % SHARED_HOSTS);
}

/* "1\0G\0scheme\0host:port\0...": the host (STORE 8). */
static struct str host_of(struct str canonical)
{
	size_t from = 0, end;

	for (int part = 0; part < 3; part++)
		from = MIN(str_find(canonical, '\0', from) + 1, canonical.n);
	end = str_find(canonical, '\0', from);
	while (end > from && canonical.p[end - 1] != ':')
		end--;
	return str_slice(canonical, from, end > from ? end - 1 : from);
}

uint32_t host_generation(struct str canonical)
{
	struct shared_hosts *h = shared_hosts();

	/* Paired with host_purge: who sees its count sees the number. */
	if (SHARED_GET(h->purges) == 0)
		return 0;
	return SHARED_GET(h->generation[host_slot(host_of(canonical))]);
}

void host_purge(struct str host)
{
	struct shared_hosts *h = shared_hosts();

	__atomic_add_fetch(&h->generation[host_slot(host)], 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&h->purges, 1, __ATOMIC_SEQ_CST);
}

/* ---- the keeper ---- */

int host_load(void)
{
	struct shared_hosts *h = shared_hosts();
	uint32_t slot;
	struct str k, v;
	int rc;

	memset(host_kept, 0, sizeof host_kept);
	host_kept_purges = 0;
	for (rc = index_seek(INDEX_HOST, STR_NONE, &k, &v); rc == 0;
	     rc = index_next(INDEX_HOST, &k, &v)) {
		if (k.n != sizeof slot || v.n != sizeof host_kept[0])
			return ERR_BAD;
		memcpy(&slot, k.p, sizeof slot);
		if (slot >= SHARED_HOSTS)
			return ERR_BAD;
		memcpy(&host_kept[slot], v.p, sizeof host_kept[0]);
		if (SHARED_GET(h->generation[slot]) < host_kept[slot]) {
			SHARED_SET(h->generation[slot], host_kept[slot]);
			__atomic_add_fetch(&h->purges, 1, __ATOMIC_SEQ_CST);
		}
	}
	return rc == ERR_NOTFOUND ? 0 : rc;
}

int host_put(void)
{
	struct shared_hosts *h = shared_hosts();
	int rc = 0;

	/* Read first: a purge that comes meanwhile is seen by the next transaction. */
	host_putting_purges = SHARED_GET(h->purges);
	for (uint32_t i = 0; host_putting_purges != host_kept_purges && i < SHARED_HOSTS; i++) {
		struct str k = {(char *)&i, sizeof i};
		struct str v = {(char *)&host_putting[i], sizeof host_putting[i]};

		host_putting[i] = SHARED_GET(h->generation[i]);
		if (host_putting[i] != host_kept[i])
			rc = index_put(INDEX_HOST, k, v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void host_committed(void)
{
	if (host_putting_purges == host_kept_purges)
		return;
	memcpy(host_kept, host_putting, sizeof host_kept);
	host_kept_purges = host_putting_purges;
}
