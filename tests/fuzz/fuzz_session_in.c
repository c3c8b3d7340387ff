/* fuzz_session_in.c - what a client's connection carries: the same requests however the bytes are
 * cut, none behind a framing error, and a second, naive reader finds each of them too.
 *
 * The loop is that of client/h1_session_in.c and h1_session_body.c without socket and machine; it
 * ends where another protocol may follow (CONNECT, Upgrade). */
#include "fuzz_session.h"
#include "client/opening.h"

static const struct h1_limits small = {60, 8, 200, 6, 2};
static struct field room[SESSION_FIELDS];

struct session {
	struct stream s;
	const struct h1_limits *lim;
	size_t seen;
	bool opened;
	struct reading *r;
};

static bool crosses(size_t limit, size_t seen, size_t n)
{
	return seen <= limit && n > limit;
}

static bool worth_parsing(const struct session *x, const char *p, size_t n)
{
	size_t line = x->lim->line + 2;

	return n > x->seen && (x->seen == 0 || n >= 2 * x->seen || crosses(line, x->seen, n) ||
	                       crosses(line + 2 * x->lim->empty_lines, x->seen, n) ||
	                       crosses(x->lim->head, x->seen, n) ||
	                       memchr(p + x->seen, '\n', n - x->seen) != NULL);
}

static bool over(struct session *x, enum session_end end, int status)
{
	x->r->end = end;
	x->r->status = status;
	return false;
}

static void note_host(struct session_message *m, const struct uri *u)
{
	FUZZ_CHECK(u->host.n <= URI_HOST_MAX);
	if (u->host.n > 0)
		memcpy(m->host, u->host.p, u->host.n);
	m->host[u->host.n] = '\0';
	m->port = u->port;
}

/* Strings of the copy at `from`, as strings of the stream. */
static struct str of_stream(const struct session *x, struct str s, const char *from)
{
	return (struct str){x->s.p + x->s.at + (s.p - from), s.n};
}

/* Takes the body. False: nothing more on this connection is a request. */
static bool take_body(struct session *x, const struct msg *m, struct session_message *out)
{
	struct h1_body b;
	size_t before = x->r->data_n;
	enum h1_body_result result;

	h1_body_init(&b, (enum msg_body)m->body, m->length, 400, NULL, NULL);
	result = stream_body(&x->s, &b, x->r);
	out->content = x->r->data_n - before;
	FUZZ_CHECK(out->content == b.received);
	out->end = x->s.at;
	if (result == H1_BODY_BAD)
		return over(x, SESSION_REFUSED, b.status);
	if (result == H1_BODY_MORE)
		return over(x, SESSION_CUT, 0);
	out->complete = true;
	return m->keep_alive || over(x, SESSION_LAST, 0);
}

/* A head of n bytes was parsed from `copy`. False: nothing more is a request. */
static bool take_message(struct session *x, struct msg *m, size_t n, const char *copy)
{
	struct session_message *out = &x->r->m[x->r->n];
	struct msg_verdict v;
	struct arena a;
	bool go_on, opaque;

	if (x->r->n == SESSION_MESSAGES)
		return over(x, SESSION_FULL, 0);
	arena_init(&a, 1 << 18);
	*out = (struct session_message){.at = x->s.at,
	                                .body = x->s.at + n,
	                                .end = x->s.at + n,
	                                .method = of_stream(x, m->method_name, copy),
	                                .target = of_stream(x, m->target, copy)};
	v = msg_request_check(m, &a);
	FUZZ_CHECK((v.status == 0) == (v.why == NULL));
	note_host(out, &m->uri);
	arena_fini(&a);
	if (v.status != 0 && v.close)
		return over(x, SESSION_REFUSED, v.status);
	x->s.at += n;
	x->seen = 0;
	x->r->n++;
	out->status = v.status;
	opaque = v.status == 0 && (m->method == METHOD_CONNECT || m->upgrade.n != 0);
	go_on = take_body(x, m, out);
	return opaque ? over(x, SESSION_OTHER, 0) : go_on;
}

static bool is_http1(struct session *x, const char *p, size_t n)
{
	enum opening o = opening_of(p, n);

	if (o == OPENING_MORE)
		return false;
	x->opened = true;
	return o == OPENING_HTTP1 || over(x, SESSION_OTHER, 0);
}

