/* uri_address.h - the text of IP addresses, read strictly and written in one form (RFC 3986 3.2.2,
 * RFC 4291 2.2, RFC 5952). Called by uri.c and by readers of address lists. Pure. */
#ifndef HTTP_URI_ADDRESS_H
#define HTTP_URI_ADDRESS_H

#include "base/str.h"

#define URI_ADDRESS_TEXT 46 /* room for the longest form */

/* Four decimal numbers 0-255 without leading zeros. */
bool uri_address_ipv4(struct str s, uint8_t out[4]);
/* Without brackets and without a zone; "::" stands for at least one group. */
bool uri_address_ipv6(struct str s, uint8_t out[16]);
/* RFC 5952: lower case, the longest run of zeros (two or more) as "::", mapped IPv4 dotted. Writes
 * at most URI_ADDRESS_TEXT bytes. */
void uri_address_put_ipv4(struct str_out *o, const uint8_t a[4]);
void uri_address_put_ipv6(struct str_out *o, const uint8_t a[16]);

#endif
