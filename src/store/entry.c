/* entry.c - the form of a row: numbers, extents, canonical key, Vary, head block, embedded body.
 *
 * Pure. The writer of bodies encodes rows (they are also the envelope behind each body), look-ups
 * and the keeper decode them. A row may come from a damaged disk or from a worker that was taken
 * over: every length is checked, and the CRC32C covers all that follows it. Numbers are kept as the
 * machine has them (little-endian on all that weir is built for); meta.magic of the index refuses
 * others. */
#include "base/digest.h"
#include "base/err.h"
#include "base/obj.h"
#include "store/entry.h"

#define ENTRY_FORMAT 1
#define ENTRY_EMBED 0
#define ENTRY_EXTENTS 1
#define ENTRY_NAME_OTHER 0

struct __attribute__((packed)) entry_fixed {
	uint32_t crc; /* CRC32C of all that follows */
	uint8_t format, kind;
	uint16_t status;
	uint32_t length; /* of the whole row */
	uint32_t epoch, flags;
	uint32_t ban_seq; /* 0 until bans exist */
	uint64_t pk[2], vh, bid, body_len;
	uint32_t body_crc, initial_age, fresh_secs, swr_secs, sie_secs;
	int64_t request_time, response_time, date;
	uint16_t extent_count, spec_len, values_len;
	uint32_t canonical_len, head_len;
};

static void entry_put16(struct str_out *o, size_t v)
{
	str_putc(o, (char)(v & 0xff));
	str_putc(o, (char)(v >> 8));
}

static size_t entry_get16(const char *p)
{
	return (size_t)(uint8_t)p[0] | (size_t)(uint8_t)p[1] << 8;
}

/* ---- head block: id, [name length, name], value length (16 bit), value ---- */

int entry_head_encode(struct arena *a, const struct fields *fields, struct str *block)
{
	struct str_out o;
	size_t need = 0;
	char *p;

	for (unsigned i = 0; i < fields->n; i++) {
		const struct field *f = &fields->v[i];

		if (f->value.n > 65535 ||
		    (f->id == FIELD_OTHER && (f->name.n > 255 || f->name.n == 0)))
			return ERR_LIMIT;
		need += 3 + f->value.n + (f->id == FIELD_OTHER ? 1 + f->name.n : 0);
	}
	if (need > 65536)
		return ERR_LIMIT;
	p = arena_alloc(a, need + 1);
	if (p == NULL)
		return ERR_NOMEM;
	o = str_out_of(p, need);
	for (unsigned i = 0; i < fields->n; i++) {
		const struct field *f = &fields->v[i];

		str_putc(&o, (char)f->id);
		if (f->id == FIELD_OTHER) {
			str_putc(&o, (char)f->name.n);
			str_put(&o, f->name);
		}
		entry_put16(&o, f->value.n);
		str_put(&o, f->value);
	}
	AZ(o.overflow);
	*block = str_range(p, o.at);
	return 0;
}

/* Cuts one field off the block: 1, 0 at the end, ERR_BAD. */
static int entry_head_next(struct str *block, struct field *f)
{
	size_t at = 1, n;

	if (block->n == 0)
		return 0;
	*f = (struct field){.id = (uint8_t)block->p[0]};
	if (f->id >= FIELD_COUNT)
		return ERR_BAD;
	if (f->id == FIELD_OTHER) {
		if (block->n < 2)
			return ERR_BAD;
		n = (uint8_t)block->p[1];
		if (n == 0 || block->n - 2 < n)
			return ERR_BAD;
		f->name = (struct str){block->p + 2, n};
		at = 2 + n;
	}
	if (block->n - at < 2)
		return ERR_BAD;
	n = entry_get16(block->p + at);
	at += 2;
	if (block->n - at < n)
		return ERR_BAD;
	f->value = (struct str){block->p + at, n};
	*block = (struct str){block->p + at + n, block->n - at - n};
	return 1;
}