/* Parses what is there. False: over. */
static bool parse(struct session *x, bool *more)
{
	size_t have = x->s.have - x->s.at;
	char *copy = stream_copy(&x->s);
	bool go_on = true;
	struct h1_head head;
	struct msg m;
	ssize_t n;

	h1_head_init(&head);
	n = h1_parse_request(&head, x->lim, copy, have, &m, room, SESSION_FIELDS);
	*more = n == 0;
	x->seen = have;
	if (n > 0)
		go_on = take_message(x, &m, (size_t)n, copy);
	else if (n < 0)
		go_on = over(x, SESSION_REFUSED, head.status);
	free(copy);
	return go_on;
}

/* One turn with what is there. False: over. *more: it is not enough. */
static bool use_bytes(struct session *x, bool *more)
{
	const char *p = x->s.p + x->s.at;
	size_t have = x->s.have - x->s.at;

	*more = true;
	if (have == 0 || !worth_parsing(x, p, have))
		return true;
	if (!x->opened && !is_http1(x, p, have))
		return !x->opened;
	return parse(x, more);
}

static void read_stream(struct reading *r, const struct h1_limits *lim, struct str all,
                        unsigned seed, unsigned step)
{
	struct session x = {
	    .s = {.p = all.p, .n = all.n, .seed = seed, .step = step}, .lim = lim, .r = r};
	bool more;

	reading_init(r, all.n);
	r->end = SESSION_CUT;
	while (use_bytes(&x, &more))
		if (more && !stream_more(&x.s))
			break;
}

/* ---- the other reader ---- */

struct other {
	struct naive_head head;
	struct str method, target, host;
	unsigned minor;
	struct naive_body body;
	bool last;
};

/* method SP request-target SP HTTP-version (3) */
static bool other_line(struct other *o)
{
	struct str s = o->head.start;
	const char *first = memchr(s.p, ' ', s.n);
	const char *second = first == NULL ? NULL : memrchr(s.p, ' ', s.n);

	if (first == NULL || second == first)
		return false;
	o->method = (struct str){s.p, (size_t)(first - s.p)};
	o->target = (struct str){first + 1, (size_t)(second - first - 1)};
	for (size_t i = 0; i < o->target.n; i++) /* a URI has no other bytes (RFC 3986 2) */
		if (o->target.p[i] <= ' ' || o->target.p[i] > '~' || o->target.p[i] == '#')
			return false;
	return o->target.n > 0 && naive_token(o->method) &&
	       naive_version((struct str){second + 1, s.n - (size_t)(second + 1 - s.p)}, &o->minor);
}

/* The authority that the request is for: of the target, else of its one Host (3.2, 3.3). */
static bool other_host(struct other *o)
{
	unsigned hosts = naive_count(&o->head, "Host", &o->host);
	size_t at = 0, end;

	if (hosts > 1 || (hosts == 0 && o->minor > 0))
		return false;
	if (hosts == 0)
		o->host = (struct str){"", 0};
	if (naive_is(o->method, "CONNECT") && o->method.p[0] == 'C')
		o->host = o->target;
	if (o->target.p[0] == '/' || naive_is(o->target, "*") || o->host.p == o->target.p)
		return true;
	while (at + 2 < o->target.n && memcmp(o->target.p + at, "://", 3) != 0)
		at++;
	if (at + 2 >= o->target.n)
		return false;
	at += 3;
	for (end = at; end < o->target.n && strchr("/?", o->target.p[end]) == NULL;)
		if (o->target.p[end++] == '@')
			at = end;
	o->host = (struct str){o->target.p + at, end - at};
	return o->host.n > 0;
}

/* Message body of a request (6.3), and whether it is the last. */
static bool other_body(struct other *o, struct str all)
{
	struct str coding, length;
	unsigned te = naive_count(&o->head, "Transfer-Encoding", &coding);
	unsigned cl = naive_count(&o->head, "Content-Length", &length);
	uint64_t n = 0;

	o->body.n = 0;
	o->last = !naive_persists(&o->head, o->minor);
	if (te > 0)
		return te == 1 && cl == 0 && o->minor > 0 && naive_is(coding, "chunked") &&
		       naive_chunked(all, o->head.end, &o->body);
	if (cl > 1 || (cl == 1 && !naive_length(length, &n)))
		return false;
	return naive_sized(all, o->head.end, n, &o->body);
}

