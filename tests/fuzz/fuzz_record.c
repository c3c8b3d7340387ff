/* fuzz_record.c - access records: any bytes as a record are refused or become one line; what is put
 * comes back.
 *
 * The input is a record as it lies in the ring. */
#include "fuzz.h"
#include "base/err.h"
#include "request/record_form.h"

static void check_line(const char *p, size_t n, enum conf_log_format format)
{
	FUZZ_CHECK(p[n - 1] == '\n');
	for (size_t i = 0; i + 1 < n; i++)
		FUZZ_CHECK(p[i] >= 0x20 && p[i] < 0x7f); /* one line, whatever the client sent */
	FUZZ_CHECK(format != CONF_LOG_JSON || (p[0] == '{' && p[n - 2] == '}'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum conf_log_format formats[] = {CONF_LOG_COMBINED, CONF_LOG_SQUID,
	                                               CONF_LOG_JSON};
	static char line[1 << 16];
	char *p = fuzz_copy(data, size), *again;
	struct record_form f;
	struct str texts[RECORD_TEXTS];
	int rc = record_form_get((struct str){p, size}, &f, texts);

	for (unsigned i = 0; i < 3; i++) {
		size_t room = size % 2 == 0 ? sizeof line : size % 512;
		size_t n = record_form_text(formats[i], (struct str){p, size}, line, room);

		FUZZ_CHECK(n <= room && (rc == 0 || n == 0));
		if (n > 0)
			check_line(line, n, formats[i]);
	}
	if (rc == 0) {
		FUZZ_CHECK(record_form_size(texts) == size);
		again = malloc(size);
		FUZZ_CHECK(again != NULL);
		record_form_put(again, &f, texts);
		FUZZ_CHECK(memcmp(again, p, size) == 0);
		free(again);
	}
	FUZZ_CHECK(rc == 0 || rc == ERR_BAD);
	free(p);
	return 0;
}
