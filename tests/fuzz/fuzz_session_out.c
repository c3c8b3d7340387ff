/* fuzz_session_out.c - what an origin's connection carries: the same answers however the bytes are
 * cut, none behind a framing error, and a second, naive reader finds each of them too.
 *
 * First line of the input: the requests that are answered, a letter each (G HEAD as H, P, CONNECT
 * as C, U for a GET that offers Upgrade: websocket); then the stream, to its orderly end. The loop
 * is that of source/source_http_in.c, but that weir never reads a second answer from bytes that
 * came with the first: it closes such a connection. Here they are read, to compare more. */
#include "fuzz_session.h"
#include "http/value.h"
#include "source/source_http.h"

static const struct h1_limits small = {60, 0, 200, 6, 0};
static struct field room[SESSION_FIELDS];

struct session {
	struct stream s;
	const struct h1_limits *lim;
	struct str asked; /* letters that were not answered yet */
	unsigned interim;
	struct reading *r;
};

static bool over(struct session *x, enum session_end end)
{
	x->r->end = end;
	x->r->status = end == SESSION_REFUSED ? 502 : 0;
	return false;
}

static enum msg_method method_of(char letter)
{
	switch (letter) {
	case 'H':
		return METHOD_HEAD;
	case 'P':
		return METHOD_POST;
	case 'C':
		return METHOD_CONNECT;
	default:
		return METHOD_GET;
	}
}

/* Is what was chosen websocket, and nothing else (upgrade_fits)? */
static bool upgrade_fits(const struct session *x, const struct msg *m)
{
	struct value_list it;
	struct str one;
	bool any = false;

	if (x->asked.p[0] != 'U')
		return false;
	value_list_init_str(&it, m->upgrade);
	while (value_list_next(&it, &one)) {
		if (!str_ieq(one, STR("websocket")))
			return false;
		any = true;
	}
	return any;
}

static bool take_body(struct session *x, const struct msg *m, struct session_message *out)
{
	struct h1_body b;
	struct arena a;
	struct fields trailers;
	size_t before = x->r->data_n;
	enum h1_body_result result;

	arena_init(&a, 1 << 18);
	h1_body_init(&b, (enum msg_body)m->body, m->length, 502, &a, &trailers);
	result = stream_body(&x->s, &b, x->r);
	if (result == H1_BODY_MORE && h1_body_eof(&b) == H1_BODY_END)
		result = H1_BODY_END;
	out->content = x->r->data_n - before;
	FUZZ_CHECK(out->content == b.received);
	for (unsigned i = 0; i < trailers.n; i++)
		FUZZ_CHECK(h1_body_trailer_allowed(&trailers.v[i]));
	arena_fini(&a);
	out->end = x->s.at;
	out->complete = result == H1_BODY_END;
	if (!out->complete)
		return over(x, result == H1_BODY_MORE ? SESSION_CUT : SESSION_REFUSED);
	return m->keep_alive || over(x, SESSION_LAST);
}

/* A head of n bytes was parsed. False: over. */
static bool take_message(struct session *x, struct msg *m, size_t n)
{
	struct session_message *out = &x->r->m[x->r->n];
	enum msg_method method = method_of(x->asked.p[0]);
	struct msg_verdict v = msg_response_check(m, method);
	bool go_on;

	FUZZ_CHECK((v.status == 0) == (v.why == NULL) && (v.status == 0 || v.status == 502));
	if (v.status != 0)
		return over(x, SESSION_REFUSED);
	if (x->r->n == SESSION_MESSAGES)
		return over(x, SESSION_FULL);
	if (m->status == 101 && !upgrade_fits(x, m))
		return over(x, SESSION_REFUSED);
	*out = (struct session_message){.at = x->s.at, .body = x->s.at + n, .status = m->status};
	x->s.at += n;
	x->r->n++;
	if (m->status < 200) {
		out->complete = true;
		out->end = out->body;
		if (m->status == 101)
			return over(x, SESSION_OTHER);
		return ++x->interim <= SOURCE_HTTP_INTERIM_MAX || over(x, SESSION_REFUSED);
	}
	go_on = take_body(x, m, out);
	if (method == METHOD_CONNECT && m->status < 300)
		return over(x, SESSION_OTHER);
	x->asked = (struct str){x->asked.p + 1, x->asked.n - 1};
	x->interim = 0;
	return go_on;
}

