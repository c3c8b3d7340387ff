/* acl.c - conditions with names, rules in order, and the judgement of a request by them. */
#include "policy/acl.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/field.h"
#include "policy/acl_room.h"

/* ---- ports ---- */
static bool parse_port(struct str s, uint16_t *out)
{
	uint64_t n;

	if (!str_u64(str_trim(s), &n) || n < 1 || n > 65535)
		return false;
	*out = (uint16_t)n;
	return true;
}

int acl_ports_add(struct acl_ports *set, struct arena *a, struct str text, const char **why)
{
	size_t dash = str_find(text, '-', 0);
	struct acl_port_range r;
	void *p;

	*why = "a port (1-65535) or a range of ports, the lower one first, is expected";
	if (!parse_port(str_slice(text, 0, dash), &r.from))
		return ERR_BAD;
	r.to = r.from;
	if (dash < text.n && !parse_port(str_slice(text, dash + 1, text.n), &r.to))
		return ERR_BAD;
	if (r.to < r.from)
		return ERR_BAD;
	p = acl_room(a, set->at, set->count, &set->room, sizeof *set->at);
	if (p == NULL)
		return ERR_NOMEM;
	set->at = p;
	set->at[set->count++] = r;
	return 0;
}

static int compare_ports(const void *a, const void *b)
{
	const struct acl_port_range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

void acl_ports_seal(struct acl_ports *set)
{
	struct acl_port_range *v = set->at;
	unsigned n = 0;

	if (set->count == 0)
		return;
	qsort(v, set->count, sizeof *v, compare_ports);
	for (unsigned i = 0; i < set->count; i++) {
		if (n == 0 || v[i].from > v[n - 1].to + 1)
			v[n++] = v[i];
		else if (v[i].to > v[n - 1].to)
			v[n - 1].to = v[i].to;
	}
	set->count = n;
}

bool acl_ports_has(const struct acl_ports *set, unsigned port)
{
	for (unsigned i = 0; i < set->count && set->at[i].from <= port; i++)
		if (port <= set->at[i].to)
			return true;
	return false;
}

/* ---- building ---- */
void acl_access_init(struct acl_access *x, struct arena *a, const struct digest_key *key)
{
	INIT_OBJ(x, ACL_ACCESS_MAGIC);
	x->arena = a;
	x->key = *key;
}

struct acl *acl_find(const struct acl_access *x, struct str name)
{
	CHECK_OBJ(x, ACL_ACCESS_MAGIC);
	for (struct acl *acl = x->acls; acl != NULL; acl = acl->next)
		if (str_eq(acl->name, name))
			return acl;
	return NULL;
}

struct acl *acl_define(struct acl_access *x, struct str name)
{
	struct acl *acl = acl_find(x, name);

	AZ(x->sealed);
	if (acl != NULL)
		return acl;
	if (!field_name_valid(name) || name.p[0] == '!' || str_eq(name, STR("all")))
		return NULL;
	acl = arena_zalloc(x->arena, sizeof *acl);
	if (acl == NULL)
		return NULL;
	acl->name = arena_dup(x->arena, name);
	if (acl->name.p == NULL)
		return NULL;
	acl->domains.key = x->key;
	if (x->last == NULL)
		x->acls = acl;
	else
		x->last->next = acl;
	x->last = acl;
	return acl;
}

static const struct str option_names[ACL_OPTIONS] = {
    [ACL_CLIENT] = STR_INIT("client"),     [ACL_DOMAIN] = STR_INIT("domain"),
    [ACL_PORT] = STR_INIT("port"),         [ACL_METHOD] = STR_INIT("method"),
    [ACL_LISTENER] = STR_INIT("listener"), [ACL_SCHEME] = STR_INIT("scheme"),
};

int acl_option_of(struct str name)
{
	for (int i = 0; i < ACL_OPTIONS; i++)
		if (str_eq(name, option_names[i]))
			return i;
	return -1;
}

static int add_word(struct acl_words *set, struct arena *a, struct str word, const char **why)
{
	void *p;

	*why = "a name of letters, digits and - is expected";
	if (!field_name_valid(word))
		return ERR_BAD;
	p = acl_room(a, set->at, set->count, &set->room, sizeof *set->at);
	if (p == NULL)
		return ERR_NOMEM;
	set->at = p;
	set->at[set->count] = arena_dup(a, word);
	if (set->at[set->count].p == NULL)
		return ERR_NOMEM;
	set->count++;
	return 0;
}

static int add_value(struct acl_access *x, struct acl *acl, enum acl_option option,
                     struct str value, const char **why)
{
	switch (option) {
	case ACL_CLIENT:
		return acl_networks_add(&acl->clients, x->arena, value, why);
	case ACL_DOMAIN:
		return acl_names_add(&acl->domains, x->arena, value, why);
	case ACL_PORT:
		return acl_ports_add(&acl->ports, x->arena, value, why);
	case ACL_METHOD:
		return add_word(&acl->methods, x->arena, value, why);
	case ACL_LISTENER:
		return add_word(&acl->listeners, x->arena, value, why);
	case ACL_SCHEME:
		return add_word(&acl->schemes, x->arena, value, why);
	default:
		break;
	}
	*why = "no such option";
	return ERR_BAD;
}

int acl_add(struct acl_access *x, struct acl *acl, enum acl_option option, struct str values,
            const char **why)
{
	struct str rest = values, value;
	int rc;

	CHECK_OBJ(x, ACL_ACCESS_MAGIC);
	AZ(x->sealed);
	*why = "an empty value";
	if (str_trim(values).n == 0)
		return ERR_BAD;
	while (str_split(&rest, ',', &value)) {
		*why = "an empty value";
		if (value.n == 0)
			return ERR_BAD;
		rc = add_value(x, acl, option, value, why);
		if (rc != 0)
			return rc;
	}
	acl->given |= 1u << option;
	return 0;
}

/* The value in one line of a file; as acl_names_line. */
static int line_value(enum acl_option option, struct str line, struct str *value)
{
	if (option == ACL_DOMAIN)
		return acl_names_line(line, value);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	*value = str_trim(str_slice(line, 0, str_find(line, '#', 0)));
	return value->n != 0;
}

int acl_add_list(struct acl_access *x, struct acl *acl, enum acl_option option, struct str text,
                 unsigned *line, const char **why)
{
	size_t end;
	int rc;

	CHECK_OBJ(x, ACL_ACCESS_MAGIC);
	AZ(x->sealed);
	*line = 0;
	for (size_t at = 0; at < text.n; at = end + 1) {
		struct str value;

		end = str_find(text, '\n', at);
		++*line;
		*why = "one name, or address and name, is expected";
		rc = line_value(option, str_slice(text, at, end), &value);
		if (rc == 1)
			rc = add_value(x, acl, option, value, why);
		if (rc < 0)
			return rc;
	}
	acl->given |= 1u << option;
	return 0;
}

/* Cuts the next name off *rest; separators are spaces and commas. */
static bool next_name(struct str *rest, struct str *name)
{
	size_t from = 0, to;

	while (from < rest->n && strchr(" \t,", rest->p[from]) != NULL)
		from++;
	for (to = from; to < rest->n && strchr(" \t,", rest->p[to]) == NULL;)
		to++;
	*name = str_slice(*rest, from, to);
	*rest = str_slice(*rest, to, rest->n);
	return name->n != 0;
}

static int add_term(const struct acl_access *x, struct acl_rule *rule, unsigned *room,
                    struct str name, const char **why)
{
	struct acl_term term = {NULL, name.p[0] == '!'};
	void *p;

	if (term.negate)
		name = str_slice(name, 1, name.n);
	*why = "no [acl] section of that name";
	if (!str_eq(name, STR("all")) && (term.acl = acl_find(x, name)) == NULL)
		return ERR_NOTFOUND;
	p = acl_room(x->arena, rule->terms, rule->term_count, room, sizeof term);
	if (p == NULL)
		return ERR_NOMEM;
	rule->terms = p;
	rule->terms[rule->term_count++] = term;
	return 0;
}

int acl_rule(struct acl_access *x, bool allow, struct str names, const char **why)
{
	struct acl_rule rule = {.allow = allow};
	struct str rest = names, name;
	unsigned room = 0;
	void *p;
	int rc;

	CHECK_OBJ(x, ACL_ACCESS_MAGIC);
	AZ(x->sealed);
	while (next_name(&rest, &name)) {
		rc = add_term(x, &rule, &room, name, why);
		if (rc != 0)
			return rc;
	}
	*why = "a rule without a name";
	if (rule.term_count == 0)
		return ERR_BAD;
	rule.text = arena_printf(x->arena, "%s = %.*s", allow ? "allow" : "deny", STR_F(names));
	if (rule.text.p == NULL)
		return ERR_NOMEM;
	p = acl_room(x->arena, x->rules, x->rule_count, &x->rule_room, sizeof rule);
	if (p == NULL)
		return ERR_NOMEM;
	x->rules = p;
	x->rules[x->rule_count++] = rule;
	return 0;
}

int acl_seal(struct acl_access *x, struct str *name)
{
	CHECK_OBJ(x, ACL_ACCESS_MAGIC);
	for (struct acl *acl = x->acls; acl != NULL; acl = acl->next) {
		if (acl->given == 0) {
			*name = acl->name;
			return ERR_BAD;
		}
		acl_networks_seal(&acl->clients);
		acl_ports_seal(&acl->ports);
	}
	x->sealed = true;
	return 0;
}

/* ---- judging ---- */
static bool has_word(const struct acl_words *set, struct str word)
{
	for (unsigned i = 0; i < set->count; i++)
		if (str_eq(set->at[i], word))
			return true;
	return false;
}

static bool is_given(const struct acl *acl, enum acl_option option)
{
	return acl->given >> option & 1;
}

/* Do all options of the acl hold? The cheap ones first. */
static bool holds(const struct acl *acl, const struct acl_subject *s)
{
	if (is_given(acl, ACL_PORT) && !acl_ports_has(&acl->ports, s->port))
		return false;
	if (is_given(acl, ACL_METHOD) && !has_word(&acl->methods, s->method))
		return false;
	if (is_given(acl, ACL_LISTENER) && !has_word(&acl->listeners, s->listener))
		return false;
	if (is_given(acl, ACL_SCHEME) && !has_word(&acl->schemes, s->scheme))
		return false;
	if (is_given(acl, ACL_CLIENT) && !acl_networks_has(&acl->clients, &s->client))
		return false;
	return !is_given(acl, ACL_DOMAIN) || acl_names_find(&acl->domains, s->host).p != NULL;
}

static bool rule_holds(const struct acl_rule *rule, const struct acl_subject *s)
{
	for (unsigned i = 0; i < rule->term_count; i++) {
		const struct acl_term *t = &rule->terms[i];

		if ((t->acl == NULL || holds(t->acl, s)) == t->negate)
			return false;
	}
	return true;
}

static bool rule_names_method(const struct acl_rule *rule, struct str method)
{
	for (unsigned i = 0; i < rule->term_count; i++) {
		const struct acl_term *t = &rule->terms[i];

		if (t->acl != NULL && !t->negate && is_given(t->acl, ACL_METHOD) &&
		    has_word(&t->acl->methods, method))
			return true;
	}
	return false;
}

void acl_judge(const struct acl_access *x, const struct acl_subject *s, struct acl_verdict *out)
{
	bool purge = str_eq(s->method, STR("PURGE"));

	CHECK_OBJ(x, ACL_ACCESS_MAGIC);
	AN(x->sealed);
	*out = (struct acl_verdict){mutant(ACL_DEFAULT), STR("default"),
	                            "denied: no access rule allows it"};
	for (unsigned i = 0; i < x->rule_count; i++) {
		const struct acl_rule *rule = &x->rules[i];

		if (!rule_holds(rule, s))
			continue;
		/* "allow = all" does not mean that everybody may empty the cache. */
		if (purge && !mutant(ACL_PURGE) && rule->allow &&
		    !rule_names_method(rule, s->method)) {
			out->why = "denied: PURGE needs a rule that names the method";
			continue;
		}
		out->allow = rule->allow;
		out->rule = rule->text;
		out->why = rule->allow ? "allowed by an access rule" : "denied by an access rule";
		return;
	}
}

void acl_destination_judge(const struct acl_networks *permitted, bool special_ok,
                           const struct acl_address *address, struct acl_verdict *out)
{
	bool named = permitted != NULL && acl_networks_has(permitted, address);

	*out = (struct acl_verdict){false, STR_NONE, "denied: no address"};
	if (address->family != 4 && address->family != 6)
		return;
	if (acl_address_is_metadata(address) && !mutant(ACL_METADATA)) {
		static const uint8_t v6_service = 0xfd;
		unsigned bit = address->family == 6 && address->bytes[0] == v6_service ? 2 : 1;

		out->why = "denied: the metadata service of a cloud, and it is not named";
		if (!named || (permitted->metadata_named & bit) == 0)
			return;
	} else if (acl_address_is_special(address, &out->why) && !special_ok && !named &&
	           !mutant(ACL_SPECIAL)) {
		return; /* why names the range */
	}
	out->allow = true;
	out->why = "allowed";
}
