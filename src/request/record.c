/* record.c - the access record, binary on the way to the logger. Written in FINISH, or kept there
 * for a tunnel and written at its end. */
#include "request/record.h"
#include "base/clock.h"
#include "base/logring.h"
#include "request/record_form.h"
#include "request/respond_status.h"
#include "request/self.h"

#define TARGET_MAX 2048
#define VALUE_MAX 512

struct record {
	int64_t started_ms;
	size_t n;
	struct record_form form; /* as it stands in bytes */
	char bytes[];
};

static struct str cut(struct str s, size_t max)
{
	return str_slice(s, 0, max);
}

static void fill_numbers(const struct request *r, struct record_form *f)
{
	f->wall_ms = r->started_wall_ms;
	f->duration_ms = (uint32_t)(clock_ms() - r->started_ms);
	f->first_byte_ms = r->first_byte_ms == 0 ? 0 : (uint32_t)(r->first_byte_ms - r->started_ms);
	f->bytes = r->sink->sent;
	f->body_bytes = r->pump.moved;
	f->status = (uint16_t)r->status;
	f->minor = r->msg.minor;
	f->cache = (uint8_t)r->cache;
	f->flags = (r->gone ? RECORD_GONE : 0) | (r->broken ? RECORD_BROKEN : 0) |
	           (r->collapsed ? RECORD_COLLAPSED : 0) | (r->stored ? RECORD_STORED : 0);
	f->client = self_acl_address(r->sink->peer);
}

static void fill_texts(const struct request *r, struct str texts[RECORD_TEXTS])
{
	texts[RECORD_METHOD] = cut(r->msg.method_name, 32);
	texts[RECORD_TARGET] = cut(r->msg.target, TARGET_MAX);
	texts[RECORD_HOST] = cut(r->msg.uri.host, 256);
	texts[RECORD_REFERER] = cut(fields_value(&r->msg.fields, FIELD_REFERER), VALUE_MAX);
	texts[RECORD_AGENT] = cut(fields_value(&r->msg.fields, FIELD_USER_AGENT), VALUE_MAX);
	texts[RECORD_TYPE] = cut(fields_value(&r->answer.fields, FIELD_CONTENT_TYPE), 128);
	texts[RECORD_CACHE] = str_of(respond_status_word(r));
	texts[RECORD_WHY] = cut(str_of(r->why != NULL ? r->why : r->detail), VALUE_MAX);
	texts[RECORD_LISTENER] = cut(r->sink->listener->name, 64);
	texts[RECORD_RULE] = cut(r->rule, 128);
	texts[RECORD_NEXT_HOP] = cut(r->next_hop, 128);
}

void record_write(const struct request *r)
{
	struct record_form f;
	struct str texts[RECORD_TEXTS];
	void *room;
	size_t n;

	if (r->conf->log.access_path.n == 0)
		return;
	memset(&f, 0, sizeof f);
	fill_numbers(r, &f);
	fill_texts(r, texts);
	n = record_form_size(texts);
	room = logring_reserve(n);
	if (room == NULL)
		return;
	record_form_put(room, &f, texts);
	logring_push(n);
}

struct record *record_keep(const struct request *r)
{
	struct str texts[RECORD_TEXTS];
	struct record *kept;
	size_t n;

	if (r->conf->log.access_path.n == 0)
		return NULL;
	fill_texts(r, texts);
	n = record_form_size(texts);
	kept = calloc(1, sizeof *kept + n);
	if (kept == NULL)
		return NULL;
	kept->started_ms = r->started_ms;
	kept->n = n;
	fill_numbers(r, &kept->form);
	record_form_put(kept->bytes, &kept->form, texts);
	return kept;
}

void record_end(struct record *kept, uint64_t to_client, bool gone)
{
	void *room;

	if (kept == NULL)
		return;
	kept->form.duration_ms = (uint32_t)(clock_ms() - kept->started_ms);
	kept->form.bytes += to_client;
	kept->form.body_bytes += to_client;
	if (gone)
		kept->form.flags |= RECORD_GONE;
	memcpy(kept->bytes, &kept->form, sizeof kept->form);
	room = logring_reserve(kept->n);
	if (room != NULL) {
		memcpy(room, kept->bytes, kept->n);
		logring_push(kept->n);
	}
	free(kept);
}

size_t record_format(enum conf_log_format format, struct str record, char *out, size_t n)
{
	return record_form_text(format, record, out, n);
}
