/* acl_address.h - addresses of clients and origins as plain bytes: read, written, judged.
 *
 * policy knows no sockets: who holds a sockaddr copies family and bytes. Called by acl, route, the
 * fill (each address before it is dialled) and conf. */
#ifndef POLICY_ACL_ADDRESS_H
#define POLICY_ACL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

struct acl_address {
	uint8_t family;    /* 4, 6, or 0: none */
	uint8_t bytes[16]; /* network order; 4 or 16 count, the rest is 0 */
};
#define ACL_ADDRESS_TEXT 46 /* longest text, without NUL */

/* family 4 or 6; anything else gives family 0. */
struct acl_address acl_address_of(uint8_t family, const void *bytes);
/* Dotted quad or RFC 4291 text, strictly; brackets around IPv6 are allowed; no zone, no port. */
bool acl_address_parse(struct str text, struct acl_address *out);
/* RFC 5952 text without brackets ("-" for family 0). Returns its length, no NUL is written. */
size_t acl_address_print(const struct acl_address *a, char out[ACL_ADDRESS_TEXT]);
bool acl_address_eq(const struct acl_address *a, const struct acl_address *b);
/* ::ffff:a.b.c.d becomes the IPv4 address that it means; others stay. */
struct acl_address acl_address_unmap(const struct acl_address *a);
/* A private or special address (RFC 6890 and HOSTILE 4), which clients may reach only where the
 * owner says so. IPv4 inside 6to4, NAT64 (RFC 6052) and mapped forms is judged as IPv4. *why (may
 * be NULL) is a static text naming the range. */
bool acl_address_is_special(const struct acl_address *a, const char **why);
/* The metadata services of clouds: 169.254.169.254, fd00:ec2::254, also in embedded forms. */
bool acl_address_is_metadata(const struct acl_address *a);
bool acl_address_is_loopback(const struct acl_address *a);

#endif
