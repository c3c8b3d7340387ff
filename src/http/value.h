/* value.h - the syntax inside field values: tokens, lists, parameters, quality, entity tags,
 * seconds.
 *
 * Everything works on borrowed (pointer, length) strings, allocates nothing (but value_unquote,
 * from an arena), loops without recursion, and is linear in the bytes of the value. RFC
 * 9110 5.6, 8.8.3, 12.5.3; RFC 9111 1.2.2; RFC 9651 for what weir writes into Cache-Status and
 * Proxy-Status.               */
#ifndef HTTP_VALUE_H
#define HTTP_VALUE_H

#include "base/arena.h"
#include "http/fields.h"

/* ---- lists (RFC 9110 5.6.1): all lines of a field are one list ---- */
struct value_list {
	const struct fields *fields; /* NULL: only `rest` */
	unsigned next;               /* index of the next line to look at */
	uint8_t id;
	struct str rest; /* of the line under way */
};

void value_list_init(struct value_list *it, const struct fields *f, enum field_id id);
void value_list_init_str(struct value_list *it, struct str value);
/* The next element, trimmed and never empty (empty elements are skipped, 5.6.1.2). A comma in a
 * quoted string does not separate; a quote that is never closed takes the rest of its line, never
 * the next line. false at the end. */
bool value_list_next(struct value_list *it, struct str *element);
/* Is token an element of the list (ASCII case ignored, parameters not looked at)? */
bool value_list_has(const struct fields *f, enum field_id id, struct str token);

/* ---- parameters: item *( OWS ";" OWS [ name "=" ( token / quoted-string ) ] ) ---- */
struct value_param {
	struct str name;  /* a token */
	struct str value; /* without the quotes; backslashes still in it when quoted */
	bool quoted;
};
/* What stands before the first ";" (trimmed, quotes respected); *rest gets what follows, from the
 * ";". */
struct str value_item(struct str element, struct str *rest);
/* 1: the next parameter of *rest; 0: end; ERR_BAD. Empty parameters are skipped. A name without "="
 * is given with an empty value. Whitespace around "=" is ERR_BAD (9110 5.6.6). */
int value_param_next(struct str *rest, struct value_param *p);
/* The text of a quoted-string's inside with the backslashes resolved. ERR_NOMEM. */
int value_unquote(struct arena *a, struct str inside, struct str *out);

/* ---- small values ---- */
bool value_is_token(struct str s);
/* s is exactly one quoted-string with legal bytes; *inside (may be NULL) gets what is between the
 * quotes. */
bool value_is_quoted(struct str s, struct str *inside);
/* 0..1000 thousandths, or ERR_BAD (RFC 9110 12.4.2: at most three decimals, at most 1). */
int value_qvalue(struct str s);
/* Seconds: digits only; any overflow gives VALUE_SECONDS_MAX (RFC 9111 1.2.2). ERR_BAD otherwise.
 */
#define VALUE_SECONDS_MAX ((int64_t)2147483648)
int value_seconds(struct str s, int64_t *out);

/* ---- Accept-Encoding (RFC 9110 12.5.3) ---- */
/* How much the request wants that coding: 0 (not acceptable) to 1000. "identity" (or an empty name)
 * asks for no coding at all. "x-gzip" counts as gzip. Without the field every coding counts as
 * acceptable: 1000 for identity, 1 for others (allowed, but nobody asked for it: weir then sends
 * identity). An element that does not parse is ignored; of duplicates the first counts. */
int value_accepts_coding(const struct fields *request, struct str coding);

/* ---- entity tags (RFC 9110 8.8.3) ---- */
struct value_etag {
	struct str opaque; /* with its quotes */
	bool weak;
};
/* s is exactly one entity-tag: 0 or ERR_BAD. */
int value_etag(struct str s, struct value_etag *out);
bool value_etag_strong_eq(struct value_etag a, struct value_etag b);
bool value_etag_weak_eq(struct value_etag a, struct value_etag b);
/* The next entity-tag of a list value (If-Match, If-None-Match); commas inside tags are part of
 * them, and backslash is no escape there. 1, 0 at the end, ERR_BAD when what follows is none. "*"
 * alone is the caller's. */
int value_etag_next(struct str *rest, struct value_etag *out);

/* ---- structured fields, written (RFC 9651 4.1) ---- */
/* A string in quotes; bytes outside 0x20-0x7E become '?'. */
void value_put_sf_string(struct str_out *o, struct str s);
/* A token when s is one (letter or "*" first, then tchar ":" "/"), else a string. */
void value_put_sf_token(struct str_out *o, struct str s);

#endif
