/* unit_conf.h - for the tests of conf: a configuration from text, and what was said about it. */
#ifndef TESTS_UNIT_CONF_H
#define TESTS_UNIT_CONF_H

#include "conf/conf.h"
#include "unit.h"

/* Loads text[0, n) under the name "t"; *said is what went to the owner (free it). */
static inline struct conf *unit_conf_bytes(const void *text, size_t n, char **said)
{
	FILE *in = n == 0 ? fopen("/dev/null", "r") : fmemopen((void *)text, n, "r");
	size_t size;
	FILE *out = open_memstream(said, &size);
	struct conf *c;

	AN(in != NULL && out != NULL);
	c = conf_load_stream(in, "t", out);
	fclose(in);
	fclose(out);
	return c;
}

/* The text loads, and nothing or exactly `want` is said. The caller frees the result. */
#define UNIT_CONF_GOOD(text, want) unit_conf_good((text), (want), __FILE__, __LINE__)
static inline struct conf *unit_conf_good(const char *text, const char *want, const char *file,
                                          int line)
{
	char *said;
	struct conf *c = unit_conf_bytes(text, strlen(text), &said);

	CU_ASSERT(unit_same(str_of(said), str_of(want), file, line));
	CU_ASSERT_FATAL(c != NULL);
	free(said);
	return c;
}

/* The text does not load, and exactly `want` is said. */
#define UNIT_CONF_BAD(text, want) unit_conf_bad((text), strlen(text), (want), __FILE__, __LINE__)
#define UNIT_CONF_BAD_BYTES(text, want) \
	unit_conf_bad((text), sizeof(text) - 1, (want), __FILE__, __LINE__)
static inline void unit_conf_bad(const void *text, size_t n, const char *want, const char *file,
                                 int line)
{
	char *said;
	struct conf *c = unit_conf_bytes(text, n, &said);

	CU_ASSERT(unit_same(str_of(said), str_of(want), file, line));
	CU_ASSERT(c == NULL);
	conf_free(c);
	free(said);
}

/* conf_print's text (free it). */
static inline char *unit_conf_text(const struct conf *c)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	AN(out != NULL);
	conf_print(c, out);
	fclose(out);
	return text;
}

/* A file of the source tree. */
static inline const char *unit_source(const char *name)
{
	static char path[4096];
	const char *top = getenv("srcdir");

	snprintf(path, sizeof path, "%s/%s", top == NULL ? "." : top, name);
	return path;
}

#endif
