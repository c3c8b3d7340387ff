/* privilege.c - dropping the user, the capabilities and the system calls that are not needed.
 *
 * The list of system calls is a deny-list (they answer EPERM): the strict allow-list is the systemd
 * unit's. It is the only file that knows libseccomp. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/err.h"
#include "base/obj.h"
#include "base/slot.h"
#include "proc/privilege.h"

#define PRIVILEGE_OOM_SCORE 200 /* of children: the kernel takes them before the master */

int privilege_find(const struct conf *conf, struct privilege_user *out)
{
	char name[64];
	const struct passwd *p;

	*out = (struct privilege_user){.change = geteuid() == 0};
	if (!out->change)
		return 0;
	snprintf(name, sizeof name, "%.*s", STR_F(conf->user));
	p = getpwnam(conf->user.n > 0 ? name : "weir");
	if (p == NULL && conf->user.n == 0)
		p = getpwnam("nobody");
	if (p == NULL) {
		log_error("user %s: no such user", conf->user.n > 0 ? name : "nobody");
		return ERR_NOTFOUND;
	}
	out->uid = p->pw_uid;
	out->gid = p->pw_gid;
	out->change = p->pw_uid != 0;
	snprintf(out->name, sizeof out->name, "%s", p->pw_name);
	return 0;
}

void privilege_give(int fd, const struct privilege_user *u)
{
	static bool said;
	struct stat st;

	if (!u->change || fstat(fd, &st) != 0 || st.st_uid == u->uid)
		return;
	if (fchown(fd, u->uid, u->gid) == 0 || said)
		return;
	said = true;
	log_warn("cannot give a file to user %s: %s", u->name, strerror(errno));
}

/* Group list, group and user, for good. false: not all of it. */
static bool privilege_become(const struct privilege_user *u)
{
	return setgroups(0, NULL) == 0 && setresgid(u->gid, u->gid, u->gid) == 0 &&
	       setresuid(u->uid, u->uid, u->uid) == 0;
}

/* Each folder on the way must let us through; the last one must be ours to write. */
static bool privilege_walk(const char *folder)
{
	char part[4096];
	size_t n = strlen(folder);

	if (n >= sizeof part)
		return false;
	for (size_t i = 1; i <= n; i++) {
		if (folder[i] != '/' && folder[i] != '\0')
			continue;
		memcpy(part, folder, i);
		part[i] = '\0';
		if (access(part, i == n ? R_OK | W_OK | X_OK : X_OK) == 0)
			continue;
		int e = errno;
		const struct passwd *p = getpwuid(geteuid());
		log_error("no cache: user %s cannot %s %s: %s", p == NULL ? "?" : p->pw_name,
		          i == n ? "write to" : "enter", part, strerror(e));
		return false;
	}
	return true;
}

bool privilege_reaches(const char *folder, const struct privilege_user *u)
{
	pid_t pid;
	int status = 0;

	if (!u->change)
		return privilege_walk(folder);
	pid = fork();
	if (pid == 0)
		_exit(privilege_become(u) && !privilege_walk(folder) ? 1 : 0);
	if (pid < 0)
		return true; /* it will be seen when the keeper opens it */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

static int privilege_compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void privilege_keep_fds(int *fds, size_t n)
{
	unsigned from = 3;

	qsort(fds, n, sizeof *fds, privilege_compare);
	for (size_t i = 0; i < n; i++) {
		if (fds[i] < (int)from)
			continue;
		if (fds[i] > (int)from)
			close_range(from, (unsigned)fds[i] - 1, 0);
		from = (unsigned)fds[i] + 1;
	}
	close_range(from, ~0U, 0);
}

static const int privilege_denied[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(bpf),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(reboot),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(vfork),
};
/* Keeper and logger speak to no network. */
static const int privilege_denied_network[] = {
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind),
    SCMP_SYS(listen), SCMP_SYS(accept),     SCMP_SYS(accept4),
};

static bool privilege_deny(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		/* A number below zero: this machine has no such call. */
		if (calls[i] >= 0 && seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[i], 0) != 0)
			return false;
	return true;
}

static bool privilege_filter(enum privilege_kind kind)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	bool ok;

	if (ctx == NULL)
		return false;
	ok = privilege_deny(ctx, privilege_denied, COUNT_OF(privilege_denied));
	if (kind != PRIVILEGE_WORKER)
		ok = ok && privilege_deny(ctx, privilege_denied_network,
		                          COUNT_OF(privilege_denied_network));
	ok = ok && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return ok;
}

static bool privilege_no_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};

	return syscall(SYS_capset, &head, none) == 0;
}

static void privilege_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	char text[16];
	int n = snprintf(text, sizeof text, "%d", PRIVILEGE_OOM_SCORE);

	if (fd < 0)
		return;
	/* May be forbidden, or lower than the master's own: then it stays as it is. */
	(void)!write(fd, text, (size_t)n);
	close(fd);
}

void privilege_drop(enum privilege_kind kind, const struct privilege_user *u, pid_t master,
                    int on_orphan)
{
	char failed[200] = "";
	struct str_out out = str_out_of(failed, sizeof failed - 1);

	privilege_oom();
	if (geteuid() == 0)
		for (int i = 0; prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++)
			;
	if (u->change && !privilege_become(u))
		str_put(&out, STR(" user"));
	if (!privilege_no_capabilities())
		str_put(&out, STR(" capabilities"));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		str_put(&out, STR(" no-new-privileges"));
	/* A change of user clears it: so after that. */
	prctl(PR_SET_PDEATHSIG, on_orphan);
	if (getppid() != master)
		raise(on_orphan); /* it died before we could ask */
	if (!privilege_filter(kind))
		str_put(&out, STR(" seccomp"));
	/* Said once: replacements of this process would only repeat it. */
	if (failed[0] != '\0' && slot_generation() <= 1)
		log_warn("not allowed to drop:%s; going on with what there is", failed);
}

void privilege_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warn("cannot raise the number of open files: %s", strerror(errno));
}