int entry_head_decode(struct arena *a, struct str block, struct fields *out)
{
	struct str rest = block;
	struct fields made;
	struct field f, *v;
	unsigned n = 0;
	int r;

	while ((r = entry_head_next(&rest, &f)) == 1)
		n++;
	if (r < 0)
		return r;
	/* Room for the few fields that an answer gets on its way out. */
	v = arena_alloc(a, (n + 16) * sizeof *v);
	if (v == NULL)
		return ERR_NOMEM;
	fields_init(&made, v, n + 16);
	for (rest = block; entry_head_next(&rest, &v[made.n]) == 1; made.n++) {
		unsigned id = v[made.n].id;

		/* A spelled-out name may have come into the table since it was kept. */
		if (id == FIELD_OTHER)
			id = v[made.n].id = (uint8_t)field_id_of(v[made.n].name);
		else
			v[made.n].name = field_name(id);
		made.present[id >> 6] |= (uint64_t)1 << (id & 63);
	}
	*out = made;
	return 0;
}

struct str entry_head_get(struct str block, enum field_id id)
{
	struct field f;

	while (entry_head_next(&block, &f) == 1)
		if (f.id == id && id != FIELD_OTHER)
			return f.value;
	return STR_NONE;
}

/* ---- row ---- */

size_t entry_size(const struct store_entry *e)
{
	return sizeof(struct entry_fixed) + e->extent_count * sizeof(struct store_extent) +
	       e->canonical.n + e->vary_spec.n + e->vary_values.n + e->head.n + e->body.n;
}

static void entry_fix(const struct store_entry *e, struct entry_fixed *x, size_t size)
{
	*x = (struct entry_fixed){
	    .format = ENTRY_FORMAT,
	    .kind = e->extent_count != 0 ? ENTRY_EXTENTS : ENTRY_EMBED,
	    .status = e->meta.status,
	    .length = (uint32_t)size,
	    .epoch = e->epoch,
	    .flags = e->meta.flags,
	    .pk = {e->pk.h[0], e->pk.h[1]},
	    .vh = e->vh,
	    .bid = e->bid,
	    .body_len = e->body_len,
	    .body_crc = e->body_crc,
	    .initial_age = e->meta.initial_age,
	    .fresh_secs = e->meta.fresh_secs,
	    .swr_secs = e->meta.swr_secs,
	    .sie_secs = e->meta.sie_secs,
	    .request_time = e->meta.request_time,
	    .response_time = e->meta.response_time,
	    .date = e->meta.date,
	    .extent_count = (uint16_t)e->extent_count,
	    .spec_len = (uint16_t)e->vary_spec.n,
	    .values_len = (uint16_t)e->vary_values.n,
	    .canonical_len = (uint32_t)e->canonical.n,
	    .head_len = (uint32_t)e->head.n,
	};
}

int entry_encode(const struct store_entry *e, char *out, size_t max, size_t *len)
{
	struct entry_fixed x;
	struct str_out o;
	size_t size = entry_size(e);

	if (e->extent_count > ENTRY_EXTENTS_MAX || e->vary_spec.n > 65535 ||
	    e->vary_values.n > 65535 || size > ENTRY_IMAGE_MAX || size > max)
		return ERR_LIMIT;
	entry_fix(e, &x, size);
	o = str_out_of(out, max);
	str_put(&o, (struct str){(char *)&x, sizeof x});
	str_put(&o, (struct str){(const char *)e->extents, e->extent_count * sizeof *e->extents});
	str_put(&o, e->canonical);
	str_put(&o, e->vary_spec);
	str_put(&o, e->vary_values);
	str_put(&o, e->head);
	str_put(&o, e->body);
	AZ(o.overflow);
	x.crc = digest_crc32c(0, out + sizeof x.crc, size - sizeof x.crc);
	memcpy(out, &x.crc, sizeof x.crc);
	*len = size;
	return 0;
}

static int entry_get_fixed(struct str row, struct entry_fixed *x)
{
	if (row.n < sizeof *x)
		return ERR_BAD;
	memcpy(x, row.p, sizeof *x);
	if (x->format != ENTRY_FORMAT || x->length < sizeof *x || x->length > ENTRY_IMAGE_MAX)
		return ERR_BAD;
	return 0;
}

