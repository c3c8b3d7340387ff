/* err.c - the texts of the result codes, and the nearest code for an errno value.
 *
 * Used by every room. One table (include/tbl/errors.h) makes codes and texts. */
#include <errno.h>
#include "base/err.h"

static const char *const err_texts[ERR_N_COUNT] = {
    [ERR_N_OK] = "success",
#define ERR(name, text) [ERR_N_##name] = text,
#include "tbl/errors.h"
#undef ERR
};

const char *err_text(int code)
{
	if (code > 0 || code <= -ERR_N_COUNT)
		return "unknown error";
	return err_texts[-code];
}

int err_of_errno(int e)
{
	switch (e) {
	case 0:
		return ERR_OK;
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
	case EINTR:
	case EINPROGRESS:
		return ERR_AGAIN;
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
		return ERR_RESET;
	case ECONNREFUSED:
		return ERR_REFUSED;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
		return ERR_UNREACHABLE;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	case ENOMEM:
	case ENOBUFS:
		return ERR_NOMEM;
	case EMFILE:
	case ENFILE:
		return ERR_LIMIT;
	case EINVAL:
		return ERR_BAD;
	case EOPNOTSUPP:
	case ENOSYS:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return ERR_UNSUPPORTED;
	case ENOENT:
		return ERR_NOTFOUND;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	case EIO:
		return ERR_IO;
	case EEXIST:
		return ERR_EXISTS;
	default:
		return ERR_SYSTEM;
	}
}
