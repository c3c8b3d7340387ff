/* fail.c - a preloaded library in which calls of the running weir fail at will.
 *
 * The environment names a file of struct plan (FAIL_PLAN), which every process of weir maps: a driver
 * (syscalls.py) writes there which call of which kind of process fails when and how, and reads whether it
 * did. A process has its kind from the name that it gives itself (prctl PR_SET_NAME, proc/title.c). The wall
 * clock can be moved as well. Build: cc -shared -fPIC -o fail.so fail.c -ldl (needs glibc). */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { KIND_NONE, KIND_MASTER, KIND_WORKER, KIND_KEEPER, KIND_LOGGER };
/* The order is that of CALLS in syscalls.py. */
enum call {
	CALL_NONE, CALL_OPEN, CALL_PREAD, CALL_PWRITE, CALL_WRITE, CALL_SYNC, CALL_MMAP, CALL_FALLOCATE,
	CALL_FTRUNCATE, CALL_ACCEPT, CALL_SOCKET, CALL_CONNECT, CALL_EPOLL_CTL, CALL_EPOLL_WAIT, CALL_EVENTFD,
	CALL_SEND, CALL_RECV, CALL_READ, CALL_SPLICE, CALL_PIPE, CALL_FORK, CALL_HEAP, CALL_FCNTL, CALL_THREAD,
	CALL_FOLDER, CALL_FLOCK, CALL_SOCKOPT, CALL_MINCORE, CALL_STAT, CALLS
};
#define FAIL_SHORT (-1) /* in place of an errno: half of the bytes */

struct plan {
	uint32_t armed;             /* 1: the next four hold; taken back to 0 when all have failed */
	uint32_t kind, call;
	int32_t error;
	int32_t after, times;       /* calls that still succeed; failures, one after the other */
	uint32_t fired;             /* failures so far; grows for ever */
	uint32_t spare;
	int64_t wall_offset_ns;
	uint64_t seen[5][CALLS];    /* calls made, by kind */
	char where[160];            /* of the last failure: object and address of the caller */
};

static struct plan *plan;
static enum kind kind;

/* Where a process fell, since a core of one that changed its user is rare. */
static void fail_fell(int sig)
{
	void *frames[40];

	backtrace_symbols_fd(frames, backtrace(frames, 40), STDERR_FILENO);
	signal(sig, SIG_DFL);
	raise(sig);
}

__attribute__((constructor)) static void fail_start(void)
{
	const char *path = getenv("FAIL_PLAN");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	plan = p;
	(void)!backtrace(&p, 1); /* loads what it needs now */
	signal(SIGSEGV, fail_fell);
	signal(SIGBUS, fail_fell);
	signal(SIGABRT, fail_fell);
}

static void fail_where(const void *caller)
{
	Dl_info info;

	if (dladdr(caller, &info) != 0 && info.dli_fname != NULL)
		snprintf(plan->where, sizeof plan->where, "%s %#lx", info.dli_fname,
		         (unsigned long)((const char *)caller - (const char *)info.dli_fbase) - 1);
}

/* The errno that this call gives now, 0: none. */
static int fail_now(enum call call, const void *caller)
{
	int error, left;

	if (plan == NULL || kind == KIND_NONE)
		return 0;
	__atomic_fetch_add(&plan->seen[kind][call], 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&plan->armed, __ATOMIC_ACQUIRE) == 0 || plan->kind != kind ||
	    plan->call != call)
		return 0;
	if (__atomic_fetch_sub(&plan->after, 1, __ATOMIC_RELAXED) > 0)
		return 0;
	error = plan->error;
	left = __atomic_sub_fetch(&plan->times, 1, __ATOMIC_RELAXED);
	if (left < 0)
		return 0;
	if (call != CALL_HEAP) /* dladdr may allocate */
		fail_where(caller);
	else
		snprintf(plan->where, sizeof plan->where, "? %p", caller);
	if (left == 0)
		__atomic_store_n(&plan->armed, 0, __ATOMIC_RELEASE);
	__atomic_fetch_add(&plan->fired, 1, __ATOMIC_SEQ_CST);
	return error;
}

#define REAL(name) \
	static __typeof__(name) *real; \
	if (real == NULL) \
		real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL_HERE(call, value) \
	do { \
		int error_ = fail_now((call), __builtin_return_address(0)); \
		if (error_ != 0) { \
			errno = error_; \
			return (value); \
		} \
	} while (0)

/* ---- whose calls these are ---- */

