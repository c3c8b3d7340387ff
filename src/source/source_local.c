/* source_local.c - an answer made here, whole in memory. Called by the step that refuses and by
 * admin. */
#include "source/source_local.h"
#include "base/obj.h"

static struct str from(struct source *s, uint64_t off, uint64_t want)
{
	struct source_local *l = CONTAINER_OF(s, struct source_local, source);

	if (off >= l->body.n)
		return STR_NONE;
	return (struct str){l->body.p + off, (size_t)MIN(want, l->body.n - off)};
}

static ssize_t local_lend(struct source *s, uint64_t off, uint64_t want, struct iovec *v, int max)
{
	struct str piece = from(s, off, want);

	if (piece.n == 0 || max < 1)
		return 0;
	v[0] = (struct iovec){(void *)(uintptr_t)piece.p, piece.n};
	return (ssize_t)piece.n;
}

static ssize_t local_read(struct source *s, uint64_t off, void *p, size_t n)
{
	struct str piece = from(s, off, n);

	if (piece.n != 0)
		memcpy(p, piece.p, piece.n);
	return (ssize_t)piece.n;
}

static void local_passed(struct source *s, uint64_t off)
{
	(void)s;
	(void)off;
}

static int local_hold(struct source *s, struct arena *a)
{
	(void)s;
	(void)a;
	return 0;
}

static void local_close(struct source *s)
{
	(void)s;
}

static const struct source_ops local_ops = {local_lend, local_read, local_passed, local_hold,
                                            local_close};

void source_local_init(struct source_local *l, struct str body)
{
	*l = (struct source_local){.source = {.ops = &local_ops, .length = body.n}, .body = body};
}
