/* unit_msg.h - messages for tests of policy, made from lines and checked as parsed ones are. */
#ifndef TESTS_UNIT_MSG_H
#define TESTS_UNIT_MSG_H

#include "unit.h"
#include "base/arena.h"
#include "http/msg.h"

#define UNIT_MSG_FIELDS 64

/* Memory of the messages of all tests of a program. */
static struct arena unit_arena;

__attribute__((constructor)) static void unit_arena_start(void)
{
	arena_init(&unit_arena, 0);
}

__attribute__((destructor)) static void unit_arena_end(void)
{
	arena_fini(&unit_arena);
}

/* "Name: value" lines, each ended by a newline. */
static inline void unit_msg_lines(struct msg *m, const char *lines)
{
	struct str rest = str_of(lines);

	while (rest.n != 0) {
		size_t end = str_find(rest, '\n', 0), colon = str_find(rest, ':', 0);

		AN(colon < end && end < rest.n);
		AZ(fields_add_name(&m->fields, str_slice(rest, 0, colon),
		                   str_trim(str_slice(rest, colon + 1, end))));
		rest = str_slice(rest, end + 1, rest.n);
	}
}

/* A checked request; Host is added when lines has none and the target no authority. */
static inline struct msg *unit_request(const char *method, const char *target, const char *lines)
{
	struct msg *m = arena_zalloc(&unit_arena, sizeof *m);
	struct msg_verdict v;

	msg_init(m, MSG_REQUEST, arena_alloc(&unit_arena, UNIT_MSG_FIELDS * sizeof(struct field)),
	         UNIT_MSG_FIELDS);
	m->minor = 1;
	m->method_name = str_of(method);
	m->method = msg_method_of(m->method_name);
	m->target = str_of(target);
	unit_msg_lines(m, lines);
	if (!fields_has(&m->fields, FIELD_HOST))
		AZ(fields_add(&m->fields, FIELD_HOST, STR("example.com")));
	v = msg_request_check(m, &unit_arena);
	if (v.status != 0)
		fprintf(stderr, "unit_request %s %s: %d %s\n", method, target, v.status, v.why);
	AZ(v.status);
	return m;
}

/* A checked response to GET. */
static inline struct msg *unit_response(int status, const char *lines)
{
	struct msg *m = arena_zalloc(&unit_arena, sizeof *m);

	msg_init(m, MSG_RESPONSE, arena_alloc(&unit_arena, UNIT_MSG_FIELDS * sizeof(struct field)),
	         UNIT_MSG_FIELDS);
	m->minor = 1;
	m->status = (uint16_t)status;
	unit_msg_lines(m, lines);
	AZ(msg_response_check(m, METHOD_GET).status);
	if (m->body == MSG_BODY_UNTIL_CLOSE) { /* most rows do not care about framing */
		m->body = MSG_BODY_LENGTH;
		m->length = 1;
	}
	return m;
}

/* Does the text name what is expected? Shows it otherwise. */
static inline bool unit_why(const char *got, const char *part, const char *row)
{
	if (got != NULL && strstr(got, part) != NULL)
		return true;
	fprintf(stderr, "%s: why is '%s', not '%s'\n", row, got == NULL ? "(null)" : got, part);
	return false;
}
/* A number, shown with its row when it differs. */
static inline bool unit_row(long long got, long long want, const char *row)
{
	if (got != want)
		fprintf(stderr, "%s: got %lld, want %lld\n", row, got, want);
	return got == want;
}

#endif
