/* count_pure.c - does one piece of work of the pure rooms a given number of times, for a counter of
 * instructions. usage: count_pure WHAT TIMES    bench/instructions runs it under callgrind with two
 * numbers and takes the difference. request-head    parse the head of a browser's request (500
 * bytes) with its table of fields request-check   judge that head: framing, target, Host,
 * Connection response-head   parse the head of an answer response-check  judge it hit what policy
 * asks on a hit: directives, key and its hash, variant, freshness, conditions hit-conditional the
 * same for a request with If-None-Match and If-Modified-Since */
#include <stdio.h>
#include <stdlib.h>
#include "base/digest.h"
#include "base/obj.h"
#include "http/cache_control.h"
#include "http/condition.h"
#include "http/date.h"
#include "http/h1.h"
#include "policy/cache_key.h"
#include "policy/cache_reuse.h"

#define NOW 1764000000
#define FIELDS 64

static const char browser[] =
    "GET /articles/2025/11/a-longer-page.html?a HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: http://www.example.org/articles/2025/\r\n"
    "DNT: 1\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=8f14e45fceea167a; theme=dark\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Priority: u=0, i\r\n"
    "\r\n";
static const char conditional[] =
    "GET /articles/2025/11/a-page.html HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "If-None-Match: \"5f3-61a2b3c4d5e6f\"\r\n"
    "If-Modified-Since: Fri, 21 Nov 2025 10:11:12 GMT\r\n"
    "Cache-Control: max-age=0\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Date: Mon, 24 Nov 2025 16:00:00 GMT\r\n"
                             "Server: Apache/2.4.62 (Debian)\r\n"
                             "Last-Modified: Fri, 21 Nov 2025 10:11:12 GMT\r\n"
                             "ETag: \"5f3-61a2b3c4d5e6f\"\r\n"
                             "Accept-Ranges: bytes\r\n"
                             "Content-Length: 1523\r\n"
                             "Cache-Control: public, max-age=86400\r\n"
                             "Vary: Accept-Encoding\r\n"
                             "Keep-Alive: timeout=5, max=100\r\n"
                             "Connection: Keep-Alive\r\n"
                             "Content-Type: text/html; charset=utf-8\r\n"
                             "\r\n";

static struct field lines[FIELDS];
static struct arena arena;

static void parse_request(const char *p, size_t n, struct msg *m)
{
	struct h1_head head;

	h1_head_init(&head);
	AN(h1_parse_request(&head, &h1_limits_request, p, n, m, lines, FIELDS) == (ssize_t)n);
}

static void parse_response(struct msg *m)
{
	struct h1_head head;

	h1_head_init(&head);
	AN(h1_parse_response(&head, &h1_limits_response, answer, sizeof answer - 1, m, lines,
	                     FIELDS) == (ssize_t)sizeof answer - 1);
}

static void check_request(struct msg *m)
{
	AZ(msg_request_check(m, &arena).status);
}

/* As the steps SCREEN to DELIVER ask, without the store. max-age=0 makes the second one stale; its
 * conditions are judged all the same, as after a validation. */
static void hit(const struct msg *m)
{
	static const struct stored stored = {
	    .status = 200, .response_time = NOW - 100, .date = NOW - 100, .fresh_secs = 86400};
	static const struct digest_key key = {{1, 2, 3}};
	const struct condition_selected selected = {.etag = STR("\"5f3-61a2b3c4d5e6f\""),
	                                            .last_modified = NOW - 300000,
	                                            .date = NOW - 100,
	                                            .status = 200};
	struct cache_control cc;
	struct cache_reuse_verdict verdict;
	struct str canonical, values;
	struct digest_128 hash;

	cache_control_request(&m->fields, &cc);
	AZ(cache_key_make(&arena, m, &m->uri, NULL, STR_NONE, &canonical));
	hash = digest_sip128(&key, canonical.p, canonical.n);
	AN(hash.h[0] | hash.h[1]);
	AZ(cache_key_variant(&arena, STR("accept-encoding\0"), &m->fields, &values));
	cache_reuse_judge(&stored, &cc, 0, NOW, &verdict);
	AN(verdict.why != NULL);
	if (condition_present(&m->fields))
		AN(condition_evaluate(&m->fields, METHOD_GET, &selected, NOW) ==
		   CONDITION_NOT_MODIFIED);
	arena_reset(&arena);
}

static struct msg message;

static void do_nothing(void)
{
	__asm__ volatile("");
}
static void do_request_head(void)
{
	parse_request(browser, sizeof browser - 1, &message);
}
static void do_request_check(void)
{
	check_request(&message);
}
static void do_response_head(void)
{
	parse_response(&message);
}
static void do_response_check(void)
{
	AZ(msg_response_check(&message, METHOD_GET).status);
}
static void do_hit(void)
{
	hit(&message);
}

static const struct work {
	const char *what;
	void (*once)(void);
} works[] = {
    {"nothing", do_nothing},
    {"request-head", do_request_head},
    {"request-check", do_request_check},
    {"response-head", do_response_head},
    {"response-check", do_response_check},
    {"hit", do_hit},
    {"hit-conditional", do_hit},
};

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long times = argc > 2 ? atol(argv[2]) : 1;
	const struct work *work = works;
	bool response = strncmp(what, "response", 8) == 0;

	while (strcmp(work->what, what) != 0)
		if (++work == works + COUNT_OF(works))
			return 2;
	arena_init(&arena, 0);
	if (response) {
		parse_response(&message);
	} else {
		if (strcmp(what, "hit-conditional") == 0)
			parse_request(conditional, sizeof conditional - 1, &message);
		else
			parse_request(browser, sizeof browser - 1, &message);
		check_request(&message);
	}
	for (long i = 0; i < times; i++)
		work->once();
	printf("%zu\n", response ? sizeof answer - 1 : sizeof browser - 1);
	arena_fini(&arena);
	return 0;
}