/* One head, read on as bytes come, each time at another place. False: over. */
static bool take_head(struct session *x)
{
	struct h1_head head;
	struct msg m;
	char *last = NULL;
	ssize_t n = 0;
	bool go_on = true;

	h1_head_init(&head);
	do {
		char *copy = stream_copy(&x->s);

		if (x->s.have > x->s.at)
			n = h1_parse_response(&head, x->lim, copy, x->s.have - x->s.at, &m, room,
			                      SESSION_FIELDS);
		free(last);
		last = copy;
	} while (n == 0 && stream_more(&x->s));
	if (n > 0)
		go_on = take_message(x, &m, (size_t)n);
	else
		go_on = over(x, n < 0 ? SESSION_REFUSED : SESSION_CUT);
	free(last);
	return go_on;
}

static void read_stream(struct reading *r, const struct h1_limits *lim, struct str asked,
                        struct str all, unsigned seed, unsigned step)
{
	struct session x = {.s = {.p = all.p, .n = all.n, .seed = seed, .step = step},
	                    .lim = lim,
	                    .asked = asked,
	                    .r = r};

	reading_init(r, all.n);
	r->end = SESSION_LAST;
	while (x.asked.n > 0 && take_head(&x))
		;
}

/* ---- the other reader ---- */

/* HTTP-version SP status-code SP [ reason-phrase ] (4): the status, or 0 */
static int other_status(struct str line, unsigned *minor)
{
	int status = 0;

	if (line.n < 13 || !naive_version((struct str){line.p, 8}, minor) || line.p[8] != ' ' ||
	    line.p[12] != ' ')
		return 0;
	for (unsigned i = 9; i < 12; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return 0;
		status = status * 10 + line.p[i] - '0';
	}
	return status;
}

/* Message body of a response (6.3), to the end of the stream if nothing else ends it. *last: the
 * connection ends with it. */
static bool other_body(const struct naive_head *h, char asked, int status, struct str all,
                       struct naive_body *b, bool *last)
{
	struct str coding, length;
	unsigned te = naive_count(h, "Transfer-Encoding", &coding);
	unsigned cl = naive_count(h, "Content-Length", &length);
	uint64_t n;

	b->n = 0;
	if (status < 200 || status == 204 || status == 304 || asked == 'H' ||
	    (asked == 'C' && status < 300))
		return naive_sized(all, h->end, 0, b);
	if (te > 0) {
		*last = *last || cl > 0;
		return te == 1 && naive_is(coding, "chunked") && naive_chunked(all, h->end, b);
	}
	if (cl > 0)
		return cl == 1 && naive_length(length, &n) && naive_sized(all, h->end, n, b);
	*last = true;
	return naive_sized(all, h->end, all.n - h->end, b);
}

static void other_agrees(const struct reading *r, struct str asked, struct str all)
{
	static struct naive_head h;
	struct naive_body b = {.data = malloc(all.n + 1)};
	size_t at = 0, data = 0;
	unsigned minor;

	FUZZ_CHECK(b.data != NULL);
	for (unsigned i = 0; i < r->n && r->m[i].complete; i++) {
		const struct session_message *m = &r->m[i];
		bool last;

		FUZZ_CHECK(m->at == at && naive_head(all, at, &h) && h.end == m->body);
		FUZZ_CHECK(h.start.p == all.p + at); /* no empty lines before a response */
		FUZZ_CHECK(other_status(h.start, &minor) == m->status && m->status >= 100 &&
		           m->status <= 599);
		last = m->status >= 200 && !naive_persists(&h, minor);
		FUZZ_CHECK(other_body(&h, asked.p[0], m->status, all, &b, &last));
		FUZZ_CHECK(b.end == m->end && b.n == m->content);
		FUZZ_CHECK(memcmp(b.data, r->data + data, b.n) == 0);
		FUZZ_CHECK(!last || i + 1 == r->n);
		data += m->content;
		at = m->end;
		if (m->status >= 200)
			asked = (struct str){asked.p + 1, asked.n - 1};
	}
	free(b.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading whole, other;
	const char *line = memchr(data, '\n', size);
	unsigned seed = stream_seed(data, size);
	const struct h1_limits *lim = seed % 4 == 0 ? &small : &h1_limits_response;
	const unsigned steps[] = {1, 0, 2 + seed % 61};
	struct str asked, all;

	if (line == NULL)
		return 0;
	asked = str_range((const char *)data, line);
	all = str_range(line + 1, (const char *)data + size);
	read_stream(&whole, lim, asked, all, seed, (unsigned)size + 1);
	for (unsigned i = 0; i < 3; i++) {
		read_stream(&other, lim, asked, all, seed, steps[i]);
		same_messages(&whole, &other);
		FUZZ_CHECK(whole.end == other.end && whole.status == other.status);
		free(other.data);
	}
	other_agrees(&whole, asked, all);
	free(whole.data);
	return 0;
}
