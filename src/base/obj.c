/* obj.c - the end of a process whose invariant failed.
 *
 * Called by the macros of obj.h from anywhere, perhaps with a broken heap: it uses neither malloc
 * nor stdio of its own. The hook (log.c) may do more; if it fails too, its own failure does not
 * come back here a second time. */
#include <unistd.h>
#include "base/obj.h"
#include "base/str.h"

void (*obj_on_failure)(const char *file, int line, const char *expression);

static void obj_say(const char *file, int line, const char *expression)
{
	char text[512];
	struct str_out out = str_out_of(text, sizeof text);

	str_put(&out, STR("weir: assertion failed: "));
	str_put(&out, str_of(file));
	str_putc(&out, ':');
	str_put_u64(&out, (uint64_t)line);
	str_put(&out, STR(": "));
	str_put(&out, str_of(expression));
	str_putc(&out, '\n');
	if (write(STDERR_FILENO, text, (size_t)(out.at - text)) < 0)
		return; /* Nobody is left to tell. */
}

_Noreturn void obj_failed(const char *file, int line, const char *expression)
{
	void (*hook)(const char *, int, const char *) = TAKE(obj_on_failure);

	if (hook != NULL)
		hook(file, line, expression);
	else
		obj_say(file, line, expression);
	abort();
}
