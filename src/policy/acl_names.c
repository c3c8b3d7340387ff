/* acl_names.c - sets of host names, matched by suffix at label borders. */
#include "policy/acl_names.h"
#include "base/err.h"
#include "base/obj.h"
#include "policy/acl_address.h"

#define NAME_MAX_BYTES 253
#define LABEL_MAX_BYTES 63
#define LABELS_MAX 127

/* The slot of a name: where it lies, or the free one where it would. */
static struct acl_name *slot_of(const struct acl_names *set, uint64_t hash, struct str name)
{
	unsigned i = (unsigned)hash & set->mask;

	while (set->slots[i].text.p != NULL &&
	       (set->slots[i].hash != hash || !str_eq(set->slots[i].text, name)))
		i = (i + 1) & set->mask;
	return &set->slots[i];
}

/* Keeps the table at most half full; the old one stays behind in the arena. */
static int grow(struct acl_names *set, struct arena *a)
{
	struct acl_names old = *set;
	unsigned size = old.slots == NULL ? 8 : (old.mask + 1) * 2;

	if (old.slots != NULL && (set->count + 1) * 2 <= old.mask + 1)
		return 0;
	set->slots = arena_zalloc(a, size * sizeof *set->slots);
	if (set->slots == NULL) {
		*set = old;
		return ERR_NOMEM;
	}
	set->mask = size - 1;
	for (unsigned i = 0; old.slots != NULL && i <= old.mask; i++)
		if (old.slots[i].text.p != NULL)
			*slot_of(set, old.slots[i].hash, old.slots[i].text) = old.slots[i];
	return 0;
}

static bool is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || str_is_digit(c) || c == '-' || c == '_';
}

/* Letters, digits, "-" and "_" in labels; the last one is no number, as no host is named so. Lower
 * case is expected. How many labels, 0: no name. */
static unsigned labels_of(struct str name)
{
	struct str rest = name, label;
	unsigned labels = 0;

	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return 0;
	for (size_t at = 0; at <= name.n; at += label.n + 1) {
		bool number = true;

		rest = str_slice(name, at, name.n);
		label = str_slice(rest, 0, str_find(rest, '.', 0));
		if (label.n == 0 || label.n > LABEL_MAX_BYTES)
			return 0;
		for (size_t i = 0; i < label.n; i++) {
			if (!is_label_byte(label.p[i]))
				return 0;
			number = number && str_is_digit(label.p[i]);
		}
		labels++;
		if (number && label.n == rest.n)
			return 0;
	}
	return labels;
}

/* The normal form of http/uri: an address (IPv6 in brackets), or a name in lower case. */
static int normal_form(struct arena *a, struct str name, struct str *out, unsigned *labels)
{
	struct acl_address address;
	char text[ACL_ADDRESS_TEXT + 2];
	size_t n;
	char *p;

	if (acl_address_parse(name, &address)) {
		n = acl_address_print(&address, text + 1);
		*labels = 1;
		*out = (struct str){text + 1, n};
		if (address.family == 6) {
			text[0] = '[';
			text[n + 1] = ']';
			*out = (struct str){text, n + 2};
		}
		*out = arena_dup(a, *out);
		return out->p == NULL ? ERR_NOMEM : 0;
	}
	if (str_starts(name, STR("*.")))
		name = str_slice(name, 2, name.n);
	else if (str_starts(name, STR(".")))
		name = str_slice(name, 1, name.n);
	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	p = arena_alloc(a, name.n + 1);
	if (p == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < name.n; i++)
		p[i] = str_lower(name.p[i]);
	*out = (struct str){p, name.n};
	*labels = labels_of(*out);
	return *labels == 0 ? ERR_BAD : 0;
}

static bool has_letters_beyond_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

int acl_names_add(struct acl_names *set, struct arena *a, struct str name, const char **why)
{
	struct acl_name *slot;
	struct str text;
	unsigned labels;
	uint64_t hash;
	int rc = normal_form(a, name, &text, &labels);

	*why = has_letters_beyond_ascii(name)
	           ? "letters outside ASCII: write the A-label, which begins with xn-- (RFC 5890)"
	           : "not a host name (letters, digits, - and _ in labels) and not an address";
	if (rc == 0)
		rc = grow(set, a);
	if (rc != 0)
		return rc;
	hash = digest_sip64(&set->key, text.p, text.n);
	slot = slot_of(set, hash, text);
	if (slot->text.p != NULL)
		return 0;
	*slot = (struct acl_name){text, hash};
	set->count++;
	set->labels = MAX(set->labels, labels);
	return 0;
}

static struct str probe(const struct acl_names *set, struct str name)
{
	return slot_of(set, digest_sip64(&set->key, name.p, name.n), name)->text;
}

static bool is_address(struct str host)
{
	/* In normal form a name never ends in a digit-only label, and only IPv6 has brackets. */
	size_t from = host.n;

	if (host.p[0] == '[')
		return true;
	while (from > 0 && str_is_digit(host.p[from - 1]))
		from--;
	return from < host.n && (from == 0 || host.p[from - 1] == '.');
}

struct str acl_names_find(const struct acl_names *set, struct str host)
{
	size_t starts[LABELS_MAX + 1];
	unsigned n = 0;

	if (set->count == 0 || host.n == 0 || host.n > NAME_MAX_BYTES)
		return STR_NONE;
	if (is_address(host))
		return probe(set, host);
	/* Where the last `labels` labels begin; longer suffixes cannot be in the set. */
	for (size_t i = host.n; i > 0 && n < set->labels && n < LABELS_MAX; i--)
		if (i == 1 || host.p[i - 2] == '.')
			starts[n++] = i - 1;
	while (n-- > 0) {
		struct str found = probe(set, str_slice(host, starts[n], host.n));

		if (found.p != NULL)
			return found;
	}
	return STR_NONE;
}

/* Cuts the next word off *rest. */
static struct str next_word(struct str *rest)
{
	size_t n = 0;
	struct str word;

	*rest = str_trim(*rest);
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	word = str_slice(*rest, 0, n);
	*rest = str_slice(*rest, n, rest->n);
	return word;
}

/* "address name ..." as in /etc/hosts. Names of one label there are of this host (localhost): such
 * a list does not mean them. */
static int hosts_line(struct str rest, struct str *name)
{
	struct str word, found = STR_NONE;

	while ((word = next_word(&rest)).n != 0) {
		if (str_find(word, '.', 0) == word.n)
			continue;
		if (found.p != NULL)
			return ERR_BAD;
		found = word;
	}
	if (found.p == NULL)
		return 0;
	*name = found;
	return 1;
}

int acl_names_line(struct str line, struct str *name)
{
	struct acl_address address;
	struct str rest = line, word;

	if (rest.n > 0 && rest.p[rest.n - 1] == '\r')
		rest.n--;
	rest = str_trim(str_slice(rest, 0, str_find(rest, '#', 0)));
	if (rest.n == 0 || rest.p[0] == '!')
		return 0;
	word = next_word(&rest);
	rest = str_trim(rest);
	if (rest.n != 0) {
		bool hosts = acl_address_parse(word, &address) || str_find(word, ':', 0) < word.n;

		return hosts ? hosts_line(rest, name) : ERR_BAD;
	}
	if (str_starts(word, STR("||"))) {
		if (word.n < 4 || word.p[word.n - 1] != '^')
			return ERR_BAD;
		word = str_slice(word, 2, word.n - 1);
	}
	*name = word;
	return 1;
}
