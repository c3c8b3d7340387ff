/* weirctl.c - asks a running weir over its control socket, and steers it.
 *
 * A small HTTP/1.1 client over a Unix socket: one request for each connection, the answer's text
 * goes to standard output (an error's to standard error). The other side is source/source_admin.c.
 *
 * Exit status: 0 done, 1 refused or failed, 2 no answer or wrong usage. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "base/obj.h"
#include "conf/conf.h"

#define WEIRCTL_ANSWER (4u << 20) /* bytes of an answer; status is a few KB */
#define WEIRCTL_HEADERS 32
#define WEIRCTL_TIMEOUT 15      /* seconds without a byte */
#define WEIRCTL_POLL_MS 20      /* between looks at a reload that is under way */
#define WEIRCTL_RELOAD_MS 70000 /* the master gives the check 60 s */

struct command {
	const char *name, *option; /* option: a word behind the name that makes it another one */
	const char *method, *path;
	const char *takes; /* what the argument is, that path ends with; NULL: none */
	bool headers;      /* -H 'Field: value' may be given */
	const char *text;
};

static const struct command commands[] = {
    {"status", NULL, "GET", "/status", NULL, false, "what the processes do, counters, the cache"},
    {"metrics", NULL, "GET", "/metrics", NULL, false, "the counters, for Prometheus"},
    {"explain", NULL, "GET", "/explain?url=", "URL", true,
     "would a GET of URL be answered from the cache, and why"},
    {"purge", NULL, "POST", "/purge?url=", "URL", false, "remove all that is kept of URL"},
    {"purge", "--soft", "POST", "/purge?soft=1&url=", "URL", false,
     "take it as stale: validate it first"},
    {"purge", "--host", "POST", "/purge?host=", "HOST", false, "remove all that is kept of a host"},
    {"purge", "--all", "POST", "/purge?all=1", NULL, false, "remove everything that is kept"},
    {"purge-all", NULL, "POST", "/purge?all=1", NULL, false, "the same"},
    {"reload", NULL, "POST", "/reload", NULL, false, "check and read the configuration again"},
    {"upgrade", NULL, "POST", "/upgrade", NULL, false,
     "go on with the program file that is installed now"},
    {"reopen", NULL, "POST", "/reopen", NULL, false, "open the log files again"},
    {"store", "check", "POST", "/store/check", NULL, false,
     "do index, segments and disk add up (not the bodies)"},
    {"stop", NULL, "POST", "/drain", NULL, false, "finish the requests under way and end"},
    {"stop-now", NULL, "POST", "/stop", NULL, false, "end at once"},
};

static char answer[WEIRCTL_ANSWER];
static const char *headers[WEIRCTL_HEADERS]; /* of the request that is asked about */
static int header_count;

static void usage(FILE *out)
{
	fputs(
	    "usage: weirctl [-s SOCKET] [-j] COMMAND\n\n"
	    "  -s SOCKET   the control socket of weir.ini (default: that of weir without a file)\n"
	    "  -j          answers as JSON\n"
	    "  -H 'Field: value' with explain, behind it: a field of the request; may be "
	    "repeated\n\n",
	    out);
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		const struct command *c = &commands[i];
		int n = fprintf(out, "  %s%s%s%s%s", c->name, c->option == NULL ? "" : " ",
		                c->option == NULL ? "" : c->option, c->takes == NULL ? "" : " ",
		                c->takes == NULL ? "" : c->takes);

		fprintf(out, "%*s%s\n", 21 - n, "", c->text);
	}
}

/* Where weir without a file has it. */
static const char *default_socket(void)
{
	static char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
	FILE *nowhere = fopen("/dev/null", "w");
	struct conf *conf = nowhere == NULL ? NULL : conf_load(NULL, nowhere);

	if (conf != NULL)
		snprintf(path, sizeof path, "%.*s", STR_F(conf->control));
	conf_free(conf);
	if (nowhere != NULL)
		fclose(nowhere);
	return path;
}

/* All but unreserved bytes as %xx (RFC 3986 2.3). */
static void put_encoded(struct str_out *o, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (str_is_digit(s.p[i]) ||
		    (str_lower(s.p[i]) >= 'a' && str_lower(s.p[i]) <= 'z') ||
		    (c != 0 && strchr("-._~", c) != NULL)) {
			str_putc(o, s.p[i]);
			continue;
		}
		str_putc(o, '%');
		str_putc(o, hex[c >> 4]);
		str_putc(o, hex[c & 15]);
	}
}

static int dial(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = WEIRCTL_TIMEOUT};
	int fd;

	if (strlen(path) >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	int e = errno;
	close(fd);
	errno = e;
	return -1;
}

/* The status, with the body in *body; -1 with errno when there is no answer. HTTP/1.0 is asked, so
 * that the end of the body is the end of the connection. */