static void fail_named(const char *name)
{
	kind = strncmp(name, "weir-worker", 11) == 0   ? KIND_WORKER
	       : strncmp(name, "weir-keeper", 11) == 0 ? KIND_KEEPER
	       : strncmp(name, "weir-logger", 11) == 0 ? KIND_LOGGER
	       : strcmp(name, "weir") == 0             ? KIND_MASTER
	                                               : KIND_NONE;
}

int prctl(int option, ...)
{
	unsigned long a[4];
	va_list ap;

	REAL(prctl);
	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_NAME)
		fail_named((const char *)a[0]);
	return real(option, a[0], a[1], a[2], a[3]);
}

/* ---- files ---- */

#define OPENS(name) \
	int name(const char *path, int flags, ...) \
	{ \
		mode_t mode = 0; \
		va_list ap; \
		REAL(name); \
		if (flags & (O_CREAT | __O_TMPFILE)) { \
			va_start(ap, flags); \
			mode = va_arg(ap, mode_t); \
			va_end(ap); \
		} \
		FAIL_HERE(CALL_OPEN, -1); \
		return real(path, flags, mode); \
	}
OPENS(open)
OPENS(open64)

#define BYTES(name, call, parameters, arguments, half) \
	ssize_t name parameters \
	{ \
		int error; \
		REAL(name); \
		error = fail_now(call, __builtin_return_address(0)); \
		if (error == FAIL_SHORT) \
			half; \
		else if (error != 0) { \
			errno = error; \
			return -1; \
		} \
		return real arguments; \
	}
#define HALF (n = n > 1 ? n / 2 : n)
BYTES(pread, CALL_PREAD, (int fd, void *p, size_t n, off_t at), (fd, p, n, at), HALF)
BYTES(pread64, CALL_PREAD, (int fd, void *p, size_t n, off64_t at), (fd, p, n, at), HALF)
BYTES(pwrite, CALL_PWRITE, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at), HALF)
BYTES(pwrite64, CALL_PWRITE, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at), HALF)
/* Half: all but the last piece, or half of the only one. */
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	int error;

	REAL(pwritev);
	error = fail_now(CALL_PWRITE, __builtin_return_address(0));
	if (error == FAIL_SHORT && n == 1)
		return pwrite(fd, v->iov_base, (v->iov_len + 1) / 2, at);
	if (error == FAIL_SHORT)
		return real(fd, v, n - 1, at);
	if (error != 0) {
		errno = error;
		return -1;
	}
	return real(fd, v, n, at);
}
BYTES(write, CALL_WRITE, (int fd, const void *p, size_t n), (fd, p, n), HALF)
BYTES(read, CALL_READ, (int fd, void *p, size_t n), (fd, p, n), (void)0)

#define PLAIN(type, name, call, value, parameters, arguments) \
	type name parameters \
	{ \
		REAL(name); \
		FAIL_HERE(call, value); \
		return real arguments; \
	}
PLAIN(int, fsync, CALL_SYNC, -1, (int fd), (fd))
PLAIN(int, fdatasync, CALL_SYNC, -1, (int fd), (fd))
PLAIN(int, msync, CALL_SYNC, -1, (void *p, size_t n, int flags), (p, n, flags))
PLAIN(int, ftruncate, CALL_FTRUNCATE, -1, (int fd, off_t n), (fd, n))
PLAIN(int, ftruncate64, CALL_FTRUNCATE, -1, (int fd, off64_t n), (fd, n))
PLAIN(int, flock, CALL_FLOCK, -1, (int fd, int operation), (fd, operation))
PLAIN(int, mkdir, CALL_FOLDER, -1, (const char *path, mode_t mode), (path, mode))
PLAIN(int, unlink, CALL_FOLDER, -1, (const char *path), (path))
PLAIN(int, rename, CALL_FOLDER, -1, (const char *from, const char *to), (from, to))
PLAIN(int, fstat, CALL_STAT, -1, (int fd, struct stat *st), (fd, st))
PLAIN(int, stat, CALL_STAT, -1, (const char *restrict path, struct stat *restrict st), (path, st))
PLAIN(int, mincore, CALL_MINCORE, -1, (void *p, size_t n, unsigned char *out), (p, n, out))
PLAIN(void *, mmap, CALL_MMAP, MAP_FAILED, (void *p, size_t n, int prot, int flags, int fd, off_t at),
      (p, n, prot, flags, fd, at))
PLAIN(void *, mmap64, CALL_MMAP, MAP_FAILED, (void *p, size_t n, int prot, int flags, int fd, off64_t at),
      (p, n, prot, flags, fd, at))

