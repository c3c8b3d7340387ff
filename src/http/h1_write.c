/* h1_write.c - the writer of heads: the last look at every byte before it goes out. */
#include "http/h1_write.h"
#include "base/err.h"
#include "http/msg.h"

/* All of it was written, or nothing. */
static int settle(struct str_out *o, char *before)
{
	if (!o->overflow)
		return 0;
	o->at = before;
	o->overflow = false;
	return ERR_LIMIT;
}

static bool target_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x21 || (unsigned char)s.p[i] > 0x7E)
			return false;
	return s.n != 0;
}

int h1_write_request_line(struct str_out *o, struct str method, struct str target)
{
	char *before = o->at;

	if (!field_name_valid(method) || !target_valid(target))
		return ERR_BAD;
	str_put(o, method);
	str_putc(o, ' ');
	str_put(o, target);
	str_put(o, STR(" HTTP/1.1\r\n"));
	return settle(o, before);
}

int h1_write_status_line(struct str_out *o, int status, struct str reason)
{
	char *before = o->at;

	if (status < 100 || status > 599)
		return ERR_BAD;
	if (reason.n == 0 || !field_value_valid(reason))
		reason = msg_reason(status);
	str_put(o, STR("HTTP/1.1 "));
	str_put_u64(o, (uint64_t)status);
	str_putc(o, ' ');
	str_put(o, reason);
	str_put(o, H1_WRITE_CRLF);
	return settle(o, before);
}

/* The name is known to be fit. */
static int put_line(struct str_out *o, struct str name, struct str value)
{
	char *at = o->at;

	if (field_value_span(value.p, value.n) != value.n)
		return ERR_BAD;
	if ((size_t)(o->end - at) < name.n + value.n + 4)
		return ERR_LIMIT;
	memcpy(at, name.p, name.n);
	at += name.n;
	*at++ = ':';
	*at++ = ' ';
	if (value.n != 0)
		memcpy(at, value.p, value.n);
	at += value.n;
	*at++ = '\r';
	*at++ = '\n';
	o->at = at;
	return 0;
}

int h1_write_field(struct str_out *o, struct str name, struct str value)
{
	return field_name_valid(name) ? put_line(o, name, value) : ERR_BAD;
}

int h1_write_field_id(struct str_out *o, enum field_id id, struct str value)
{
	struct str name = field_name(id);

	return name.n != 0 ? put_line(o, name, value) : ERR_BAD;
}

int h1_write_field_u64(struct str_out *o, enum field_id id, uint64_t value)
{
	char text[20];
	struct str_out digits = str_out_of(text, sizeof text);

	str_put_u64(&digits, value);
	return h1_write_field_id(o, id, str_range(text, digits.at));
}

int h1_write_end(struct str_out *o)
{
	char *before = o->at;

	str_put(o, H1_WRITE_CRLF);
	return settle(o, before);
}

size_t h1_write_chunk_size(char line[H1_WRITE_CHUNK_LINE], uint64_t n)
{
	struct str_out o = str_out_of(line, H1_WRITE_CHUNK_LINE);

	str_put_hex(&o, n);
	str_put(&o, H1_WRITE_CRLF);
	return (size_t)(o.at - line);
}
