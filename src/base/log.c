/* log.c - makes one line of a message and hands it to the sink or to standard error.
 *
 * Every process logs through here; a worker's sink is its ring to the logger. Only the loop's
 * thread logs. A failed assert comes here too (obj_on_failure), so the path calls no malloc. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "base/obj.h"

static char log_process[32] = "start";
static enum log_level log_level = LOG_LEVEL_INFO;
static bool (*log_sink)(enum log_level, struct str line, void *arg);
static void *log_sink_arg;
static void (*log_context)(struct str_out *out, void *arg);
static void *log_context_arg;

static void log_on_failure(const char *file, int line, const char *expression)
{
	char text[LOG_LINE];
	struct str_out out = str_out_of(text, sizeof text);

	if (log_context != NULL)
		log_context(&out, log_context_arg);
	log_write(LOG_LEVEL_ERROR, "assertion failed: %s:%d: %s%s%.*s", file, line, expression,
	          out.at == text ? "" : "; ", (int)(out.at - text), text);
}

void log_init(const char *process)
{
	snprintf(log_process, sizeof log_process, "%s", process);
	obj_on_failure = log_on_failure;
}

void log_set_level(enum log_level level)
{
	log_level = level;
}

bool log_wants(enum log_level level)
{
	return level <= log_level;
}

void log_set_sink(bool (*sink)(enum log_level, struct str line, void *arg), void *arg)
{
	log_sink = sink;
	log_sink_arg = arg;
}

void log_set_context(void (*fn)(struct str_out *out, void *arg), void *arg)
{
	log_context = fn;
	log_context_arg = arg;
}

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};

	AN((size_t)level < COUNT_OF(names));
	return names[level];
}

/* Control bytes of a message (it may quote a peer) must neither end the line nor reach a terminal.
 * What does not fit is cut between two characters of the output. */
static void log_put_escaped(struct str_out *out, struct str text)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < text.n && !out->overflow; i++) {
		unsigned char c = (unsigned char)text.p[i];
		char escaped[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};

		if (c < 0x20 || c == 0x7f)
			str_put(out, (struct str){escaped, sizeof escaped});
		else
			str_putc(out, (char)c);
	}
}

/* Standard error may be a pipe that nobody empties. It is only written when it has room: poll()
 * says so for a pipe when at least PIPE_BUF (4096) bytes fit, which is more than a line. */
static void log_to_stderr(char *line, size_t n)
{
	struct pollfd p = {STDERR_FILENO, POLLOUT, 0};

	line[n++] = '\n';
	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT) || write(STDERR_FILENO, line, n) < 0)
		count_inc(COUNT_log_dropped);
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char text[LOG_LINE], line[LOG_LINE + 1];
	struct str_out out = str_out_of(line, LOG_LINE);
	char stamp[CLOCK_STAMP];
	va_list args;
	int n;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (n < 0)
		return;

	clock_stamp(clock_wall_ms(), stamp);
	str_put(&out, (struct str){stamp, sizeof stamp});
	str_put(&out, STR(" weir["));
	str_put(&out, str_of(log_process));
	str_put(&out, STR("]: "));
	str_put(&out, str_of(log_level_name(level)));
	str_put(&out, STR(": "));
	log_put_escaped(&out, (struct str){text, MIN((size_t)n, sizeof text - 1)});

	struct str made = str_range(line, out.at);
	if (log_sink == NULL || !log_sink(level, made, log_sink_arg))
		log_to_stderr(line, made.n);
}

bool log_once_a_second(int64_t *last_ms)
{
	int64_t now = clock_ms();

	if (*last_ms != 0 && now - *last_ms < 1000)
		return false;
	*last_ms = now;
	return true;
}
