/* test_log.c - what a line looks like and where it goes. */
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "unit.h"

static char last[LOG_LINE + 1];
static size_t last_n;
static int taken;
static enum log_level last_level;
static bool accept = true;
static int fd_out;

static bool sink(enum log_level level, struct str line, void *arg)
{
	CU_ASSERT(arg == &taken);
	if (!accept)
		return false;
	AN(line.n <= LOG_LINE);
	memcpy(last, line.p, line.n);
	last_n = line.n;
	last_level = level;
	taken++;
	return true;
}

static void begin(void)
{
	log_init("worker 2");
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(sink, &taken);
	clock_set(1000000, 1795563401123);
	taken = 0;
	accept = true;
}

static void lines(void)
{
	begin();
	log_warn("text %d", 5);
	UNIT_STR_EQ(((struct str){last, last_n}),
	            "2026-11-24T23:36:41.123Z weir[worker 2]: warn: text 5");
	CU_ASSERT(last_level == LOG_LEVEL_WARN);
	log_error("a\nb\r\x1b[31m\x7f \xc3\xa4 \\");
	UNIT_STR_EQ(((struct str){last, last_n}), "2026-11-24T23:36:41.123Z weir[worker 2]: error: "
	                                          "a\\x0ab\\x0d\\x1b[31m\\x7f \xc3\xa4 \\");
}

static void levels(void)
{
	begin();
	log_debug("no");
	CU_ASSERT(taken == 0);
	log_info("yes");
	CU_ASSERT(taken == 1);
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("yes");
	CU_ASSERT(taken == 2);
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("no");
	CU_ASSERT(taken == 2 && log_wants(LOG_LEVEL_ERROR) && !log_wants(LOG_LEVEL_WARN));
	CU_ASSERT_STRING_EQUAL(log_level_name(LOG_LEVEL_DEBUG), "debug");
}

static void long_lines(void)
{
	char text[3 * LOG_LINE];

	begin();
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	log_info("%s", text);
	CU_ASSERT(last_n > LOG_LINE - 10 && last_n <= LOG_LINE && last[last_n - 1] == 'x');
	memset(text, '\n', sizeof text - 1);
	log_info("%s", text);
	/* Cut between escapes, never within one. */
	CU_ASSERT(last_n > LOG_LINE - 10 && last_n <= LOG_LINE);
	CU_ASSERT(memcmp(last + last_n - 4, "\\x0a", 4) == 0);
}

/* Runs fn with standard error going into a pipe and returns what came. */
static struct str captured(void (*fn)(void))
{
	static char text[LOG_LINE + 100];
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	AZ(pipe2(ends, O_NONBLOCK));
	fd_out = ends[1];
	dup2(ends[1], STDERR_FILENO);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	n = read(ends[0], text, sizeof text);
	close(ends[0]);
	return (struct str){text, n < 0 ? 0 : (size_t)n};
}

static void say(void)
{
	log_info("hello");
}

static void say_into_full_pipe(void)
{
	char block[4096] = "";
	uint64_t before = count_sum(COUNT_log_dropped);

	while (write(fd_out, block, sizeof block) > 0)
		;
	log_info("hello"); /* must not block: the pipe of captured() is full */
	CU_ASSERT(count_sum(COUNT_log_dropped) == before + 1);
}

static void standard_error(void)
{
	static const char want[] = "2026-11-24T23:36:41.123Z weir[worker 2]: info: hello\n";

	begin();
	accept = false;
	UNIT_STR_EQ(captured(say), want);
	log_set_sink(NULL, NULL);
	UNIT_STR_EQ(captured(say), want);
	captured(say_into_full_pipe);
}

static void context(struct str_out *out, void *arg)
{
	str_put(out, STR("in step "));
	str_put(out, str_of(arg));
}
static void fail(void)
{
	log_set_sink(NULL, NULL);
	log_set_context(context, "LOOKUP");
	dup2(fd_out, STDERR_FILENO);
	AN(taken < 0);
}
static void die_with_context(void)
{
	pid_t pid = fork();

	if (pid == 0)
		fail();
	waitpid(pid, NULL, 0);
}

static void failure(void)
{
	struct str got;

	begin();
	got = captured(die_with_context);
	CU_ASSERT(str_starts(
	    got, STR("2026-11-24T23:36:41.123Z weir[worker 2]: error: assertion failed: ")));
	CU_ASSERT(str_ends(got, STR(": taken < 0; in step LOOKUP\n")));
}

static void once_a_second(void)
{
	int64_t mark = 0;

	clock_set(5000, 0);
	CU_ASSERT(log_once_a_second(&mark));
	CU_ASSERT(!log_once_a_second(&mark));
	clock_set(5999, 0);
	CU_ASSERT(!log_once_a_second(&mark));
	clock_set(6000, 0);
	CU_ASSERT(log_once_a_second(&mark));
	CU_ASSERT(!log_once_a_second(&mark));
}

UNIT_MAIN("log", {"lines", lines}, {"levels", levels}, {"long lines", long_lines},
          {"standard error", standard_error}, {"failure", failure},
          {"once a second", once_a_second})
