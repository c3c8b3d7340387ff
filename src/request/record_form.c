/* record_form.c - access records between worker and logger; text in the three formats. Pure. */
#include "request/record_form.h"
#include "base/err.h"
#include "base/obj.h"
#include "base/json.h"
#include "http/date.h"

size_t record_form_size(const struct str texts[RECORD_TEXTS])
{
	size_t n = sizeof(struct record_form);

	for (unsigned i = 0; i < RECORD_TEXTS; i++)
		n += texts[i].n;
	return n;
}

void record_form_put(void *out, struct record_form *f, const struct str texts[RECORD_TEXTS])
{
	char *p = (char *)out + sizeof *f;

	for (unsigned i = 0; i < RECORD_TEXTS; i++) {
		f->lengths[i] = (uint16_t)texts[i].n;
		if (texts[i].n != 0)
			memcpy(p, texts[i].p, texts[i].n);
		p += texts[i].n;
	}
	memcpy(out, f, sizeof *f);
}

int record_form_get(struct str record, struct record_form *f, struct str texts[RECORD_TEXTS])
{
	size_t at = sizeof *f;

	if (record.n < sizeof *f)
		return ERR_BAD;
	memcpy(f, record.p, sizeof *f);
	for (unsigned i = 0; i < RECORD_TEXTS; i++) {
		if (f->lengths[i] > record.n - at)
			return ERR_BAD;
		texts[i] = (struct str){record.p + at, f->lengths[i]};
		at += f->lengths[i];
	}
	return at == record.n ? 0 : ERR_BAD;
}

/* ---- text ---- */

static void put_address(struct str_out *o, const struct acl_address *a)
{
	char text[ACL_ADDRESS_TEXT];

	str_put(o, (struct str){text, acl_address_print(a, text)});
}

static void put_two(struct str_out *o, unsigned v)
{
	str_putc(o, (char)('0' + v / 10 % 10));
	str_putc(o, (char)('0' + v % 10));
}

/* "24/Nov/2026:23:36:41 +0000" */
static void put_clf_time(struct str_out *o, int64_t wall)
{
	char date[DATE_LENGTH]; /* "Sun, 06 Nov 1994 08:49:37 GMT" */

	date_print(wall, date);
	str_put(o, (struct str){date + 5, 2});
	str_putc(o, '/');
	str_put(o, (struct str){date + 8, 3});
	str_putc(o, '/');
	str_put(o, (struct str){date + 12, 4});
	str_putc(o, ':');
	str_put(o, (struct str){date + 17, 8});
	str_put(o, STR(" +0000"));
}

/* For quoted fields of the combined format: quotes, backslashes and controls as \xHH. */
static void put_quoted(struct str_out *o, struct str s)
{
	static const char hex[] = "0123456789abcdef";

	str_putc(o, '"');
	if (s.n == 0)
		str_putc(o, '-');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
			str_putc(o, (char)c);
			continue;
		}
		str_put(o, STR("\\x"));
		str_putc(o, hex[c >> 4]);
		str_putc(o, hex[c & 15]);
	}
	str_putc(o, '"');
}

/* A word without spaces or controls. */
static void put_word(struct str_out *o, struct str s)
{
	if (s.n == 0)
		str_putc(o, '-');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		str_putc(o, c <= ' ' || c >= 0x7f ? '_' : (char)c);
	}
}

static void put_request_line(struct str_out *o, const struct record_form *f, const struct str *t)
{
	char line[2400];
	struct str_out l = str_out_of(line, sizeof line);

	if (t[RECORD_METHOD].n == 0 && t[RECORD_TARGET].n == 0) {
		put_quoted(o, STR_NONE);
		return;
	}
	str_put(&l, t[RECORD_METHOD]);
	str_putc(&l, ' ');
	str_put(&l, t[RECORD_TARGET]);
	str_put(&l, f->minor == 0 ? STR(" HTTP/1.0") : STR(" HTTP/1.1"));
	put_quoted(o, str_range(line, l.at));
}

/* Apache's combined format, then the cache's part and the milliseconds. */
static void combined(struct str_out *o, const struct record_form *f, const struct str *t)
{
	put_address(o, &f->client);
	str_put(o, STR(" - - ["));
	put_clf_time(o, f->wall_ms / 1000);
	str_put(o, STR("] "));
	put_request_line(o, f, t);
	str_putc(o, ' ');
	str_put_u64(o, f->status);
	str_putc(o, ' ');
	str_put_u64(o, f->body_bytes);
	str_putc(o, ' ');
	put_quoted(o, t[RECORD_REFERER]);
	str_putc(o, ' ');
	put_quoted(o, t[RECORD_AGENT]);
	str_putc(o, ' ');
	put_word(o, t[RECORD_CACHE]);
	str_putc(o, ' ');
	str_put_u64(o, f->duration_ms);
}

