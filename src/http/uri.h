/* uri.h - request targets and hosts, strictly (RFC 3986, RFC 9110 4.2, 7.2, RFC 9112 3.2).
 *
 * Called for the target and the Host field of each request (by msg_request_check), for Location,
 * and for names in the configuration. The host comes out in one normal form, so that rules, key and
 * log see the same name; path and query stay byte for byte what the client sent. */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "base/arena.h"
#include "base/str.h"
#include "http/uri_address.h"

enum uri_form { URI_ORIGIN, URI_ABSOLUTE, URI_AUTHORITY, URI_ASTERISK };
enum uri_scheme { URI_NO_SCHEME, URI_HTTP, URI_HTTPS, URI_OTHER };
/* Which forms a method may use (RFC 9112 3.2). */
enum uri_use { URI_FOR_REQUEST, URI_FOR_OPTIONS, URI_FOR_CONNECT };

#define URI_HOST_MAX 255

struct uri {
	uint8_t form;   /* enum uri_form */
	uint8_t scheme; /* enum uri_scheme */
	uint8_t family; /* 0: a name, 4 or 6: an address */
	bool port_given;
	bool userinfo; /* there was one; it is not part of any string here */
	uint16_t port; /* 1-65535; the scheme's default when not given, 0 when there is none */
	uint8_t address[16];    /* by family, 4 or 16 bytes in network order */
	struct str scheme_name; /* lower case; "" without a scheme */
	struct str
	    host; /* lower case, no trailing dot; IPv6 in brackets, RFC 5952 form; "" if none */
	struct str path_query; /* byte exact; "/" for an absolute form without a path; "*"; "" for
	                          CONNECT */
};

/* Parses a request target. Refused: control bytes, space, bytes above 0x7E, "#",
 * anything that is not the form that `use` allows, "//" hosts that are empty or not strict
 * (uri_parse_host), a port outside 1-65535. A scheme other than http and https gives URI_OTHER
 * (ftp; the caller decides). Strings lie in target or in the arena (its memory is needed only when
 * the host must be rewritten). 0, ERR_BAD or ERR_NOMEM; *why (may be NULL) then names the rule. */
int uri_parse_target(struct arena *a, struct str target, enum uri_use use, struct uri *out,
                     const char **why);

/* Parses host[:port] as in Host or CONNECT; sets host, family, address, port, port_given only. No
 * userinfo, no path, no list, no whitespace. Strict: labels of letters, digits, "-" and "_", 63
 * bytes each, 253 in all, one trailing dot is dropped; a last label that is a number (digits, or
 * 0x...) demands a dotted quad without leading zeros; IPv6 in brackets without zone. default_port 0
 * = none. */
int uri_parse_host(struct arena *a, struct str s, uint16_t default_port, struct uri *out,
                   const char **why);

/* The same for a reference such as Location, Content-Location or Destination against the URI of the
 * request (RFC 3986 5.2): absolute, "//host/path", "/path", "path", "../path", "?query"; segments
 * "." and ".." are worked off, a fragment is cut off. 0, ERR_BAD, ERR_NOMEM; ERR_UNSUPPORTED for
 * another scheme without "//", and for relative paths against "*". */
int uri_resolve(struct arena *a, const struct uri *base, struct str reference, struct uri *out);

/* Sets scheme (http or https) and, unless a port was given, its default port. For listeners that
 * know the scheme (origin-form under TLS), and for the reverse. */
void uri_set_scheme(struct uri *u, enum uri_scheme scheme);
/* 80, 443, 21 for ftp, 0. */
uint16_t uri_default_port(enum uri_scheme scheme, struct str scheme_name);

/* Same scheme, host and port (RFC 6454 origin), hosts being normal forms. */
bool uri_same_origin(const struct uri *a, const struct uri *b);
/* -1, 0, 1 over scheme, host, port, path and query. */
int uri_cmp(const struct uri *a, const struct uri *b);
/* host, and ":port" when it is not the scheme's default: what goes into Host. */
void uri_put_authority(struct str_out *o, const struct uri *u);
/* scheme "://" authority path_query: the effective request URI in normal form. */
void uri_put(struct str_out *o, const struct uri *u);

/* The path for matching rules: percent-decoded once, "." and ".." resolved, "//" kept; without the
 * query. ERR_BAD when decoding gives NUL, or when an encoded "/", "\" or dot segment makes raw and
 * decoded form disagree about the segments: the caller refuses where a path rule exists. ERR_NOMEM.
 */
int uri_match_path(struct arena *a, struct str path_query, struct str *out);
/* path_query up to "?", and what follows it (without "?"; {NULL,0} when there is no "?"). */
struct str uri_path(struct str path_query);
struct str uri_query(struct str path_query);

/* Dotted quad / RFC 4291 text to bytes; strict as above, no brackets, no zone. */
static inline bool uri_parse_ipv4(struct str s, uint8_t out[4])
{
	return uri_address_ipv4(s, out);
}
static inline bool uri_parse_ipv6(struct str s, uint8_t out[16])
{
	return uri_address_ipv6(s, out);
}

#endif
