/* source_cache.c - a stored entry as a source. Called by the steps LOOKUP and DELIVER and by fills.
 */
#include "source/source_cache.h"
#include "base/err.h"
#include "policy/cache_key.h"

static struct source_cache *of_source(struct source *s)
{
	return CONTAINER_OF(s, struct source_cache, source);
}

static void on_wake(struct store_wait *w)
{
	struct source_cache *c = CONTAINER_OF(w, struct source_cache, body.wait);

	if (c->source.wake != NULL)
		c->source.wake(&c->source);
}

static ssize_t cache_lend(struct source *s, uint64_t off, uint64_t want, struct iovec *v, int max)
{
	bool this_turn; /* an embedded body stays where the row is: hold() keeps it when the turn
	                   ends */

	return store_body_lend(&of_source(s)->body, off, want, v, max, &this_turn);
}

static ssize_t cache_read(struct source *s, uint64_t off, void *p, size_t n)
{
	return store_body_read(&of_source(s)->body, off, p, n);
}

static void cache_passed(struct source *s, uint64_t off)
{
	store_body_passed(&of_source(s)->body, off);
}

static int cache_hold(struct source *s, struct arena *a)
{
	return source_cache_keep(of_source(s), a);
}

static void cache_close(struct source *s)
{
	source_cache_close(of_source(s));
}

static const struct source_ops cache_ops = {cache_lend, cache_read, cache_passed, cache_hold,
                                            cache_close};

int source_cache_variant(struct str spec, struct str *values, void *asker)
{
	struct source_cache_asker *who = asker;

	who->varies = true;
	return cache_key_variant(who->arena, spec, who->fields, values);
}

void source_cache_init(struct source_cache *c)
{
	memset(c, 0, sizeof *c);
	c->source.ops = &cache_ops;
}

enum store_answer source_cache_find(struct source_cache *c, const struct store_key *key,
                                    struct source_cache_asker *asker, struct store_wait *w)
{
	enum store_answer answer;

	asker->varies = false;
	answer = store_lookup(key, source_cache_variant, asker, w, &c->entry);

	if (answer == STORE_HIT)
		c->source.length = c->entry.body_len;
	return answer;
}

void source_cache_take(struct source_cache *c, const struct store_entry *e)
{
	source_cache_close(c);
	c->entry = *e;
	c->source.length = e->body_len;
}

void source_cache_stored(const struct store_entry *e, struct stored *out)
{
	*out = (struct stored){.status = e->meta.status,
	                       .flags = e->meta.flags,
	                       .request_time = e->meta.request_time,
	                       .response_time = e->meta.response_time,
	                       .date = e->meta.date,
	                       .initial_age = e->meta.initial_age,
	                       .fresh_secs = e->meta.fresh_secs,
	                       .swr_secs = e->meta.swr_secs,
	                       .sie_secs = e->meta.sie_secs};
}

void source_cache_meta(const struct stored *s, struct store_meta *out)
{
	*out = (struct store_meta){.status = s->status,
	                           .flags = s->flags,
	                           .request_time = s->request_time,
	                           .response_time = s->response_time,
	                           .date = s->date,
	                           .initial_age = s->initial_age,
	                           .fresh_secs = s->fresh_secs,
	                           .swr_secs = s->swr_secs,
	                           .sie_secs = s->sie_secs};
}

int source_cache_open(struct source_cache *c)
{
	int rc;

	if (c->open)
		return 0;
	rc = store_body_open(&c->body, &c->entry);
	if (rc != 0)
		return rc;
	c->body.wait.wake = on_wake;
	c->source.ops = &cache_ops;
	c->open = true;
	return 0;
}

int source_cache_keep(struct source_cache *c, struct arena *a)
{
	return c->entry.kept ? 0 : store_entry_keep(&c->entry, a);
}

void source_cache_close(struct source_cache *c)
{
	if (c->open)
		store_body_close(&c->body);
	c->open = false;
}
