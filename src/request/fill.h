/* fill.h - one fetch. It belongs to the cache, not to the client that asked first (DESIGN 2).
 *
 * A request follows: fill_follow() joins the running fill of its key, in this worker or (through
 * its flight in shared memory) in another, or starts one. A fill without key is private: one
 * follower, nothing kept. A fill knows its followers only as struct follower; neither frees what
 * the other holds. Fills go on when followers leave (within conf->fill_rest), and fail visibly. */
#ifndef REQUEST_FILL_H
#define REQUEST_FILL_H

#include "base/buf.h"
#include "base/list.h"
#include "http/uri.h"
#include "request/sink.h"
#include "source/source.h"
#include "store/flight.h"

struct fill;

enum fill_state {                 /* what a follower sees; only forward */
	          FILL_WAIT,      /* no final head yet */
	          FILL_HEAD,      /* a head is there: follower->entry (as if stored) or, not stored,
	                             follower->response */
	          FILL_REFRESHED, /* a 304: follower->entry is the stored one with its new head; its
	                             body is stored */
	          FILL_LOOK_AGAIN,  /* the store knows by now: look up again */
	          FILL_UNCACHEABLE, /* not for this follower: ask privately */
	          FILL_FAILED       /* follower->err, ->why, ->status */
};

#define FOLLOWER_MAGIC 0xf0110e41
struct follower {
	unsigned magic;
	struct source source;     /* the body, once FILL_HEAD; source.wake is set by the request */
	struct list link;         /* fill's own */
	struct fill *fill;        /* in this worker, or NULL */
	struct flight_ref flight; /* in another worker (index -1 otherwise) */
	struct store_body body;   /* fill's own, as all up to `reading` */
	store_variant_fn *variant;
	void *variant_arg;
	uint64_t passed;                       /* bytes that the reader has done with */
	bool reading;                          /* body is open */
	bool broken;                           /* what it has read cannot be completed */
	struct arena *arena;                   /* of the request */
	void (*on_change)(struct follower *f); /* the state moved; never from inside fill_follow */
	void (*on_interim)(struct follower *f,
	                   const struct msg *head); /* 1xx of a private fill; may be NULL */
	bool first;                                 /* this one started the fill */

	enum fill_state state;
	struct store_entry entry; /* valid with FILL_HEAD when `stored`, with FILL_REFRESHED; memory
	                             of the arena */
	bool stored; /* is (being) kept: judge `entry`; else `response` is this request's own answer
	              */
	struct msg response;           /* not stored: fields in the arena */
	const struct fields *trailers; /* at the end of a not stored body; may be NULL */
	int err;                       /* ERR_ code */
	int status;                    /* the status to answer with: 502, 504, 508, 403 ... */
	const char *why;               /* static or arena text */
	const char *proxy_error; /* RFC 9209 error type: "dns_timeout", "connection_refused" ... */
	struct str next_hop;     /* who was asked, for Proxy-Status; arena */
	const char *not_stored;  /* why it is not kept (cache_store's verdict), for Cache-Status */
	struct conn *tunnel;     /* 101 or CONNECT: fill_take_tunnel */
};

/* What a request asks. All borrowed for the call; the fill copies what it needs. */
struct fill_ask {
	const struct conf *conf;
	const struct conf_listener *listener;
	const struct msg
	    *request; /* as the client sent it, framing checked; hop-by-hop fields still in it */
	const struct uri *uri;
	const struct store_key *key; /* NULL: private */
	const struct store_entry
	    *stale; /* stored entry to validate, or NULL; also for a private one */
	store_variant_fn *variant;
	void *variant_arg;
	uint64_t commits;          /* store_commits() before the look-up */
	int pool;                  /* of a reverse listener; -1: uri->host */
	bool private_destinations; /* the client may reach private addresses */
	struct sink *body;         /* where the request's body is; NULL: none. Private fills only */
	bool tunnel;               /* CONNECT: dial only, no request is sent */
	bool upgrade;              /* pass Upgrade on; 101 ends in a tunnel */
	const union conn_address
	    *client; /* for X-Forwarded-For of a reverse listener; may be NULL */
};

/* 0 or ERR_NOMEM. Afterwards f->state tells (often FILL_WAIT); FILL_LOOK_AGAIN is possible at once.
 * f->arena, on_change set before. */
int fill_follow(const struct fill_ask *ask, struct follower *f);
/* Starts a fill that nobody follows (stale-while-revalidate, prefetch), unless one of that key
 * runs. ask->body is NULL. */
void fill_behind(const struct fill_ask *ask);
/* The request does not want it any more; also closes f->source. Any time, any state, twice is once.
 */
void fill_leave(struct follower *f);
/* More of the request's body has come (private fills). */
void fill_body_ready(struct follower *f);
/* After FILL_HEAD of a 101, or of CONNECT (response.status 200): the origin's connection and what
 * came early behind the head. The caller owns the conn's socket from now on: *out is opened over
 * it. 0 or ERR_GONE. */
int fill_take_tunnel(struct follower *f, struct conn *out,
                     void (*on_ready)(struct conn *, unsigned), struct buf *early);
/* Drain and figures. */
unsigned fill_running(void);

#endif
