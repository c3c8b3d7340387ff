/* fill_steps.h - what a fill is made of, and its steps; only for the files fill*.c and follower.c.
 *
 * fill.c runs the table include/tbl/fill_steps.h; fill_goto() alone writes the step. Events of the
 * exchange (source_http), of DNS, the store and the clock move the step and run the machine. A fill
 * ends by fill_end(), which may come from anywhere, also from inside a call to a follower; its
 * memory goes at the end of that turn at the earliest, so who comes back from a call only has to
 * look at f->ended. */
#ifndef REQUEST_FILL_STEPS_H
#define REQUEST_FILL_STEPS_H

#include "http/coding.h"
#include "net/dns.h"
#include "policy/stored.h"
#include "request/fill.h"
#include "source/source_cache.h"
#include "source/source_http.h"

enum fill_step {
#define FILL_STEP(name, fn, text) FILL_STEP_##name,
#include "tbl/fill_steps.h"
#undef FILL_STEP
	FILL_STEP_COUNT
};

enum fill_result {
	FILL_GO,   /* the step moved: run on */
	FILL_STAY, /* an event will run it again */
	FILL_OVER
};

/* The request's body on its way to the origin. */
enum fill_sending {
	FILL_SENDING_NOTHING,   /* none, or all sent, or given up */
	FILL_SENDING_LATER,     /* waits for the connection */
	FILL_SENDING_AFTER_100, /* Expect: for the origin's 100, or a second */
	FILL_SENDING_NOW
};

struct fill_aim {
	bool chosen;     /* a host was chosen in this round */
	int server;      /* of the pool, -1 */
	uint64_t tried;  /* servers of the pool */
	struct str host; /* in normal form, IPv6 in brackets */
	uint16_t port;
	struct dns_query *query;
	int status;             /* of the lookup */
	union conn_address *at; /* judged ones */
	int count;
	unsigned own, denied; /* addresses that were left out */
	const char *why;      /* of the last denied one */
};

#define FILL_MAGIC 0xf1110f11
struct fill {
	unsigned magic;
	enum fill_step step;
	bool running, again; /* inside the machine; run once more */
	bool quiet;          /* inside fill_follow: no follower is called */
	bool ended;
	bool behind; /* nobody needs to follow */
	struct arena arena;
	const struct conf *conf;
	const struct conf_listener *listener;
	struct list link;   /* of all fills of this worker */
	struct list bucket; /* of those that can be joined, by key */
	struct list followers;
	unsigned follower_count;
	struct loop_timer deadline;
	struct loop_call reap, wanted, soon;

	/* the question */
	struct msg request; /* copied; uri in it */
	struct source_cache_asker asker;
	struct store_key key;
	bool shared; /* for the cache: owns a flight */
	struct flight_ref flight;
	uint64_t commits;
	struct store_entry stale; /* kept in the arena; magic 0 = none */
	struct fields stale_fields;
	struct str text;    /* the request head as it goes out; {NULL,0} = to be made */
	bool conditional;   /* the exchange under way asks for validation */
	bool unconditional; /* the answer to that was of no use */
	int pool;
	bool private_destinations, tunnel, upgrade;
	struct str client;
	struct sink *body;
	enum fill_sending sending;

	struct fill_aim aim;
	struct source_http http;
	bool fresh_only; /* a reused connection has failed once */
	bool private_address;
	int64_t request_time, response_time;

	/* the answer */
	const struct msg *head; /* while JUDGE runs */
	struct str raw;
	const char *not_stored;
	struct store_writer *writer;
	struct store_wait write_wait;
	bool waits_store;
	struct coding *deflate;
	struct buf pending; /* deflated bytes that the store did not take yet */
	struct loop_timer flush; /* what deflate holds back goes out, though the origin is silent */
	bool answer_ended; /* the exchange is over, `pending` may not be */
	bool complete;
	const char *window; /* bytes [window_at, window_at + window_n) while followers are told */
	uint64_t window_at;
	size_t window_n;
	uint64_t received;            /* bytes that were stored, or taken by the one follower */
	uint64_t moved, moved_before; /* bytes both ways, for the minimum rate */
	bool held_up;                 /* in this window by a client or the store */

