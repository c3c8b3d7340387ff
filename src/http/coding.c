/* coding.c - gzip in a stream, by zlib, with memory of the caller's choice. */
#include "http/coding.h"
#include <zlib.h>
#include "base/obj.h"

#define CODING_MAGIC 0xc0d16e01
#define GZIP_WINDOW (15 + 16)   /* 32 KB, gzip's frame and no other */
#define SLICE ((size_t)1 << 30) /* zlib counts in unsigned int */

struct coding {
	unsigned magic;
	bool inflating;
	bool at_end;         /* a member is complete; nothing of another one was seen */
	uint64_t in, out;    /* bytes of the stream so far */
	uint64_t max_output; /* 0 = none */
	const char *why;     /* set once it is bad */
	struct coding_memory memory;
	z_stream z;
};

enum coding_id coding_of(struct str name)
{
	static const struct {
		struct str name;
		enum coding_id id;
	} names[] = {
	    {STR_INIT("gzip"), CODING_GZIP},
	    {STR_INIT("x-gzip"), CODING_GZIP},
	    {STR_INIT("identity"), CODING_IDENTITY},
	    {STR_INIT("deflate"), CODING_DEFLATE},
	    {STR_INIT("br"), CODING_BR},
	    {STR_INIT("zstd"), CODING_ZSTD},
	};

	if (name.n == 0)
		return CODING_IDENTITY;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_ieq(name, names[i].name))
			return names[i].id;
	return CODING_OTHER;
}

static void *take_memory(void *arg, unsigned items, unsigned size)
{
	struct coding *c = arg;

	return c->memory.alloc(c->memory.arg, (size_t)items * size);
}

static void give_memory(void *arg, void *p)
{
	struct coding *c = arg;

	c->memory.free(c->memory.arg, p);
}

static struct coding *object_new(const struct coding_memory *memory)
{
	struct coding *c = memory->alloc(memory->arg, sizeof *c);

	if (c == NULL)
		return NULL;
	INIT_OBJ(c, CODING_MAGIC);
	c->memory = *memory;
	c->z.zalloc = take_memory;
	c->z.zfree = give_memory;
	c->z.opaque = c;
	return c;
}

/* c, or NULL when zlib did not get its memory. */
static struct coding *settle(struct coding *c, int result)
{
	struct coding_memory memory = c->memory;

	if (result == Z_OK)
		return c;
	c->magic = 0;
	memory.free(memory.arg, c);
	return NULL;
}

struct coding *coding_deflate_new(const struct coding_memory *memory, int level)
{
	struct coding *c = object_new(memory);

	if (c == NULL)
		return NULL;
	return settle(c,
	              deflateInit2(&c->z, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY));
}

struct coding *coding_inflate_new(const struct coding_memory *memory, uint64_t max_output)
{
	struct coding *c = object_new(memory);

	if (c == NULL)
		return NULL;
	c->inflating = true;
	c->max_output = max_output;
	return settle(c, inflateInit2(&c->z, GZIP_WINDOW));
}

void coding_reset(struct coding *c)
{
	CHECK_OBJ(c, CODING_MAGIC);
	if (c->inflating)
		AN(inflateReset(&c->z) == Z_OK);
	else
		AN(deflateReset(&c->z) == Z_OK);
	c->at_end = false;
	c->in = c->out = 0;
	c->why = NULL;
}

void coding_free(struct coding *c)
{
	struct coding_memory memory;

	if (c == NULL)
		return;
	CHECK_OBJ(c, CODING_MAGIC);
	if (c->inflating)
		(void)inflateEnd(&c->z);
	else
		(void)deflateEnd(&c->z);
	memory = c->memory;
	c->magic = 0;
	memory.free(memory.arg, c);
}

const char *coding_why(const struct coding *c)
{
	return c->why == NULL ? "" : c->why;
}

static enum coding_result bad(struct coding *c, const char *why)
{
	c->why = why;
	return CODING_BAD;
}

static enum coding_result deflate_once(struct coding *c, int flush)
{
	int r;

	if (c->at_end)
		return c->z.avail_in == 0 ? CODING_END : bad(c, "input behind the end");
	r = deflate(&c->z, flush);
	if (r == Z_STREAM_END) {
		c->at_end = true;
		return CODING_END;
	}
	if (r != Z_OK && r != Z_BUF_ERROR)
		return bad(c, "deflate failed");
	return c->z.avail_out == 0 ? CODING_NEED_OUTPUT : CODING_OK;
}

/* A little that becomes very much. */
static bool is_bomb(const struct coding *c, uint64_t in, uint64_t out)
{
	if (c->max_output != 0 && out > c->max_output)
		return true;
	return out > CODING_RATIO_FREE && out / CODING_RATIO_MAX > in;
}

static enum coding_result inflate_once(struct coding *c, int flush)
{
	int r;

	if (c->at_end) {
		if (c->z.avail_in == 0)
			return flush == Z_FINISH ? CODING_END : CODING_OK;
		/* another member (RFC 1952 2.2); bytes that begin none fail in its header */
		AN(inflateReset(&c->z) == Z_OK);
		c->at_end = false;
	}
	r = inflate(&c->z, Z_NO_FLUSH);
	if (r == Z_STREAM_END) {
		c->at_end = true;
		return c->z.avail_in == 0 && flush == Z_FINISH ? CODING_END : CODING_OK;
	}
	if (r == Z_MEM_ERROR)
		return bad(c, "no memory to inflate");
	if (r != Z_OK && r != Z_BUF_ERROR)
		return bad(c, "not gzip, or damaged (RFC 1952)");
	if (c->z.avail_out == 0)
		return CODING_NEED_OUTPUT;
	if (c->z.avail_in == 0 && flush == Z_FINISH)
		return bad(c, "gzip was cut (RFC 1952)");
	return CODING_OK;
}

static int flush_of(enum coding_step step)
{
	return step == CODING_FINISH ? Z_FINISH : step == CODING_FLUSH ? Z_SYNC_FLUSH : Z_NO_FLUSH;
}

enum coding_result coding_run(struct coding *c, const char *in, size_t n, size_t *used, char *out,
                              size_t room, size_t *made, enum coding_step step)
{
	enum coding_result r;

	CHECK_OBJ(c, CODING_MAGIC);
	*used = *made = 0;
	if (c->why != NULL)
		return CODING_BAD;
	for (;;) {
		size_t slice_in = MIN(n - *used, SLICE), slice_out = MIN(room - *made, SLICE);
		int flush = slice_in < n - *used ? Z_NO_FLUSH : flush_of(step);

		if (slice_out == 0 && !c->at_end)
			return CODING_NEED_OUTPUT;
		c->z.next_in = (unsigned char *)(uintptr_t)(slice_in == 0 ? "" : in + *used);
		c->z.avail_in = (unsigned)slice_in;
		c->z.next_out = (unsigned char *)(slice_out == 0 ? (char *)&c->z : out + *made);
		c->z.avail_out = (unsigned)slice_out;
		r = c->inflating ? inflate_once(c, flush) : deflate_once(c, flush);
		*used += slice_in - c->z.avail_in;
		*made += slice_out - c->z.avail_out;
		if (r == CODING_BAD)
			return r;
		if (c->inflating && is_bomb(c, c->in + *used, c->out + *made))
			return bad(c, "output out of all proportion (limit of inflating)");
		if (r == CODING_END || (r == CODING_OK && *used == n) ||
		    (r == CODING_NEED_OUTPUT && *made == room)) {
			c->in += *used;
			c->out += *made;
			return r;
		}
	}
}