static void entry_unfix(const struct entry_fixed *x, struct store_entry *out)
{
	INIT_OBJ(out, STORE_ENTRY_MAGIC);
	out->meta = (struct store_meta){
	    .status = x->status,
	    .flags = x->flags,
	    .request_time = x->request_time,
	    .response_time = x->response_time,
	    .date = x->date,
	    .initial_age = x->initial_age,
	    .fresh_secs = x->fresh_secs,
	    .swr_secs = x->swr_secs,
	    .sie_secs = x->sie_secs,
	};
	out->pk = (struct digest_128){{x->pk[0], x->pk[1]}};
	out->vh = x->vh;
	out->bid = x->bid;
	out->body_len = x->body_len;
	out->body_crc = x->body_crc;
	out->epoch = x->epoch;
}

static struct str entry_cut(struct str *rest, size_t n)
{
	struct str s = {rest->p, n};

	*rest = (struct str){rest->p + n, rest->n - n};
	return s;
}

/* Do the extents carry exactly the body? */
static bool entry_extents_fit(const struct store_entry *e)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < e->extent_count; i++) {
		uint64_t n = e->extents[i].length;

		if (n == 0 || n > UINT64_MAX / 2 || sum > UINT64_MAX / 2)
			return false;
		sum += n;
	}
	return sum == e->body_len;
}

int entry_decode(struct str row, struct store_entry *out)
{
	struct entry_fixed x;
	struct store_entry e;
	struct str rest, part;
	uint64_t need;

	if (entry_get_fixed(row, &x) < 0 || x.length != row.n)
		return ERR_BAD;
	if (digest_crc32c(0, row.p + sizeof x.crc, row.n - sizeof x.crc) != x.crc)
		return ERR_BAD;
	need = sizeof x + (uint64_t)x.extent_count * sizeof(struct store_extent) + x.canonical_len +
	       x.spec_len + x.values_len + x.head_len;
	if (need > row.n || x.extent_count > ENTRY_EXTENTS_MAX ||
	    (x.kind == ENTRY_EXTENTS) != (x.extent_count != 0) || x.kind > ENTRY_EXTENTS)
		return ERR_BAD;
	entry_unfix(&x, &e);
	rest = (struct str){row.p + sizeof x, row.n - sizeof x};
	e.extent_count = x.extent_count;
	part = entry_cut(&rest, x.extent_count * sizeof(struct store_extent));
	e.extents = (const struct store_extent *)(const void *)part.p;
	e.canonical = entry_cut(&rest, x.canonical_len);
	e.vary_spec = entry_cut(&rest, x.spec_len);
	e.vary_values = entry_cut(&rest, x.values_len);
	e.head = entry_cut(&rest, x.head_len);
	if (x.kind == ENTRY_EXTENTS ? rest.n != 0 || !entry_extents_fit(&e) : rest.n != x.body_len)
		return ERR_BAD;
	if (x.kind == ENTRY_EMBED)
		e.body = rest;
	*out = e;
	return 0;
}

size_t entry_whole(struct str piece)
{
	struct entry_fixed x;

	return entry_get_fixed(piece, &x) < 0 ? 0 : x.length;
}

void entry_set_epoch(char *row, size_t n, uint32_t epoch)
{
	struct entry_fixed x;

	AN(n >= sizeof x);
	memcpy(&x, row, sizeof x);
	x.epoch = epoch;
	memcpy(row, &x, sizeof x);
	x.crc = digest_crc32c(0, row + sizeof x.crc, n - sizeof x.crc);
	memcpy(row, &x.crc, sizeof x.crc);
}

int entry_peek(struct str piece, struct store_entry *out)
{
	struct entry_fixed x;

	if (entry_get_fixed(piece, &x) < 0)
		return ERR_BAD;
	entry_unfix(&x, out);
	return 0;
}
