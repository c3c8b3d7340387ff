/* dns_answer.c - what two answers (A and AAAA) make together, and which names may be asked. PURE.
 *
 * Called by dns.c for every name that goes out and every answer that comes in. Owns nothing. */
#include "base/err.h"
#include "net/dns_answer.h"

static bool is_name_octet(char c)
{
	return (c >= 'a' && c <= 'z') || str_is_digit(c) || c == '-' || c == '_';
}

int dns_answer_name(struct str name, char out[DNS_NAME_MAX], bool *absolute)
{
	size_t label = 0; /* octets of the label so far */
	bool digits = true;

	*absolute = name.n != 0 && name.p[name.n - 1] == '.';
	if (*absolute)
		name.n--;
	if (name.n == 0 || name.n >= DNS_NAME_MAX)
		return ERR_BAD;
	for (size_t i = 0; i < name.n; i++) {
		char c = str_lower(name.p[i]);
		out[i] = c;
		if (c == '.') {
			if (label == 0)
				return ERR_BAD;
			label = 0;
			digits = true;
			continue;
		}
		if (!is_name_octet(c) || ++label > 63)
			return ERR_BAD;
		digits = digits && str_is_digit(c);
	}
	out[name.n] = '\0';
	return label == 0 || digits ? ERR_BAD : 0;
}

bool dns_answer_is_local(struct str name)
{
	return str_eq(name, STR("localhost")) || str_ends(name, STR(".localhost"));
}

static void put(struct dns_answer *out, int family, const struct in6_addr *at)
{
	union conn_address *a = &out->at[out->count++];

	memset(a, 0, sizeof *a);
	a->sa.sa_family = (sa_family_t)family;
	if (family == AF_INET)
		memcpy(&a->in.sin_addr, at, sizeof a->in.sin_addr);
	else
		a->in6.sin6_addr = *at;
	conn_address_unmap(a); /* an AAAA of ::ffff:127.0.0.1 is judged as what it is */
}

/* Which of two failures says more: a limit, then time, then any failure, then "does not exist". */
static int rank(int status)
{
	switch (status) {
	case ERR_LIMIT:
		return 3;
	case ERR_TIMEOUT:
		return 2;
	case ERR_NONAME:
		return 0;
	default:
		return 1;
	}
}

void dns_answer_merge(const struct dns_part *v6, const struct dns_part *v4, struct dns_answer *out)
{
	int n6 = v6 == NULL ? 0 : v6->count;
	int n4 = v4 == NULL ? 0 : v4->count;

	AN(v6 != NULL || v4 != NULL);
	out->count = 0;
	for (int i = 0; i < MAX(n6, n4); i++) {
		if (i < n6 && out->count < DNS_MAX)
			put(out, AF_INET6, &v6->at[i]);
		if (i < n4 && out->count < DNS_MAX)
			put(out, AF_INET, &v4->at[i]);
	}
	if (out->count > 0)
		out->status = 0;
	else if (v6 == NULL || v4 == NULL)
		out->status = v6 == NULL ? v4->status : v6->status;
	else
		out->status = rank(v6->status) > rank(v4->status) ? v6->status : v4->status;
}

int dns_answer_ttl(const struct dns_part *v6, const struct dns_part *v4)
{
	const struct dns_part *parts[2] = {v6, v4};
	int ttl = DNS_TTL_MAX, bound = DNS_TTL_MAX;
	bool any = false, absent = true;

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (parts[i] != NULL && parts[i]->status == 0) {
			any = true;
			ttl = MIN(ttl, parts[i]->ttl);
		} else if (parts[i] == NULL || parts[i]->status != ERR_NONAME) {
			absent = false;
			bound = DNS_TTL_NEGATIVE;
		}
	}
	if (!any)
		return absent ? DNS_TTL_NEGATIVE : DNS_TTL_FAILED;
	return MAX(MIN(ttl, bound), DNS_TTL_MIN);
}
