/* record_form.h - the layout of an access record between worker and logger: numbers, then texts with their
 * lengths. Both ends are the same binary; lengths are checked all the same. Pure.                    */
#ifndef REQUEST_RECORD_FORM_H
#define REQUEST_RECORD_FORM_H

#include "conf/conf.h"
#include "policy/acl.h"

enum record_text {
	RECORD_METHOD,
	RECORD_TARGET,
	RECORD_HOST,
	RECORD_REFERER,
	RECORD_AGENT,
	RECORD_TYPE,
	RECORD_CACHE,
	RECORD_WHY,
	RECORD_LISTENER,
	RECORD_RULE,
	RECORD_NEXT_HOP,
	RECORD_TEXTS
};
#define RECORD_GONE 1u      /* the client left */
#define RECORD_BROKEN 2u    /* the answer broke off */
#define RECORD_COLLAPSED 4u /* it followed another's fetch */
#define RECORD_STORED 8u

struct record_form {
	int64_t wall_ms;
	uint64_t bytes, body_bytes;
	uint32_t duration_ms, first_byte_ms;
	uint16_t status;
	uint8_t minor, cache, flags;
	struct acl_address client;
	uint16_t lengths[RECORD_TEXTS];
};

size_t record_form_size(const struct str texts[RECORD_TEXTS]);
/* out has record_form_size() bytes; f->lengths is set here. */
void record_form_put(void *out, struct record_form *f, const struct str texts[RECORD_TEXTS]);
/* texts point into the record. 0 or ERR_BAD. */
int record_form_get(struct str record, struct record_form *f, struct str texts[RECORD_TEXTS]);

/* One record as one line with its newline; its length, 0 when it is damaged or does not fit. */
size_t record_form_text(enum conf_log_format format, struct str record, char *out, size_t n);

#endif
