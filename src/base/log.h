/* log.h - the error log's face: levels, and where a line goes.
 *
 * A line goes through log_set_sink's function (a worker's ring to the logger); before one is set, or if
 * it declines, to standard error. A line is one record without newline, control bytes are escaped,
 * cut at LOG_LINE. Never blocks: what the sink cannot take is counted.                              */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include "base/str.h"

#define LOG_LINE 2000

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_init(const char *process); /* name that each line carries: "master", "worker 2"; copied. Sets obj_on_failure */
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);
/* sink returns false when it did not take the line (then it goes to standard error). NULL = standard error. */
void log_set_sink(bool (*sink)(enum log_level, struct str line, void *arg), void *arg);
/* Text that a failed assert prints beside its own (what the process was doing). fn writes to out. */
void log_set_context(void (*fn)(struct str_out *out, void *arg), void *arg);

void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_wants(LOG_LEVEL_DEBUG))                                                    \
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__);                                   \
	} while (0)
/* True at most once a second for each call site: `static int64_t last; if (log_once_a_second(&last)) ...` */
bool log_once_a_second(int64_t *last_ms);
const char *log_level_name(enum log_level level);

#endif