static int ask(const char *socket_path, const char *method, struct str target, bool json,
               struct str *body)
{
	char request[32768];
	int n = snprintf(request, sizeof request,
	                 "%s %.*s HTTP/1.0\r\nHost: weir\r\nAccept: %s\r\n%s\r\n", method,
	                 STR_F(target), json ? "application/json" : "*/*",
	                 strcmp(method, "POST") == 0 ? "Content-Length: 0\r\n" : "");
	int fd = dial(socket_path), status = 0;
	size_t used = 0;
	ssize_t got = 0;
	char *head_end;

	if (fd < 0)
		return -1;
	if (n >= (int)sizeof request || send(fd, request, (size_t)n, MSG_NOSIGNAL) != n)
		got = -1;
	while (got >= 0 && used < sizeof answer - 1 &&
	       (got = read(fd, answer + used, sizeof answer - 1 - used)) > 0)
		used += (size_t)got;
	close(fd);
	if (got < 0)
		return -1;
	answer[used] = '\0';
	head_end = strstr(answer, "\r\n\r\n");
	if (head_end == NULL || sscanf(answer, "HTTP/1.%*1[01] %3d", &status) != 1) {
		errno = EPROTO;
		return -1;
	}
	*body = str_range(head_end + 4, answer + used);
	return status;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A reload or a check was taken with a number ("reload 7", also inside JSON): what became of it.
 * The socket stays open all the while, so a connection that breaks belonged to a worker that ended.
 */
static int follow(const char *socket_path, struct str said, bool json, struct str *body)
{
	struct timespec pause = {0, WEIRCTL_POLL_MS * 1000000L};
	int64_t until = now_ms() + WEIRCTL_RELOAD_MS;
	const char *reload = strstr(said.p, "reload "), *check = strstr(said.p, "check ");
	char target[64];
	int status;

	if (reload != NULL)
		snprintf(target, sizeof target, "/reload?number=%lu",
		         strtoul(reload + 7, NULL, 10));
	else if (check != NULL)
		snprintf(target, sizeof target, "/store/check?number=%lu",
		         strtoul(check + 6, NULL, 10));
	else
		return 202;
	do {
		nanosleep(&pause, NULL);
		status = ask(socket_path, "GET", str_of(target), json, body);
	} while ((status == 202 || status < 0) && now_ms() < until);
	return status;
}

static int run(const struct command *c, const char *socket_path, const char *argument, bool json)
{
	char target[24576];
	struct str_out o = str_out_of(target, sizeof target);
	struct str body;
	int status;

	str_put(&o, str_of(c->path));
	if (c->takes != NULL)
		put_encoded(&o, str_of(argument));
	for (int i = 0; i < header_count; i++) {
		str_put(&o, STR("&header="));
		put_encoded(&o, str_of(headers[i]));
	}
	if (o.overflow) {
		fprintf(stderr, "weirctl: the %s is too long\n", c->takes);
		return 2;
	}
	status = ask(socket_path, c->method, str_range(target, o.at), json, &body);
	if (status == 202)
		status = follow(socket_path, body, json, &body);
	if (status < 0) {
		fprintf(stderr, "weirctl: no answer on %s: %s\n", socket_path, strerror(errno));
		return 2;
	}
	fwrite(body.p, 1, body.n, status < 300 ? stdout : stderr);
	if (body.n > 0 && body.p[body.n - 1] != '\n')
		fputc('\n', status < 300 ? stdout : stderr);
	return status < 300 ? 0 : 1;
}

/* Takes -H and its value out of the words. How many are left, -1: wrong usage. */
static int take_headers(int n, char **words)
{
	int left = 0;

	for (int i = 0; i < n; i++) {
		if (strcmp(words[i], "-H") != 0) {
			words[left++] = words[i];
			continue;
		}
		if (i + 1 == n || header_count == WEIRCTL_HEADERS)
			return -1;
		headers[header_count++] = words[++i];
	}
	return left;
}

/* The command of these words, all of which belong to it, or NULL. */
static const struct command *command_of(int n, char **words, const char **argument)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		const struct command *c = &commands[i];
		int own = c->option == NULL ? 1 : 2;

		if (n != own + (c->takes != NULL) || strcmp(words[0], c->name) != 0 ||
		    (own == 2 && strcmp(words[1], c->option) != 0))
			continue;
		*argument = c->takes == NULL ? NULL : words[own];
		if ((*argument == NULL || (*argument)[0] != '-') &&
		    (c->headers || header_count == 0))
			return c;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command;
	const char *socket_path = NULL, *argument;
	bool json = false;
	int c;

	/* "+": what begins with - behind the command belongs to it. */
	while ((c = getopt(argc, argv, "+s:jh")) != -1) {
		if (c == 's') {
			socket_path = optarg;
		} else if (c == 'j') {
			json = true;
		} else {
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	command = command_of(take_headers(argc - optind, argv + optind), argv + optind, &argument);
	if (command != NULL)
		return run(command, socket_path == NULL ? default_socket() : socket_path, argument,
		           json);
	usage(stderr);
	return 2;
}
