/* fields.c - the fields of one message: a bounded array and a map of the ids that are in it. */
#include "http/fields.h"
#include "base/err.h"
#include "base/obj.h"

void fields_init(struct fields *f, struct field *v, unsigned max)
{
	memset(f, 0, sizeof *f);
	f->v = v;
	f->max = max;
}

static void mark(struct fields *f, unsigned id)
{
	f->present[id >> 6] |= (uint64_t)1 << (id & 63);
}

static void unmark(struct fields *f, unsigned id)
{
	f->present[id >> 6] &= ~((uint64_t)1 << (id & 63));
}

static struct field *search(const struct fields *f, unsigned from, unsigned id)
{
	for (unsigned i = from; i < f->n; i++)
		if (f->v[i].id == id)
			return &f->v[i];
	return NULL;
}

struct field *fields_get(const struct fields *f, enum field_id id)
{
	return fields_has(f, id) ? search(f, 0, id) : NULL;
}

struct field *fields_next(const struct fields *f, const struct field *after)
{
	return search(f, (unsigned)(after - f->v) + 1, after->id);
}

unsigned fields_count(const struct fields *f, enum field_id id)
{
	unsigned count = 0;

	if (!fields_has(f, id))
		return 0;
	for (unsigned i = 0; i < f->n; i++)
		count += f->v[i].id == id;
	return count;
}

static bool matches(const struct field *line, enum field_id id, struct str name)
{
	if (id != FIELD_OTHER)
		return line->id == id;
	return line->id == FIELD_OTHER && str_ieq(line->name, name);
}

struct field *fields_get_name(const struct fields *f, struct str name)
{
	enum field_id id = field_id_of(name);

	if (!fields_has(f, id))
		return NULL;
	for (unsigned i = 0; i < f->n; i++)
		if (matches(&f->v[i], id, name))
			return &f->v[i];
	return NULL;
}

struct str fields_value(const struct fields *f, enum field_id id)
{
	const struct field *line = fields_get(f, id);

	return line == NULL ? STR_NONE : line->value;
}

static int append(struct fields *f, enum field_id id, struct str name, struct str value)
{
	if (f->n == f->max)
		return ERR_LIMIT;
	f->v[f->n++] = (struct field){.name = name, .value = value, .id = (uint8_t)id};
	mark(f, id);
	return 0;
}

int fields_add(struct fields *f, enum field_id id, struct str value)
{
	AN(id != FIELD_OTHER && id < FIELD_COUNT);
	return append(f, id, field_name(id), value);
}

int fields_add_name(struct fields *f, struct str name, struct str value)
{
	return append(f, field_id_of(name), name, value);
}

int fields_set(struct fields *f, enum field_id id, struct str value)
{
	struct field *first = fields_get(f, id);
	unsigned keep, from;

	if (first == NULL)
		return fields_add(f, id, value);
	first->value = value;
	keep = from = (unsigned)(first - f->v) + 1;
	for (; from < f->n; from++)
		if (f->v[from].id != id)
			f->v[keep++] = f->v[from];
	f->n = keep;
	return 0;
}

static unsigned remove_all(struct fields *f, enum field_id id, struct str name)
{
	unsigned keep = 0, gone;
	bool others = false;

	if (!fields_has(f, id))
		return 0;
	for (unsigned i = 0; i < f->n; i++) {
		if (matches(&f->v[i], id, name))
			continue;
		others |= f->v[i].id == id;
		f->v[keep++] = f->v[i];
	}
	gone = f->n - keep;
	f->n = keep;
	if (!others)
		unmark(f, id);
	return gone;
}

unsigned fields_remove(struct fields *f, enum field_id id)
{
	AN(id != FIELD_OTHER);
	return remove_all(f, id, STR_NONE);
}

unsigned fields_remove_name(struct fields *f, struct str name)
{
	return remove_all(f, field_id_of(name), name);
}

void fields_remove_at(struct fields *f, unsigned i)
{
	unsigned id;

	AN(i < f->n);
	id = f->v[i].id;
	memmove(&f->v[i], &f->v[i + 1], (f->n - i - 1) * sizeof *f->v);
	f->n--;
	if (search(f, 0, id) == NULL)
		unmark(f, id);
}

int fields_copy(struct fields *to, const struct fields *from)
{
	if (from->n > to->max)
		return ERR_LIMIT;
	if (from->n != 0)
		memcpy(to->v, from->v, from->n * sizeof *to->v);
	to->n = from->n;
	memcpy(to->present, from->present, sizeof to->present);
	return 0;
}
