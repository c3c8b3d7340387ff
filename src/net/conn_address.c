/* conn_address.c - socket addresses as text and back, compared, with ports.
 *
 * Used wherever an address is shown, configured or judged; declared in conn.h beside union
 * conn_address. Text is read strictly: an address that two programs may read as two different ones
 * (octal or short forms of IPv4, zones) is refused. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/un.h>
#include "base/err.h"
#include "net/conn.h"

void conn_address_unmap(union conn_address *a)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	in.sin_port = a->in6.sin6_port;
	memcpy(&in.sin_addr, &a->in6.sin6_addr.s6_addr[12], sizeof in.sin_addr);
	memset(a, 0, sizeof *a);
	a->in = in;
}

struct str conn_address_ip_text(const union conn_address *a, char out[CONN_ADDRESS_TEXT])
{
	union conn_address u = *a;
	const char *text = NULL;

	conn_address_unmap(&u);
	if (u.sa.sa_family == AF_UNIX)
		text = strcpy(out, "unix:");
	else if (u.sa.sa_family == AF_INET)
		text = inet_ntop(AF_INET, &u.in.sin_addr, out, CONN_ADDRESS_TEXT);
	else if (u.sa.sa_family == AF_INET6)
		text = inet_ntop(AF_INET6, &u.in6.sin6_addr, out, CONN_ADDRESS_TEXT);
	return text == NULL ? str_of(strcpy(out, "-")) : str_of(text);
}

struct str conn_address_text(const union conn_address *a, char out[CONN_ADDRESS_TEXT])
{
	union conn_address u = *a;
	char ip[CONN_ADDRESS_TEXT];
	bool v6;
	int n;

	conn_address_unmap(&u);
	v6 = u.sa.sa_family == AF_INET6;
	if (!v6 && u.sa.sa_family != AF_INET)
		return conn_address_ip_text(&u, out);
	(void)conn_address_ip_text(&u, ip);
	n = snprintf(out, CONN_ADDRESS_TEXT, "%s%s%s:%u", v6 ? "[" : "", ip, v6 ? "]" : "",
	             (unsigned)conn_address_port(&u));
	AN(n > 0 && n < CONN_ADDRESS_TEXT);
	return (struct str){out, (size_t)n};
}

uint16_t conn_address_port(const union conn_address *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohs(a->in.sin_port);
	return a->sa.sa_family == AF_INET6 ? ntohs(a->in6.sin6_port) : 0;
}

void conn_address_set_port(union conn_address *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons(port);
	else if (a->sa.sa_family == AF_INET6)
		a->in6.sin6_port = htons(port);
}

socklen_t conn_address_len(const union conn_address *a)
{
	switch (a->sa.sa_family) {
	case AF_INET:
		return sizeof a->in;
	case AF_INET6:
		return sizeof a->in6;
	case AF_UNIX:
		return sizeof(struct sockaddr_un);
	default:
		return sizeof a->storage;
	}
}

int conn_address_parse(struct str text, uint16_t port, union conn_address *out)
{
	bool bracketed = text.n >= 2 && text.p[0] == '[' && text.p[text.n - 1] == ']';
	union conn_address a;
	char z[INET6_ADDRSTRLEN];

	if (bracketed)
		text = str_slice(text, 1, text.n - 1);
	if (text.n == 0 || text.n >= sizeof z || memchr(text.p, '\0', text.n) != NULL)
		return ERR_BAD;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	memset(&a, 0, sizeof a);
	if (!bracketed && inet_pton(AF_INET, z, &a.in.sin_addr) == 1)
		a.sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, z, &a.in6.sin6_addr) == 1)
		a.sa.sa_family = AF_INET6;
	else
		return ERR_BAD;
	conn_address_unmap(&a);
	conn_address_set_port(&a, port);
	*out = a;
	return 0;
}

bool conn_address_equal(const union conn_address *a, const union conn_address *b)
{
	union conn_address x = *a, y = *b;

	conn_address_unmap(&x);
	conn_address_unmap(&y);
	if (x.sa.sa_family != y.sa.sa_family)
		return false;
	if (x.sa.sa_family == AF_INET)
		return x.in.sin_addr.s_addr == y.in.sin_addr.s_addr &&
		       x.in.sin_port == y.in.sin_port;
	if (x.sa.sa_family == AF_INET6)
		return memcmp(&x.in6.sin6_addr, &y.in6.sin6_addr, sizeof x.in6.sin6_addr) == 0 &&
		       x.in6.sin6_port == y.in6.sin6_port &&
		       x.in6.sin6_scope_id == y.in6.sin6_scope_id;
	return false;
}
