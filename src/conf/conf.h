/* conf.h - the owner's wishes as one checked, read-only tree.
 *
 * Read by conf_load from an ini file (or the built-in safe default), with every option from the
 * table include/tbl/options.h; all errors are collected as `file:line: option: why`. A worker lives
 * with one conf; nothing in it changes after loading. Everything lies in conf->arena. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stdio.h>
#include "base/arena.h"
#include "base/log.h"
#include "http/cache_control.h"
#include "http/h1.h"
#include "net/conn.h"
#include "policy/acl.h"
#include "policy/balance.h"
#include "policy/cache_key.h"
#include "policy/cache_opts.h"
#include "store/store.h"

enum conf_listener_kind { CONF_FORWARD, CONF_REVERSE, CONF_ADMIN };

struct conf_line { /* an option as written, for conf_print */
	struct str option, value;
};

struct conf_listener {
	struct str name;
	union conn_address *addresses;
	unsigned *address_lines; /* where each was written; 0 in the built-in default */
	unsigned address_count;
	enum conf_listener_kind kind;
	int pool;                       /* index into conf->pools, -1 */
	struct acl_ports connect_ports; /* sealed; CONNECT may go there; default 443 */
	struct acl_names sites; /* of a reverse listener: names served here; count 0 = any */
	/* May clients reach private and special addresses? All of them may, or (the built-in
	 * default) those on this host's loopback; without either only private_networks (sealed). */
	bool private_destinations;
	bool private_for_local;
	struct acl_networks private_networks;
	struct cache_control_targets targeted; /* RFC 9213; empty but for a reverse listener */
	bool upgrade;         /* Upgrade (WebSocket and others) is passed on; default yes */
	unsigned max_clients; /* per worker; over it: accept and close */
	unsigned max_clients_per_address;
	struct conf_line *lines; /* pool, sites, private_networks as written */
	unsigned line_count;
};

struct conf_server {
	struct str host; /* in normal form (http/uri): lower case, IPv6 in brackets */
	uint16_t port;
	bool is_address;
	union conn_address address; /* when is_address */
};
struct conf_pool {
	struct str name;
	struct conf_server *servers;
	unsigned server_count;
	enum balance_kind balance;
	unsigned fail_timeout_ms; /* a server that failed is passed over for so long */
};

enum conf_log_format { CONF_LOG_COMBINED, CONF_LOG_SQUID, CONF_LOG_JSON };
struct conf_log {
	struct str access_path; /* empty = none; "-" = standard output */
	enum conf_log_format access_format;
	struct str error_path; /* empty = standard error */
	enum log_level level;
};

struct conf_gzip {
	bool on;
	uint64_t min_size; /* bytes */
	int level;         /* 1 .. 9 */
	struct str *types; /* media types, lower case; one that ends with '*' is a prefix */
	unsigned type_count;
	unsigned max_running; /* deflate states per worker */
};

struct conf_timeouts { /* milliseconds; HOSTILE 0 */
	unsigned head, idle, body_window, connect, first_byte, origin_idle, tunnel_idle, drain,
	    fill_wait, dns;
	unsigned min_rate; /* bytes per second over body_window */
};

struct conf_acl { /* an [acl] as written, for conf_print; what decides is conf->access */
	struct str name;
	struct conf_line *lines;
	unsigned line_count;
};

struct conf {
	struct arena arena;
	struct str path;     /* of the file; empty = built-in default */
	uint64_t generation; /* of this load, set by the master */

	unsigned workers;     /* resolved: auto = one per core this process may use */
	struct str user;      /* of a start as root; empty = weir, if there is one, else nobody */
	struct str control;   /* Unix socket of weirctl; empty = none */
	struct str pid_file;  /* empty = none */
	struct str via;       /* pseudonym in Via, Cache-Status and Proxy-Status; default "weir" */
	struct str resolvers; /* empty = /etc/resolv.conf */
	struct str hosts_file;
	uint64_t max_request_body; /* 0 = no limit */
	unsigned pipeline;         /* safe requests of a session under way at once, 1 .. 32 */
	uint64_t request_memory;   /* ceiling of a request's arena */
	uint64_t fill_rest;        /* a fill without followers goes on while less is missing */
	unsigned pool_idle;        /* idle origin connections kept per worker */
	unsigned pool_per_origin;

	struct h1_limits limits; /* of requests */
	struct h1_limits response_limits;
	struct conf_timeouts timeouts;
	struct conf_log log;
	struct conf_gzip gzip;
	struct store_opts store;
	struct cache_opts cache;
	struct cache_key_rules key_rules;
	struct conf_line *cache_lines; /* ignore_query as written */
	unsigned cache_line_count;

	struct conf_listener *listeners;
	unsigned listener_count;
	struct conf_pool *pools;
	unsigned pool_count;
	struct conf_acl *acls;
	unsigned acl_count;
	struct conf_line *rules; /* of [access] */
	unsigned rule_count;
	bool has_access; /* the file has [access] */
	/* Compiled [acl] and [access], sealed; never NULL. Without [access] it allows everybody on
	 * reverse listeners, and clients on the loopback on all others. */
	struct acl_access *access;
};

/* Reads and checks `path` (NULL = built-in default). Errors and warnings go to `out`, one per line,
 * all of them. NULL when there was an error. Never binds, resolves nothing but numeric addresses,
 * creates nothing. */
struct conf *conf_load(const char *path, FILE *out);
/* The same from a stream; `name` stands in messages and becomes conf->path (NULL: built-in
 * default). */
struct conf *conf_load_stream(FILE *in, const char *name, FILE *out);
void conf_free(struct conf *c);
/* The configuration in force as an ini file that reads back to the same (weir --print-config). */
void conf_print(const struct conf *c, FILE *out);
/* The table of options as a manual page in mdoc: man/weir.ini.5 (weir --help-options). */
void conf_print_manual(FILE *out);
/* The built-in default as ini text: forward proxy on 127.0.0.1:3128, cache under the user's cache
 * directory. 0, or ERR_LIMIT when n is too small (CONF_DEFAULT_TEXT always does, unless a folder's
 * name is absurdly long). */
#define CONF_DEFAULT_TEXT 8192
int conf_default_text(char *out, size_t n);

#endif