/* host[:port] of ours against the text of the other: names by letter, without a last dot. */
static void same_host(const struct session_message *m, struct str host)
{
	size_t n = strlen(m->host);
	struct str port;

	if (m->host[0] == '[') { /* ours is in the form of RFC 5952 */
		FUZZ_CHECK(host.n > 0 && host.p[0] == '[');
		return;
	}
	FUZZ_CHECK(host.n >= n && strncasecmp(m->host, host.p, n) == 0);
	port = (struct str){host.p + n, host.n - n};
	if (n > 0 && port.n > 0 && port.p[0] == '.')
		port = (struct str){port.p + 1, port.n - 1};
	if (port.n > 0) {
		FUZZ_CHECK(port.p[0] == ':' && port.n <= 6);
		FUZZ_CHECK((unsigned)atoi(strndupa(port.p + 1, port.n - 1)) == m->port);
	}
}

/* Each complete request of ours is one of the other's, at the same place, one behind the other. */
static void other_agrees(const struct reading *r, struct str all)
{
	static struct other o;
	size_t at = 0, data = 0;

	o.body.data = malloc(all.n + 1);
	FUZZ_CHECK(o.body.data != NULL);
	for (unsigned i = 0; i < r->n && r->m[i].complete; i++) {
		const struct session_message *m = &r->m[i];

		FUZZ_CHECK(m->at == at && naive_head(all, at, &o.head) && o.head.end == m->body);
		FUZZ_CHECK(other_line(&o) && other_host(&o));
		FUZZ_CHECK(same_text(o.method, m->method) && same_text(o.target, m->target));
		same_host(m, o.host);
		FUZZ_CHECK(other_body(&o, all) && o.body.end == m->end);
		FUZZ_CHECK(o.body.n == m->content &&
		           memcmp(o.body.data, r->data + data, o.body.n) == 0);
		FUZZ_CHECK(!o.last || i + 1 == r->n);
		FUZZ_CHECK(!o.last || r->end == SESSION_LAST || r->end == SESSION_OTHER);
		data += m->content;
		at = m->end;
	}
	free(o.body.data);
}

/* ---- ---- */

/* Behind an error, and behind a last request, a whole request is none. */
static void nothing_follows(const struct reading *r, const struct h1_limits *lim, struct str all,
                            unsigned seed)
{
	static const char request[] = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
	char *longer = malloc(all.n + sizeof request);
	struct reading again;

	FUZZ_CHECK(longer != NULL);
	memcpy(longer, all.p, all.n);
	memcpy(longer + all.n, request, sizeof request);
	for (unsigned i = 0; i < r->n; i++)
		FUZZ_CHECK(i + 1 == r->n || r->m[i].complete);
	read_stream(&again, lim, (struct str){longer, all.n + sizeof request - 1}, seed, 0);
	FUZZ_CHECK(again.end == r->end && again.status == r->status && again.n == r->n);
	free(again.data);
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading whole, other;
	struct str all = {(const char *)data, size};
	unsigned seed = stream_seed(data, size);
	const struct h1_limits *lim = seed % 4 == 0 ? &small : &h1_limits_request;
	const unsigned steps[] = {1, 0, 2 + seed % 61};

	read_stream(&whole, lim, all, seed, (unsigned)size + 1);
	for (unsigned i = 0; i < 3; i++) {
		read_stream(&other, lim, all, seed, steps[i]);
		same_messages(&whole, &other);
		/* a line that is wrong and never ends may be told at its end only */
		FUZZ_CHECK(whole.end == other.end || other.end == SESSION_CUT);
		FUZZ_CHECK(whole.end != other.end || whole.status == other.status);
		free(other.data);
	}
	other_agrees(&whole, all);
	if (whole.end == SESSION_REFUSED || whole.end == SESSION_LAST)
		nothing_follows(&whole, lim, all, seed);
	free(whole.data);
	return 0;
}
