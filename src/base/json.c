/* json.c - JSON out. */
#include "base/json.h"

void json_put(struct str_out *o, struct str s)
{
	static const char hex[] = "0123456789abcdef";

	str_putc(o, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\') {
			str_putc(o, '\\');
			str_putc(o, (char)c);
		} else if (c < ' ' || c >= 0x7f) {
			str_put(o, STR("\\u00"));
			str_putc(o, hex[c >> 4]);
			str_putc(o, hex[c & 15]);
		} else {
			str_putc(o, (char)c);
		}
	}
	str_putc(o, '"');
}

static void put_name(struct str_out *o, const char *name)
{
	str_putc(o, ',');
	json_put(o, str_of(name));
	str_putc(o, ':');
}

void json_put_text(struct str_out *o, const char *name, struct str s)
{
	put_name(o, name);
	json_put(o, s);
}

void json_put_number(struct str_out *o, const char *name, uint64_t v)
{
	put_name(o, name);
	str_put_u64(o, v);
}
