/* fuzz_conf.c - any bytes as a configuration: nothing breaks, and what loads reads back to the
 * same.
 *
 * Dictionary: conf.dict; corpus: corpus/conf, and etc/ of the tree. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/obj.h"
#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct conf *load(const void *text, size_t n)
{
	FILE *in = n == 0 ? fopen("/dev/null", "r") : fmemopen((void *)text, n, "r");
	char *said;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	struct conf *c;

	AN(in != NULL && out != NULL);
	c = conf_load_stream(in, "fuzz", out);
	fclose(in);
	fclose(out);
	/* Who refuses says why; what is said is printable. */
	AN(c != NULL || size != 0);
	for (size_t i = 0; i < size; i++)
		AN((unsigned char)said[i] >= 0x20 || said[i] == '\n');
	free(said);
	return c;
}

static char *print(const struct conf *c, size_t *n)
{
	char *text;
	FILE *out = open_memstream(&text, n);

	AN(out != NULL);
	conf_print(c, out);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf *first = load(data, n), *second;
	char *text, *again;
	size_t text_n, again_n;

	if (first == NULL)
		return 0;
	text = print(first, &text_n);
	conf_free(first);
	second = load(text, text_n);
	AN(second != NULL);
	again = print(second, &again_n);
	conf_free(second);
	AN(again_n == text_n && memcmp(text, again, text_n) == 0);
	free(text);
	free(again);
	return 0;
}
