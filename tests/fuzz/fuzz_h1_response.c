/* fuzz_h1_response.c - response heads: one reading, however they are cut, and one framing. */
#include "fuzz_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct field room[FUZZ_FIELDS];
	static const enum msg_method methods[] = {METHOD_GET, METHOD_HEAD, METHOD_CONNECT,
	                                          METHOD_OTHER};
	struct msg m;
	char *p = fuzz_copy(data, size);

	if (fuzz_head(h1_parse_response, &h1_limits_response, p, size, &m, room) > 0) {
		struct msg_verdict v = msg_response_check(&m, methods[size % 4]);

		FUZZ_CHECK(m.status >= 100 && m.status <= 599);
		FUZZ_CHECK((v.status == 0) == (v.why == NULL) &&
		           (v.status == 0 || v.status == 502));
		if (v.status == 0) {
			FUZZ_CHECK(msg_may_have_body(m.status, methods[size % 4]) ||
			           m.body == MSG_BODY_NONE);
			FUZZ_CHECK(m.body != MSG_BODY_UNTIL_CLOSE || !m.keep_alive);
			FUZZ_CHECK(!fields_has(&m.fields, FIELD_TRANSFER_ENCODING) ||
			           !fields_has(&m.fields, FIELD_CONTENT_LENGTH));
		}
	}
	free(p);
	return 0;
}
