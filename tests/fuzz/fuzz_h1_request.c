/* fuzz_h1_request.c - request heads: one reading, however they are cut; what is judged fine has
 * exactly one framing. */
#include "fuzz_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct field room[FUZZ_FIELDS];
	struct arena a;
	struct msg m;
	char *p = fuzz_copy(data, size);

	arena_init(&a, 1 << 16);
	if (fuzz_head(h1_parse_request, &h1_limits_request, p, size, &m, room) > 0) {
		struct msg_verdict v = msg_request_check(&m, &a);

		FUZZ_CHECK((v.status == 0) == (v.why == NULL));
		if (v.status == 0) {
			bool te = fields_has(&m.fields, FIELD_TRANSFER_ENCODING);
			bool cl = fields_has(&m.fields, FIELD_CONTENT_LENGTH);

			FUZZ_CHECK(!(te && cl) && te == (m.body == MSG_BODY_CHUNKED));
			FUZZ_CHECK(cl == m.has_length && fields_count(&m.fields, FIELD_HOST) <= 1);
			FUZZ_CHECK(m.minor == 0 || m.uri.host.n != 0);
			for (unsigned i = 0; i < m.fields.n; i++)
				(void)msg_is_hop_by_hop(&m, &m.fields.v[i]);
		}
	}
	arena_fini(&a);
	free(p);
	return 0;
}
