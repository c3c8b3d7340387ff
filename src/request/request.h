/* request.h - one client's question, from its head to its last byte (DESIGN 2).
 *
 * A session makes it with request_start and hears sink->ops->finished once. The way is the table
 * include/tbl/steps.h, run by machine.c; request_goto alone writes the step. Everything it opens is
 * closed in FINISH; its memory is its arena.                                                         */
#ifndef REQUEST_REQUEST_H
#define REQUEST_REQUEST_H

#include "base/arena.h"
#include "http/cache_control.h"
#include "http/msg.h"
#include "net/loop.h"
#include "request/fill.h"
#include "request/pump.h"
#include "request/sink.h"
#include "source/source_cache.h"
#include "source/source_local.h"

enum request_step {
#define STEP(name, fn, text) REQUEST_##name,
#include "tbl/steps.h"
#undef STEP
	REQUEST_STEP_COUNT
};

/* How the cache took part: Cache-Status and log. */
enum request_cache { REQUEST_CACHE_NONE, REQUEST_CACHE_HIT, REQUEST_CACHE_MISS, REQUEST_CACHE_STALE, REQUEST_CACHE_REFRESHED,
	REQUEST_CACHE_STALE_SERVED, REQUEST_CACHE_BYPASS, REQUEST_CACHE_TUNNEL };

struct tunnel;

#define REQUEST_MAGIC 0x4e90e571
struct request {
	unsigned magic;
	enum request_step step;
	bool running, moved;             /* inside the machine; something it waits for moved meanwhile */
	bool late, gone;                 /* the deadline passed; the client left */
	struct arena arena;
	struct sink *sink;
	const struct conf *conf;
	struct msg msg;                  /* fields and strings in the arena; msg.uri is the target */
	struct msg_verdict verdict;      /* of the head */
	struct cache_control cc;         /* of the request */
	int64_t started_ms, started_wall_ms;
	struct loop_timer deadline;
	struct loop_call again;          /* runs the machine from a clean stack */

	/* ROUTE */
	int pool;
	bool private_destinations, may_store, wants_tunnel, wants_upgrade;
	const char *bypass;              /* why the cache is not used */

	/* LOOKUP, FOLLOW */
	struct store_key key;
	struct store_wait wait;
	bool waits_for_store;
	struct source_cache_asker asker;
	uint64_t commits;
	bool joined_early;               /* followed the fill before its head was known */
	struct source_cache cached;      /* hit, or the stale one */
	bool have_stale;
	unsigned lookups;                /* bounded */
	struct follower follower;
	bool following;

	/* DELIVER */
	struct source_local local;
	struct source *source;
	struct pump pump;
	struct msg answer;               /* the head that goes out; made by respond */
	struct {
		uint64_t length;         /* of the body that goes out, SINK_UNKNOWN */
		bool no_body, inflate;
		unsigned parts;          /* ranges: 0 = the whole */
		struct range_set *ranges;
		struct str boundary, type;
		uint64_t total;
	} plan;
	int status;                      /* of the answer, for the log */
	bool head_sent, body_sent;

	/* TUNNEL */
	struct tunnel *tunnel;

	/* REFUSE, log */
	int refuse_status;
	const char *why;                 /* static or arena text: the verdict that decided */
	const char *proxy_error;
	struct str next_hop;
	struct str rule;                 /* access rule that decided */
	enum request_cache cache;
	const char *fwd;                 /* why the cache sent it on (RFC 9211 2.2); NULL: it did not */
	const char *detail;              /* Cache-Status detail: why (not) stored or reused */
	uint32_t age;
	int64_t ttl;                     /* freshness left, seconds */
	bool have_ttl;
	int origin_status;               /* what the origin answered, 0 = not asked or unknown */
	bool collapsed, stored;
	int64_t first_byte_ms;
	bool broken;
	struct list link;                /* of all running requests: for drain and for asserts */
};

/* A request over a parsed head: msg's strings point into head[0, n), which is copied. The head is judged (msg_request_check) at
 * once: request_msg() tells the session its framing. NULL when there is no memory (the session closes). */
struct request *request_new(struct sink *sink, const struct msg *msg, const char *head, size_t n);
/* A request whose head could not be parsed: request_run answers it with status, then the connection closes. msg may be NULL. */
struct request *request_new_refused(struct sink *sink, const struct msg *msg, int status, const char *why);
/* The judged head: body, length, keep_alive, expect_continue, method. Valid until request_run. */
static inline const struct msg *request_msg(const struct request *r) { return &r->msg; }
/* True when nothing after this head may be read as a request (framing error). */
static inline bool request_must_close(const struct request *r) { return r->verdict.status != 0 && r->verdict.close; }
/* Runs the machine; the request may have finished (and been freed) when it returns: the session hears it by sink->ops->finished. */
void request_run(struct request *r);
void request_writable(struct request *r);
void request_body_ready(struct request *r);
void request_client_gone(struct request *r);   /* the client closed or broke: finish without answer */

void request_goto(struct request *r, enum request_step step);
/* Sends the request to REFUSE; why: static or in its arena. */
void request_refuse(struct request *r, int status, const char *why);
/* Runs the machine soon, from a clean stack (wake-ups). */
void request_again(struct request *r);
/* The step that waits is run again at clock_ms() `ms`, with r->late set. Leaving the step cancels it. */
void request_wait_until(struct request *r, int64_t ms);
const char *request_step_name(enum request_step step);
unsigned request_running(void);
/* What the requests inside the machine are doing, for a failed assert's log line. */
void request_describe(struct str_out *o);
/* Only by the step FINISH. */
void request_free(struct request *r);

#endif
