/* dns_hosts.c - the table of /etc/hosts, kept in memory and read again when the file changed.
 *
 * Called by dns.c only. Names are keys of a map in lower case, each with its addresses in the order
 * of the file; the table owns them. The pure half (a line, its names) is tested with any octets. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "net/dns_hosts.h"

#define DNS_HOSTS_LOOK_MS 1000

static struct table {
	char *path;
	struct stat seen; /* of the file as it was read; zeroed: no file */
	int64_t looked;   /* clock_ms() of the last look at it */
	struct map names;
} table;

/* ---- one line ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool dns_hosts_name(struct str *names, struct str *name)
{
	size_t from = 0, to;

	while (from < names->n && is_blank(names->p[from]))
		from++;
	for (to = from; to < names->n && !is_blank(names->p[to]); to++)
		;
	*name = str_slice(*names, from, to);
	*names = str_slice(*names, to, names->n);
	return name->n != 0;
}

bool dns_hosts_line(struct str line, union conn_address *at, struct str *names)
{
	struct str address;

	*names = str_slice(line, 0, str_find(line, '#', 0));
	return dns_hosts_name(names, &address) && conn_address_parse(address, 0, at) == 0;
}

/* ---- the table ---- */

static void free_item(struct str key, void *value, void *arg)
{
	struct dns_hosts_item *item = value;

	(void)key;
	(void)arg;
	CHECK_OBJ(item, DNS_HOSTS_ITEM_MAGIC);
	free(item->v6.at);
	free(item->v4.at);
	FREE_OBJ(item);
}

static void clear(void)
{
	map_each(&table.names, free_item, NULL);
	map_fini(&table.names);
	map_init(&table.names);
}

static int add_address(struct dns_part *part, const union conn_address *at)
{
	struct in6_addr *p = part->at;

	if (part->count == DNS_MAX)
		return 0;
	/* Full at each power of two: then room for twice as many. */
	if ((part->count & (part->count - 1)) == 0) {
		p = realloc(p, (size_t)MAX(part->count * 2, 1) * sizeof *p);
		if (p == NULL)
			return ERR_NOMEM;
		part->at = p;
	}
	memset(&p[part->count], 0, sizeof *p);
	if (at->sa.sa_family == AF_INET)
		memcpy(&p[part->count], &at->in.sin_addr, sizeof at->in.sin_addr);
	else
		p[part->count] = at->in6.sin6_addr;
	part->count++;
	part->status = 0;
	return 0;
}

static int add_name(struct str name, const union conn_address *at)
{
	char lower[DNS_NAME_MAX];
	struct dns_hosts_item *item;
	bool absolute;

	if (dns_answer_name(name, lower, &absolute) != 0)
		return 0; /* nobody can ask for it */
	item = map_get(&table.names, str_of(lower));
	if (item == NULL) {
		NEW_OBJ(item, DNS_HOSTS_ITEM_MAGIC);
		if (item == NULL)
			return ERR_NOMEM;
		item->v6.status = item->v4.status = ERR_NONAME;
		if (map_put(&table.names, str_of(lower), item, NULL) != 0) {
			FREE_OBJ(item);
			return ERR_NOMEM;
		}
	}
	return add_address(at->sa.sa_family == AF_INET ? &item->v4 : &item->v6, at);
}

static int add_text(struct str text)
{
	struct str names, name;
	union conn_address at;

	while (text.n != 0) {
		size_t end = str_find(text, '\n', 0);
		if (dns_hosts_line(str_slice(text, 0, end), &at, &names))
			while (dns_hosts_name(&names, &name))
				if (add_name(name, &at) != 0)
					return ERR_NOMEM;
		text = str_slice(text, end + 1, text.n);
	}
	return 0;
}

/* The first n bytes of fd, or fewer if it has become shorter: *got. NULL when there is no memory.
 */
static char *read_all(int fd, size_t n, size_t *got)
{
	char *mem = malloc(n + 1);
	ssize_t r;

	*got = 0;
	while (mem != NULL && *got < n) {
		r = read(fd, mem + *got, n - *got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		*got += (size_t)r;
	}
	return mem;
}

static int load(int fd, const struct stat *st)
{
	size_t got;
	char *mem;
	int r;

	if (!S_ISREG(st->st_mode) || st->st_size > (off_t)DNS_HOSTS_MAX_BYTES) {
		log_warn("hosts file %s is not read: not a file, or over %u MB", table.path,
		         DNS_HOSTS_MAX_BYTES >> 20);
		return 0;
	}
	mem = read_all(fd, (size_t)st->st_size, &got);
	if (mem == NULL)
		return ERR_NOMEM;
	r = add_text((struct str){mem, got});
	free(mem);
	return r;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_size == b->st_size && a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Reads the file when it is not the one that was read last. */
static int look(void)
{
	struct stat st;
	int fd, r = 0;

	table.looked = clock_ms();
	memset(&st, 0, sizeof st);
	if (stat(table.path, &st) == 0 && same_file(&st, &table.seen))
		return 0;
	fd = open(table.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		if (table.seen.st_ino != 0 || errno != ENOENT)
			log_warn("hosts file %s: %s", table.path, strerror(errno));
		memset(&table.seen, 0, sizeof table.seen);
		clear();
		return 0;
	}
	clear();
	if (fstat(fd, &st) == 0)
		r = load(fd, &st);
	table.seen = st;
	(void)close(fd);
	if (r != 0)
		log_error("hosts file %s: %s", table.path, err_text(r));
	return r;
}

int dns_hosts_init(const char *path)
{
	AZ(table.path);
	memset(&table, 0, sizeof table);
	map_init(&table.names);
	if (path == NULL)
		return 0;
	table.path = strdup(path);
	return table.path == NULL ? ERR_NOMEM : look();
}

void dns_hosts_fini(void)
{
	clear();
	map_fini(&table.names);
	free(table.path);
	table.path = NULL;
}

void dns_hosts_refresh(void)
{
	if (table.path != NULL && clock_ms() - table.looked >= DNS_HOSTS_LOOK_MS)
		(void)look();
}

const struct dns_hosts_item *dns_hosts_get(struct str name)
{
	return map_get(&table.names, name);
}