/* squid's word for what the cache did. */
static struct str squid_word(const struct record_form *f, struct str word)
{
	if (str_eq(word, STR("HIT")))
		return f->status == 304 ? STR("TCP_IMS_HIT") : STR("TCP_HIT");
	if (str_eq(word, STR("MISS")))
		return STR("TCP_MISS");
	if (str_eq(word, STR("EXPIRED")))
		return STR("TCP_REFRESH_MODIFIED");
	if (str_eq(word, STR("REFRESHED")))
		return STR("TCP_REFRESH_UNMODIFIED");
	if (str_eq(word, STR("STALE")))
		return STR("TCP_STALE_HIT");
	if (str_eq(word, STR("TUNNEL")))
		return STR("TCP_TUNNEL");
	return f->status == 403 ? STR("TCP_DENIED") : STR("TCP_MISS");
}

/* "1732491401.123    45 192.0.2.1 TCP_HIT/200 1234 GET http://… - HIER_NONE/- text/html" */
static void squid(struct str_out *o, const struct record_form *f, const struct str *t)
{
	unsigned ms = (unsigned)(f->wall_ms % 1000);

	str_put_u64(o, (uint64_t)(f->wall_ms / 1000));
	str_putc(o, '.');
	str_putc(o, (char)('0' + ms / 100));
	put_two(o, ms % 100);
	str_putc(o, ' ');
	for (uint32_t pad = 100000; pad > 1 && f->duration_ms < pad; pad /= 10)
		str_putc(o, ' ');
	str_put_u64(o, f->duration_ms);
	str_putc(o, ' ');
	put_address(o, &f->client);
	str_putc(o, ' ');
	str_put(o, squid_word(f, t[RECORD_CACHE]));
	if (f->flags & (RECORD_GONE | RECORD_BROKEN))
		str_put(o, STR("_ABORTED"));
	str_putc(o, '/');
	str_put_u64(o, f->status);
	str_putc(o, ' ');
	str_put_u64(o, f->bytes);
	str_putc(o, ' ');
	put_word(o, t[RECORD_METHOD]);
	str_putc(o, ' ');
	put_word(o, t[RECORD_TARGET]);
	str_put(o, STR(" - "));
	if (t[RECORD_NEXT_HOP].n != 0) {
		str_put(o, STR("HIER_DIRECT/"));
		put_word(o, t[RECORD_NEXT_HOP]);
	} else {
		str_put(o, STR("HIER_NONE/-"));
	}
	str_putc(o, ' ');
	put_word(o, str_slice(t[RECORD_TYPE], 0, str_find(t[RECORD_TYPE], ';', 0)));
}

static void json(struct str_out *o, const struct record_form *f, const struct str *t)
{
	static const char *const names[RECORD_TEXTS] = {
	    "method", "target", "host",     "referer", "user_agent", "content_type",
	    "cache",  "why",    "listener", "rule",    "next_hop"};
	char address[ACL_ADDRESS_TEXT];

	str_put(o, STR("{\"time_ms\":"));
	str_put_u64(o, (uint64_t)f->wall_ms);
	json_put_text(o, "client", (struct str){address, acl_address_print(&f->client, address)});
	json_put_number(o, "status", f->status);
	json_put_number(o, "bytes", f->bytes);
	json_put_number(o, "body_bytes", f->body_bytes);
	json_put_number(o, "duration_ms", f->duration_ms);
	json_put_number(o, "first_byte_ms", f->first_byte_ms);
	for (unsigned i = 0; i < RECORD_TEXTS; i++)
		if (t[i].n != 0)
			json_put_text(o, names[i], t[i]);
	if (f->flags & RECORD_COLLAPSED)
		str_put(o, STR(",\"collapsed\":true"));
	if (f->flags & RECORD_STORED)
		str_put(o, STR(",\"stored\":true"));
	if (f->flags & RECORD_BROKEN)
		str_put(o, STR(",\"broken\":true"));
	if (f->flags & RECORD_GONE)
		str_put(o, STR(",\"client_gone\":true"));
	str_putc(o, '}');
}

size_t record_form_text(enum conf_log_format format, struct str record, char *out, size_t n)
{
	struct str_out o = str_out_of(out, n);
	struct record_form f;
	struct str texts[RECORD_TEXTS];

	if (record_form_get(record, &f, texts) != 0)
		return 0;
	switch (format) {
	case CONF_LOG_COMBINED:
		combined(&o, &f, texts);
		break;
	case CONF_LOG_SQUID:
		squid(&o, &f, texts);
		break;
	case CONF_LOG_JSON:
		json(&o, &f, texts);
		break;
	}
	str_putc(&o, '\n');
	return o.overflow ? 0 : (size_t)(o.at - out);
}
