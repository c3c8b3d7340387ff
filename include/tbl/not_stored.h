/* not_stored.h - why a response is not kept (policy/cache_store.c), each reason once.
 *
 * NOT_STORED(id, text): text names the rule and its section; it reaches Cache-Status, the access log and
 * weirctl explain. Numbers of reasons lie in shared memory: append only.                                 */
#ifndef NOT_STORED
#define NOT_STORED(id, text)
#endif

NOT_STORED(UNVERIFIED, "not stored: Host does not lead to the address that was asked for (RFC 9110 7.4)")
NOT_STORED(HEAD, "not stored: an answer to HEAD has no body (RFC 9110 9.3.2)")
NOT_STORED(METHOD, "not stored: the method is not GET (RFC 9111 3)")
NOT_STORED(REQUEST_BODY, "not stored: the request had a body (RFC 9110 9.3.1)")
NOT_STORED(NO_STORE_REQUEST, "not stored: no-store request (RFC 9111 5.2.1.5)")
NOT_STORED(NOT_FINAL, "not stored: not a final response (RFC 9111 3)")
NOT_STORED(PART, "not stored: a part of a representation (RFC 9111 3.3)")
NOT_STORED(PROXY_AUTHENTICATION, "not stored: a matter between neighbours (RFC 9110 15.5.8)")
NOT_STORED(NOT_MODIFIED, "not stored: 304 without a stored response (RFC 9111 4.3.4)")
NOT_STORED(MUST_UNDERSTAND, "not stored: must-understand, and the status is not (RFC 9111 5.2.2.3)")
NOT_STORED(AUTHORIZATION, "not stored: Authorization without public, must-revalidate or s-maxage (RFC 9111 3.5)")
NOT_STORED(COOKIE_NO_FRESHNESS, "not stored: Set-Cookie without explicit freshness (RFC 9111 7.3)")
NOT_STORED(COOKIE, "not stored: Set-Cookie without public or s-maxage (RFC 9111 7.3)")
NOT_STORED(NO_STORE, "not stored: no-store (RFC 9111 5.2.2.5)")
NOT_STORED(PRIVATE, "not stored: private (RFC 9111 5.2.2.7)")
NOT_STORED(VARY_ALL, "not stored: Vary: * (RFC 9111 4.1)")
NOT_STORED(VARY_NAMES, "not stored: Vary with more than 8 names (RFC 9111 4.1)")
NOT_STORED(VARY_BAD, "not stored: malformed Vary (RFC 9110 12.5.5)")
NOT_STORED(ERROR, "not stored: an error without explicit freshness (RFC 9111 3)")
NOT_STORED(UNKNOWN_STATUS, "not stored: an unknown status without explicit freshness (RFC 9110 15)")
NOT_STORED(UNTIL_CLOSE, "not stored: ended by closing, without explicit freshness (RFC 9112 8)")
NOT_STORED(STATUS, "not stored: this status needs explicit freshness (RFC 9110 15.1)")
NOT_STORED(NO_CACHE, "not stored: no-cache and no validator (RFC 9111 5.2.2.4)")
NOT_STORED(STALE, "not stored: stale on arrival and no validator (RFC 9111 4.2)")
NOT_STORED(NO_LIFETIME, "not stored: no lifetime and no validator (RFC 9111 4.2)")

#undef NOT_STORED
