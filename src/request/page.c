/* page.c - error pages in three forms. Called by respond. */
#include "request/page.h"
#include "base/json.h"
#include "http/value.h"

#define PAGE_MAX 4096
#define TARGET_MAX 300

static void put_html(struct str_out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '<':
			str_put(o, STR("&lt;"));
			break;
		case '>':
			str_put(o, STR("&gt;"));
			break;
		case '&':
			str_put(o, STR("&amp;"));
			break;
		case '"':
			str_put(o, STR("&quot;"));
			break;
		default:
			str_putc(o, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
		}
	}
}

static void put_plain(struct str_out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		str_putc(o, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

struct page {
	int status;
	struct str reason, why, target, server;
};

static void html(struct str_out *o, const struct page *p)
{
	str_put(o, STR("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	               "<meta name=\"viewport\" content=\"width=device-width\"><title>"));
	str_put_u64(o, (uint64_t)p->status);
	str_putc(o, ' ');
	put_html(o, p->reason);
	str_put(o, STR("</title><style>body{font-family:sans-serif;max-width:40em;margin:4em "
	               "auto;padding:0 1em;color:#222;background:#fff}h1{font-size:1.5em}code{"
	               "word-break:break-all}footer{margin-top:3em;color:#666}</style></head>\n"
	               "<body><h1>"));
	str_put_u64(o, (uint64_t)p->status);
	str_putc(o, ' ');
	put_html(o, p->reason);
	str_put(o, STR("</h1>\n<p>"));
	put_html(o, p->why);
	str_put(o, STR("</p>\n"));
	if (p->target.n != 0) {
		str_put(o, STR("<p>You asked for <code>"));
		put_html(o, p->target);
		str_put(o, STR("</code></p>\n"));
	}
	str_put(o, STR("<footer>"));
	put_html(o, p->server);
	str_put(o, STR(", a caching proxy</footer></body></html>\n"));
}

static void json(struct str_out *o, const struct page *p)
{
	str_put(o, STR("{\"status\":"));
	str_put_u64(o, (uint64_t)p->status);
	str_put(o, STR(",\"reason\":"));
	json_put(o, p->reason);
	str_put(o, STR(",\"why\":"));
	json_put(o, p->why);
	str_put(o, STR(",\"target\":"));
	json_put(o, p->target);
	str_put(o, STR(",\"server\":"));
	json_put(o, p->server);
	str_put(o, STR("}\n"));
}

static void text(struct str_out *o, const struct page *p)
{
	str_put_u64(o, (uint64_t)p->status);
	str_putc(o, ' ');
	put_plain(o, p->reason);
	str_put(o, STR(": "));
	put_plain(o, p->why);
	str_putc(o, '\n');
}

void page_make(struct arena *a, const struct msg *request, int status, const char *why,
               struct str server, struct str *type, struct str *body)
{
	char *mem = arena_alloc(a, PAGE_MAX);
	struct str_out o;
	struct page p = {.status = status,
	                 .reason = msg_reason(status),
	                 .why = str_slice(str_of(why), 0, 400),
	                 .target = str_slice(request->target, 0, TARGET_MAX),
	                 .server = server};
	bool wants_json = value_list_has(&request->fields, FIELD_ACCEPT, STR("application/json"));

	*type = STR("text/plain; charset=utf-8");
	*body = STR_NONE;
	if (mem == NULL)
		return;
	o = str_out_of(mem, PAGE_MAX);
	if (wants_json) {
		*type = STR("application/json");
		json(&o, &p);
	} else if (value_list_has(&request->fields, FIELD_ACCEPT, STR("text/html"))) {
		*type = STR("text/html; charset=utf-8");
		html(&o, &p);
	} else {
		text(&o, &p);
	}
	*body = o.overflow ? STR_NONE : str_range(mem, o.at);
}