	/* why it failed */
	int err, status;
	const char *why, *proxy_error;
	struct str next_hop; /* who was asked */
};

/* ---- fill.c ---- */
void fill_goto(struct fill *f, enum fill_step step);
void fill_run(struct fill *f);
/* The same from a clean stack: an exchange cannot begin inside a call of the one before. */
void fill_run_soon(struct fill *f);
/* Sends it to FAIL; the machine must run afterwards. why and proxy_error are static. */
void fill_set_failed(struct fill *f, int err, int status, const char *why, const char *proxy_error);
void fill_wait_ms(struct fill *f, unsigned ms);
/* It cannot be joined in this worker any more. */
void fill_unlist(struct fill *f);
/* Everything under way ends; followers that read may still do so. err 0: it is complete. */
void fill_end(struct fill *f, int err, const char *why);
/* A follower has left: does it go on? */
void fill_left_alone(struct fill *f);
const char *fill_step_name(enum fill_step step);

/* ---- fill_copy.c ---- */
/* Everything that *from points to into a. 0 or ERR_NOMEM. */
int fill_copy_request(struct arena *a, const struct msg *from, const struct uri *uri,
                      struct msg *to);
/* raw: the bytes that the strings of *from lie in. */
int fill_copy_response(struct arena *a, const struct msg *from, struct str raw, struct msg *to);

/* ---- fill_aim.c ---- */
/* The chosen server of the pool failed (or answered). */
void fill_aim_failed(struct fill *f);
void fill_aim_answered(struct fill *f);
void fill_aim_cancel(struct fill *f);
/* Is there a server of the pool that was not tried? */
bool fill_aim_has_more(const struct fill *f);

/* ---- fill_steps.c ---- */
extern const struct source_http_ops fill_steps_ops;
/* The request's body moves on. */
void fill_steps_push(struct fill *f);
void fill_steps_late(struct fill *f);

/* ---- fill_body.c ---- */
size_t fill_body_came(struct fill *f, const char *p, size_t n);
void fill_body_ended(struct fill *f);
/* Offers p[0, n) to the one follower of what is not stored: how many bytes it took. */
size_t fill_body_pass(struct fill *f, const char *p, size_t n);
/* The store cannot take the rest. True: it goes on for the one follower that has read all so far.
 */
bool fill_body_unkept(struct fill *f, int err);
/* That follower wants more. */
void fill_body_want(struct fill *f);
void fill_body_on_wanted(struct loop_call *c);
/* Keeps p[0, n) and offers it. 0; ERR_AGAIN: took nothing; other: it cannot be kept. */
int fill_body_keep(struct fill *f, const char *p, size_t n);

/* The targeted fields that this fill's answers are judged by (RFC 9213); NULL: none. */
static inline const struct cache_control_targets *fill_targets(const struct fill *f)
{
	return f->listener == NULL ? NULL : &f->listener->targeted;
}

/* ---- fill_gzip.c ---- */
/* Is this answer, which will be kept, to be compressed? */
bool fill_gzip_wanted(const struct fill *f);
size_t fill_gzip_came(struct fill *f, const char *p, size_t n);
/* The input is complete, or the store takes bytes again. 0: all is stored; ERR_AGAIN; other:
 * failed. */
int fill_gzip_finish(struct fill *f);
int fill_gzip_flush(struct fill *f);
void fill_gzip_on_flush(struct loop_timer *t);

/* The functions of the table. */
#define FILL_STEP(name, fn, text) enum fill_result fn(struct fill *f);
#include "tbl/fill_steps.h"
#undef FILL_STEP

#endif
