/* wake.c - one eventfd for each slot: everybody can wake everybody.
 *
 * Made by the master before any fork, or taken over by number after its re-execution; never closed
 * while the program runs. */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/err.h"
#include "base/obj.h"
#include "base/slot.h"
#include "base/wake.h"

static int wake_fds[SLOT_MAX];
static bool wake_made;

int wake_create(void)
{
	int fds[SLOT_MAX], n;

	for (n = 0; n < SLOT_MAX; n++) {
		/* Not close-on-exec: the master hands them on over its re-execution. */
		fds[n] = eventfd(0, EFD_NONBLOCK);
		if (fds[n] < 0) {
			while (n-- > 0)
				close(fds[n]);
			return ERR_SYSTEM;
		}
	}
	memcpy(wake_fds, fds, sizeof fds);
	wake_made = true;
	return 0;
}

int wake_fd(int slot)
{
	AN(wake_made && slot >= 0 && slot < SLOT_MAX);
	return wake_fds[slot];
}

void wake_send(int slot)
{
	uint64_t one = 1;

	/* EAGAIN means that the count is at its end: the fd is readable, which is all that is
	 * wanted. */
	while (write(wake_fd(slot), &one, sizeof one) < 0 && errno == EINTR)
		;
}

void wake_drain(int slot)
{
	uint64_t count;

	while (read(wake_fd(slot), &count, sizeof count) < 0 && errno == EINTR)
		;
}

int wake_export(char *out, size_t n)
{
	struct str_out o = str_out_of(out, n);

	for (int i = 0; i < SLOT_MAX; i++) {
		if (i > 0)
			str_putc(&o, ',');
		str_put_u64(&o, (uint64_t)wake_fd(i));
	}
	str_putc(&o, '\0');
	return o.overflow ? ERR_LIMIT : 0;
}

int wake_import(struct str text)
{
	struct str element;
	uint64_t v;
	int fds[SLOT_MAX], n = 0;

	while (str_split(&text, ',', &element)) {
		if (n == SLOT_MAX || !str_u64(element, &v) || v > 1u << 20)
			return ERR_BAD;
		if (fcntl((int)v, F_GETFD) < 0)
			return ERR_BAD;
		fds[n++] = (int)v;
	}
	if (n != SLOT_MAX)
		return ERR_BAD;
	memcpy(wake_fds, fds, sizeof fds);
	wake_made = true;
	return 0;
}
