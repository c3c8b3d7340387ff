/* fuzz_date.c - a date that is read comes back when it is written and read again. */
#include "fuzz.h"
#include "http/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p = fuzz_copy(data, size), text[DATE_LENGTH];
	int64_t now = 1700000000, t;

	if (size > 40)
		memcpy(&now, data + 32, sizeof now);
	t = date_of((struct str){p, size > 40 ? 32 : size}, now);
	if (t != DATE_NONE) {
		date_print(t, text);
		FUZZ_CHECK(date_of((struct str){text, DATE_LENGTH}, 0) == t);
	}
	date_print(now, text);
	FUZZ_CHECK(date_of((struct str){text, DATE_LENGTH}, 0) != DATE_NONE);
	free(p);
	return 0;
}
