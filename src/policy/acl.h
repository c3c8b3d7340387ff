/* acl.h - who may do what: named conditions and the ordered rules made of them.
 *
 * conf fills a struct acl_access in its arena (acl_define, acl_add, acl_add_list, acl_rule), seals
 * it, and from then on it is read-only: acl_judge is asked for each request. All options of one acl
 * must hold; the values of one option are alternatives. The first rule whose names all hold
 * decides; at the end stands deny. Addresses here are plain bytes: policy knows no sockets. */
#ifndef POLICY_ACL_H
#define POLICY_ACL_H

#include <stdbool.h>
#include "base/arena.h"
#include "policy/acl_address.h"
#include "policy/acl_names.h"
#include "policy/acl_networks.h"

/* ---- ports ---- */
struct acl_port_range {
	uint16_t from, to;
};
struct acl_ports { /* sorted, disjoint after sealing */
	struct acl_port_range *at;
	unsigned count, room;
};
/* "443" or "1024-65535". 0, ERR_BAD (*why), ERR_NOMEM. */
int acl_ports_add(struct acl_ports *set, struct arena *a, struct str text, const char **why);
void acl_ports_seal(struct acl_ports *set);
bool acl_ports_has(const struct acl_ports *set, unsigned port);

/* ---- conditions and rules ---- */
enum acl_option {
	ACL_CLIENT,
	ACL_DOMAIN,
	ACL_PORT,
	ACL_METHOD,
	ACL_LISTENER,
	ACL_SCHEME,
	ACL_OPTIONS
};
struct acl_words { /* a short list compared in full */
	struct str *at;
	unsigned count, room;
};
struct acl {
	struct str name;
	unsigned given; /* bit per enum acl_option */
	struct acl_networks clients;
	struct acl_names domains;
	struct acl_ports ports;
	struct acl_words methods, listeners, schemes;
	struct acl *next;
};
struct acl_term {
	const struct acl *acl; /* NULL: "all" */
	bool negate;
};
struct acl_rule {
	bool allow;
	struct str text; /* "allow = campus" */
	struct acl_term *terms;
	unsigned term_count;
};
#define ACL_ACCESS_MAGIC 0x61c1ac5e
struct acl_access {
	unsigned magic;
	struct arena *arena;
	struct digest_key key;
	struct acl *acls, *last;
	struct acl_rule *rules;
	unsigned rule_count, rule_room;
	bool sealed;
};

/* key: secret of the name tables (digest_random by the caller). No rule: everything is denied. */
void acl_access_init(struct acl_access *x, struct arena *a, const struct digest_key *key);
/* The acl of that name, made when it is new (token bytes; "all" is built in and refused: NULL; also
 * NULL without memory). */
struct acl *acl_define(struct acl_access *x, struct str name);
struct acl *acl_find(const struct acl_access *x, struct str name);
/* "client", "domain", "port", "method", "listener", "scheme"; -1 for others. */
int acl_option_of(struct str name);
/* Adds the values of one option, separated by commas (at least one). 0, ERR_BAD (*why, static),
 * ERR_NOMEM. */
int acl_add(struct acl_access *x, struct acl *acl, enum acl_option option, struct str values,
            const char **why);
/* The same for a file's whole text, one value per line (acl_names_line for ACL_DOMAIN; networks for
 * ACL_CLIENT). An empty list is allowed: it then matches nothing. *line: of the error, from 1. */
int acl_add_list(struct acl_access *x, struct acl *acl, enum acl_option option, struct str text,
                 unsigned *line, const char **why);
/* Appends a rule: names separated by spaces or commas, all must hold; "!name" must not hold; "all"
 * always holds. Unknown names: ERR_NOTFOUND. 0, ERR_BAD, ERR_NOTFOUND (*why), ERR_NOMEM. */
int acl_rule(struct acl_access *x, bool allow, struct str names, const char **why);
/* Sorts and merges; afterwards only questions are allowed. 0, or ERR_BAD when an acl has no option
 * (*name is its name): it would hold for everybody. */
int acl_seal(struct acl_access *x, struct str *name);

struct acl_subject {
	struct acl_address client; /* mapped IPv4 counts as IPv4 */
	struct str host;           /* normal form of http/uri; "" when unknown */
	unsigned port;             /* of the target */
	struct str method, listener, scheme;
};
struct acl_verdict {
	bool allow;
	struct str rule; /* text of the rule that decided; "default" at the end; borrowed */
	const char *why; /* static */
};
/* PURGE is allowed only by a rule one of whose acls lists that method (HOSTILE 3). */
void acl_judge(const struct acl_access *x, const struct acl_subject *s, struct acl_verdict *out);

/* May the proxy dial that very address (HOSTILE 4)? special_ok: the owner lets this client reach
 * private and special addresses. permitted (may be NULL, sealed): networks that are allowed to
 * everybody. Metadata addresses need to be named there. *why is static. out->rule is empty. */
void acl_destination_judge(const struct acl_networks *permitted, bool special_ok,
                           const struct acl_address *address, struct acl_verdict *out);

#endif
