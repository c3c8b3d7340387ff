/* fill_head.h - the request head that goes to an origin, written from fields (RFC 9110 7.6).
 *
 * Called by the fill's step ASK. Pure: everything comes in, the text lies in the arena. */
#ifndef REQUEST_FILL_HEAD_H
#define REQUEST_FILL_HEAD_H

#include "base/arena.h"
#include "http/msg.h"

struct fill_head_input {
	const struct msg *request; /* of the client, checked; body and length say what follows */
	const struct uri *uri;
	struct str via;    /* pseudonym */
	bool shared;       /* asked for the cache: no Range, none of the client's conditions,
	                    * Accept-Encoding in its normal form */
	bool reverse;      /* X-Forwarded-* and their like are not the client's to set */
	bool upgrade;      /* Upgrade goes on */
	bool expect;       /* Expect: 100-continue goes on */
	struct str client; /* reverse: address for X-Forwarded-For, "" = none */
	struct str if_none_match, if_modified_since; /* of the stored entry; {NULL,0} = none */
};

/* 0; ERR_NOMEM; ERR_BAD when something cannot be written unambiguously. */
int fill_head_write(struct arena *a, const struct fill_head_input *in, struct str *out);

#endif