int posix_fallocate(int fd, off_t at, off_t n)
{
	int error;

	REAL(posix_fallocate);
	error = fail_now(CALL_FALLOCATE, __builtin_return_address(0));
	return error != 0 ? error : real(fd, at, n);
}

/* Locks only: the rest of fcntl does not fail so. */
static int fail_fcntl(int fd, int command, void *argument, const void *caller, int (*real)(int, int, ...))
{
	if (command == F_SETLK || command == F_SETLKW || command == F_GETLK) {
		int error = fail_now(CALL_FCNTL, caller);

		if (error != 0) {
			errno = error;
			return -1;
		}
	}
	return real(fd, command, argument);
}
#define FCNTL(name) \
	int name(int fd, int command, ...) \
	{ \
		va_list ap; \
		void *argument; \
		REAL(name); \
		va_start(ap, command); \
		argument = va_arg(ap, void *); \
		va_end(ap); \
		return fail_fcntl(fd, command, argument, __builtin_return_address(0), real); \
	}
FCNTL(fcntl)
FCNTL(fcntl64)

/* ---- sockets ---- */

PLAIN(int, accept4, CALL_ACCEPT, -1, (int fd, struct sockaddr *a, socklen_t *n, int flags), (fd, a, n, flags))
PLAIN(int, socket, CALL_SOCKET, -1, (int domain, int type, int protocol), (domain, type, protocol))
PLAIN(int, connect, CALL_CONNECT, -1, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
PLAIN(int, setsockopt, CALL_SOCKOPT, -1, (int fd, int level, int name, const void *v, socklen_t n),
      (fd, level, name, v, n))
PLAIN(int, getsockopt, CALL_SOCKOPT, -1, (int fd, int level, int name, void *restrict v, socklen_t *restrict n),
      (fd, level, name, v, n))
PLAIN(int, epoll_ctl, CALL_EPOLL_CTL, -1, (int fd, int operation, int of, struct epoll_event *e),
      (fd, operation, of, e))
PLAIN(int, epoll_wait, CALL_EPOLL_WAIT, -1, (int fd, struct epoll_event *e, int n, int ms), (fd, e, n, ms))
PLAIN(int, eventfd, CALL_EVENTFD, -1, (unsigned n, int flags), (n, flags))
PLAIN(ssize_t, sendmsg, CALL_SEND, -1, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
PLAIN(ssize_t, sendto, CALL_SEND, -1,
      (int fd, const void *p, size_t n, int flags, const struct sockaddr *a, socklen_t an), (fd, p, n, flags, a, an))
PLAIN(ssize_t, send, CALL_SEND, -1, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
PLAIN(ssize_t, recv, CALL_RECV, -1, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
PLAIN(ssize_t, splice, CALL_SPLICE, -1, (int in, off64_t *ia, int out, off64_t *oa, size_t n, unsigned flags),
      (in, ia, out, oa, n, flags))
PLAIN(int, pipe2, CALL_PIPE, -1, (int fds[2], int flags), (fds, flags))

/* ---- processes, threads ---- */

PLAIN(pid_t, fork, CALL_FORK, -1, (void), ())

int pthread_create(pthread_t *restrict t, const pthread_attr_t *restrict a, void *(*run)(void *), void *restrict p)
{
	int error;

	REAL(pthread_create);
	error = fail_now(CALL_THREAD, __builtin_return_address(0));
	return error != 0 ? error : real(t, a, run, p);
}

/* ---- the heap; glibc's own under its other names, since dlsym allocates ---- */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	FAIL_HERE(CALL_HEAP, NULL);
	return __libc_malloc(n);
}
void *calloc(size_t n, size_t size)
{
	FAIL_HERE(CALL_HEAP, NULL);
	return __libc_calloc(n, size);
}
void *realloc(void *p, size_t n)
{
	FAIL_HERE(CALL_HEAP, NULL);
	return __libc_realloc(p, n);
}

/* ---- the wall clock ---- */

int clock_gettime(clockid_t id, struct timespec *t)
{
	int64_t ns;
	int rc;

	REAL(clock_gettime);
	rc = real(id, t);
	if (rc != 0 || plan == NULL || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
		return rc;
	ns = (int64_t)t->tv_sec * 1000000000 + t->tv_nsec +
	     __atomic_load_n(&plan->wall_offset_ns, __ATOMIC_RELAXED);
	if (ns < 0)
		ns = 0;
	t->tv_sec = ns / 1000000000;
	t->tv_nsec = ns % 1000000000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}
