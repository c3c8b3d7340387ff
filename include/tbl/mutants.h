/* mutants.h - the defences that can be taken out, one at a time, to see whether a test notices.
 *
 * MUTANT(name, tests, "what is taken out", "where the rule stands")
 *   name   WEIR_MUTANT=name chooses it in a build configured with --enable-mutants (base/mutant.h)
 *   tests  who should notice: unit programs (test_h1) and conversations (h1_chunks.vtc), in the order in which
 *          they are tried (contrib/check-mutants); "all": every unit program, then every conversation
 */

/* ---- heads: src/http/h1.c ---- */
MUTANT(BARE_CR, "test_h1 h1_lines_refused.vtc",
       "a CR without LF ends a line", "HOSTILE 1; RFC 9112 2.2")
MUTANT(BARE_LF, "test_h1 h1_lines_refused.vtc",
       "an LF without CR ends a line", "HOSTILE 1; RFC 9112 2.2")
MUTANT(NUL_BYTE, "test_h1 h1_fields_refused.vtc",
       "NUL may stand in a field value", "HOSTILE 1; RFC 9110 5.5")
MUTANT(CONTROL_BYTE, "test_h1 h1_fields_refused.vtc",
       "other control bytes may stand in a field value", "HOSTILE 1; RFC 9110 5.5")
MUTANT(NAME_EMPTY, "test_h1 h1_fields_refused.vtc",
       "a field name may be empty", "HOSTILE 1; RFC 9110 5.1; CVE-2023-25725")
MUTANT(NAME_SPACE, "test_h1 h1_fields_refused.vtc",
       "space between field name and colon", "HOSTILE 1; RFC 9112 5.1")
MUTANT(NAME_BYTE, "test_h1 h1_fields_refused.vtc",
       "any byte in a field name", "HOSTILE 1; RFC 9110 5.1")
MUTANT(NO_COLON, "test_h1 h1_fields_refused.vtc",
       "a field line without colon", "HOSTILE 1; RFC 9112 5")
MUTANT(OBS_FOLD, "test_h1 h1_fields_refused.vtc",
       "folded lines, space before the first field", "HOSTILE 1; RFC 9112 5.2")
MUTANT(NAME_FAST, "test_h1 h1_fields_refused.vtc",
       "names of plain lines are not looked at", "HOSTILE 1; RFC 9110 5.1")
MUTANT(VALUE_FAST, "test_h1 h1_fields_refused.vtc",
       "the end of a plain line is not looked at", "HOSTILE 1; RFC 9112 2.2")
MUTANT(START_FAST, "test_h1 h1_lines_refused.vtc",
       "what stands behind the target of a plain line is not looked at", "HOSTILE 1; RFC 9112 2.3")
MUTANT(FIELDS_LIMIT, "test_h1 h1_limits.vtc",
       "fields over the limit are passed over", "HOSTILE 0")
MUTANT(HEAD_LIMIT, "test_h1 h1_limits.vtc",
       "a head of any size", "HOSTILE 0; RFC 6585 5")
MUTANT(LINE_LIMIT, "test_h1 h1_limits.vtc",
       "a start line of any length", "HOSTILE 0; RFC 9112 3")
MUTANT(EMPTY_LINES, "test_h1 h1_lines_refused.vtc",
       "any number of empty lines before a message", "HOSTILE 1; RFC 9112 2.2")
MUTANT(METHOD_LIMIT, "test_h1 h1_limits.vtc",
       "a method of any length", "HOSTILE 0; RFC 9112 3")
MUTANT(LINE_SPACES, "test_h1 h1_lines_refused.vtc",
       "spaces where they are in a request line", "HOSTILE 1; RFC 9112 3")
MUTANT(LINE_TAB, "test_h1",
       "tab in a request line", "HOSTILE 1; RFC 9112 3")
MUTANT(VERSION_FORM, "test_h1 h1_lines_refused.vtc",
       "a malformed version is read as 1.0", "HOSTILE 1; RFC 9112 2.3")
MUTANT(VERSION_MAJOR, "test_h1 h1_lines_refused.vtc",
       "HTTP/2.0 is read as 1.x", "HOSTILE 1; RFC 9112 2.3")
MUTANT(STATUS_RANGE, "test_h1 hostile-2-statuses.vtc",
       "a status below 100 or above 599", "HOSTILE 2; RFC 9110 15")
MUTANT(STATUS_PROTOCOL, "test_h1 hostile-2-statuses.vtc",
       "an answer of another protocol", "HOSTILE 2; RFC 9112 4")
MUTANT(REASON_TEXT, "test_h1",
       "a reason phrase with controls, or of any length", "HOSTILE 2; VSV00009")

/* ---- bodies: src/http/h1_body.c ---- */
MUTANT(CHUNK_SIZE_EMPTY, "test_h1_body h1_chunks_refused.vtc",
       "a chunk size without digits is 0", "HOSTILE 1; RFC 9112 7.1")
MUTANT(CHUNK_SIZE_LARGE, "test_h1_body h1_chunks_refused.vtc",
       "a chunk size that wraps", "HOSTILE 1; RFC 9112 7.1")
MUTANT(CHUNK_SIZE_BYTE, "test_h1_body h1_chunks_refused.vtc",
       "a byte in a chunk size that is no digit", "HOSTILE 1; RFC 9112 7.1")
MUTANT(CHUNK_SIZE_SPACE, "test_h1_body h1_chunks_refused.vtc",
       "space behind a chunk size", "HOSTILE 1; RFC 9112 7.1")
MUTANT(CHUNK_LINE_CR, "test_h1_body h1_chunks_refused.vtc",
       "a bare CR ends a chunk line", "HOSTILE 1; RFC 9112 7.1")
MUTANT(CHUNK_LINE_LF, "test_h1_body h1_chunks_refused.vtc",
       "a bare LF ends a chunk line", "HOSTILE 1; TERM.EXT")
MUTANT(CHUNK_LINE_LIMIT, "test_h1_body h1_chunks_refused.vtc",
       "a chunk line of any length", "HOSTILE 0")
MUTANT(EXT_NO_NAME, "test_h1_body h1_chunks_refused.vtc",
       "a semicolon without an extension", "HOSTILE 1; RFC 9112 7.1.1")
MUTANT(EXT_CONTROL, "test_h1_body h1_chunks_refused.vtc",
       "controls in a quoted extension", "HOSTILE 1; CVE-2026-2332")
MUTANT(EXT_OPEN_QUOTE, "test_h1_body h1_chunks_refused.vtc",
       "a quote that is not closed", "HOSTILE 1; RFC 9112 7.1.1")
MUTANT(EXT_BUDGET, "test_h1_body h1_chunks_refused.vtc",
       "extensions that outgrow the data", "HOSTILE 1; CVE-2023-39326")
MUTANT(CHUNK_TOO_LONG, "test_h1_body h1_chunks_refused.vtc",
       "data that is longer than the chunk", "HOSTILE 1; RFC 9112 7.1")
MUTANT(CHUNK_END, "test_h1_body h1_chunks_refused.vtc",
       "a chunk that ends in CR and anything", "HOSTILE 1; RFC 9112 7.1")
MUTANT(LAST_CHUNK_JUNK, "test_h1_body h1_chunks_refused.vtc",
       "junk where the last line of a body is due", "HOSTILE 1; CVE-2024-35161")
MUTANT(LAST_CHUNK_LF, "test_h1_body h1_chunks_refused.vtc",
       "a bare CR ends a body", "HOSTILE 1; RFC 9112 2.2")
MUTANT(TRAILER_NAME, "test_h1_body h1_chunks_refused.vtc",
       "any byte in the name of a trailer", "HOSTILE 1; RFC 9110 5.1")
MUTANT(TRAILER_BYTE, "test_h1_body h1_chunks_refused.vtc",
       "controls in a trailer", "HOSTILE 1; RFC 9110 5.5")
MUTANT(TRAILER_CR, "test_h1_body h1_chunks_refused.vtc",
       "a bare CR ends a trailer", "HOSTILE 1; RFC 9112 2.2")
MUTANT(TRAILER_LIMIT, "test_h1_body h1_chunks_refused.vtc",
       "a trailer section of any size", "HOSTILE 0")
MUTANT(TRAILER_FORBIDDEN, "test_h1_body",
       "trailers that must be no trailers", "HOSTILE 1; RFC 9110 6.5.1")
MUTANT(BODY_CUT, "test_h1_body hostile-2-short-body.vtc",
       "a body that is cut off is complete", "HOSTILE 2; RFC 9112 8")

/* ---- framing and meaning: src/http/msg.c ---- */
MUTANT(LENGTH_AND_CODING, "test_msg h1_framing_refused.vtc",
       "Content-Length together with Transfer-Encoding", "HOSTILE 1; RFC 9112 6.1")
MUTANT(LENGTH_REPEATED, "test_msg h1_framing_refused.vtc",
       "several lines of Content-Length", "HOSTILE 1; RFC 9112 6.3")
MUTANT(LENGTH_NUMBER, "test_msg h1_framing_refused.vtc",
       "a Content-Length that is no number is 0", "HOSTILE 1; RFC 9110 8.6")
MUTANT(LENGTH_LARGE, "test_msg h1_framing_refused.vtc",
       "a Content-Length of 2^63 and more", "HOSTILE 1; RFC 9110 8.6")
MUTANT(CODING_IN_1_0, "test_msg h1_framing_refused.vtc",
       "Transfer-Encoding in HTTP/1.0", "HOSTILE 1; RFC 9112 6.1")
MUTANT(CODING_REPEATED, "test_msg h1_framing_refused.vtc",
       "several lines of Transfer-Encoding", "HOSTILE 1; RFC 9112 6.3")
MUTANT(CODING_NOT_CHUNKED, "test_msg h1_framing_refused.vtc",
       "a Transfer-Encoding that is not chunked once and last", "HOSTILE 1; RFC 9112 6.3")
MUTANT(CODING_OTHER, "test_msg h1_framing_refused.vtc",
       "a coding before chunked gets 400, not 501", "HOSTILE 1; RFC 9112 6.1")
MUTANT(CONNECT_CONTENT, "test_msg h1_framing_refused.vtc",
       "CONNECT with framing fields", "HOSTILE 1; RFC 9110 9.3.6")
MUTANT(TRACE_CONTENT, "test_msg h1_framing_refused.vtc",
       "TRACE with a body", "HOSTILE 1; RFC 9110 9.3.8")
MUTANT(HOST_REPEATED, "test_msg h1_framing_refused.vtc",
       "two Host lines", "HOSTILE 1; RFC 9112 3.2")
MUTANT(HOST_MISSING, "test_msg h1_framing_refused.vtc",
       "HTTP/1.1 without Host", "HOSTILE 1; RFC 9112 3.2")
MUTANT(HOST_WINS, "test_msg hostile-3-forward-key.vtc",
       "Host wins over an absolute target", "HOSTILE 1; RFC 9112 3.2.2")
MUTANT(CONNECTION_PROTECTED, "test_msg 9110-7.6.1-hop-by-hop.vtc",
       "Connection takes away Host, Authorization and the like", "HOSTILE 1; CVE-2022-31813")
MUTANT(CONNECTION_PREFIX, "test_msg",
       "Connection takes away Content-* and X-Forwarded-*", "HOSTILE 1; RFC 9110 7.6.1")
MUTANT(CONNECTION_LISTED, "test_msg 9110-7.6.1-hop-by-hop.vtc",
       "fields that Connection lists go on", "HOSTILE 1; RFC 9110 7.6.1")
MUTANT(CONNECTION_CLOSE, "test_msg h1_keepalive.vtc",
       "Connection: close in a list is not seen", "HOSTILE 1; RFC 9112 9.6")
MUTANT(CONNECTION_LIMIT, "test_msg",
       "any number of Connection options", "HOSTILE 0")
MUTANT(HOP_BY_HOP, "test_msg 9110-7.6.1-hop-by-hop.vtc",
       "fields of one hop go on", "RFC 9110 7.6.1")
MUTANT(EXPECT_OTHER, "test_msg h1_expect.vtc",
       "an unknown expectation is passed over", "HOSTILE 1; RFC 9110 10.1.1")
MUTANT(UPGRADE_H2C, "test_msg h1_tunnel.vtc",
       "Upgrade: h2c goes on", "HOSTILE 1; h2c smuggling")
MUTANT(UPGRADE_CONTENT, "test_msg h1_tunnel.vtc",
       "Upgrade with a body", "HOSTILE 1; RFC 9931")
MUTANT(ANSWER_CODING, "test_msg hostile-2-length-and-coding.vtc",
       "any Transfer-Encoding of an answer is chunked", "HOSTILE 2; RFC 9112 6.3")
MUTANT(ANSWER_BOTH, "test_msg hostile-2-length-and-coding.vtc",
       "an answer with both keeps its connection", "HOSTILE 2; RFC 9112 6.3")
MUTANT(ANSWER_LENGTH, "test_msg hostile-2-length-and-coding.vtc",
       "a bad Content-Length of an answer is passed over", "HOSTILE 2; RFC 9112 6.3")
MUTANT(INTERIM_FRAMING, "test_msg 9110-15.2-interim.vtc",
       "1xx and 204 keep framing fields", "HOSTILE 2; RFC 9110 8.6")
MUTANT(BODY_OF_304, "test_msg hostile-2-bytes-beyond.vtc",
       "304 and answers to HEAD have a body", "HOSTILE 2; RFC 9112 6.3")

/* ---- targets and hosts: src/http/uri.c, uri_path.c ---- */
MUTANT(TARGET_BYTES, "test_uri h1_lines_refused.vtc",
       "any byte in a target", "HOSTILE 1; RFC 9112 3.2")
MUTANT(TARGET_FRAGMENT, "test_uri h1_lines_refused.vtc",
       "a fragment in a target", "HOSTILE 1; CVE-2023-45539")
MUTANT(TARGET_FORM, "test_uri h1_lines_refused.vtc",
       "a target in no form is a path", "HOSTILE 1; RFC 9112 3.2")
MUTANT(TARGET_BACKSLASH, "test_uri",
       "a backslash in user information", "HOSTILE 1; RFC 3986 3.2")
MUTANT(ASTERISK_FORM, "test_uri h1_lines_refused.vtc",
       "* for any method", "HOSTILE 1; RFC 9112 3.2.4")
MUTANT(CONNECT_NO_PORT, "test_uri h1_tunnel.vtc",
       "CONNECT without a port", "HOSTILE 1; RFC 9112 3.2.3")
MUTANT(PORT_RANGE, "test_uri",
       "port 0, and ports that wrap", "HOSTILE 4; RFC 3986 3.2.3")
MUTANT(HOST_NUMERIC, "test_uri",
       "numbers that some resolver reads as an address", "HOSTILE 4; RFC 3986 3.2.2")
MUTANT(HOST_CASE, "test_uri hostile-3-forward-key.vtc",
       "capitals of a host stay", "HOSTILE 3: the key")
MUTANT(HOST_DOT, "test_uri hostile-3-forward-key.vtc",
       "the dot at the end of a host stays", "HOSTILE 3: the key")
MUTANT(SAME_ORIGIN, "test_uri test_cache_validate 9111-4.4-location.vtc",
       "every origin is the same", "HOSTILE 3; RFC 9111 4.4")
MUTANT(PATH_ENCODED, "test_uri",
       "encoded slashes and NUL in what rules see", "HOSTILE 1; CVE-2023-25690")

/* ---- values and ranges: src/http/value.c, range.c ---- */
MUTANT(QUOTED_COMMA, "test_value",
       "a comma inside quotes separates", "HOSTILE 2")
MUTANT(ETAG_WEAK, "test_value test_condition 9110-13.1.5-if-range.vtc",
       "weak entity tags are equal to strong ones", "RFC 9110 8.8.3.2")
MUTANT(SECONDS_CLAMP, "test_value test_cache_control",
       "delta-seconds wrap", "RFC 9111 1.2.2")
MUTANT(RANGE_DISORDER, "test_range",
       "any number of overlapping ranges", "HOSTILE 5; RFC 9110 14.2")
MUTANT(RANGE_BYTES, "test_range",
       "ranges that add up to any size", "HOSTILE 5")
MUTANT(CONTENT_RANGE, "test_range",
       "a Content-Range beyond its total", "HOSTILE 2; RFC 9110 14.4")

/* ---- the key: src/policy/cache_key.c ---- */
MUTANT(KEY_SCHEME, "test_cache_key",
       "http and https have one key", "HOSTILE 3: the key")
MUTANT(KEY_PORT, "test_cache_key hostile-3-forward-key.vtc",
       "the port is no part of the key", "HOSTILE 3: the key")
MUTANT(KEY_HOST, "test_cache_key hostile-3-forward-key.vtc",
       "the host is no part of the key", "HOSTILE 3: the key")
MUTANT(KEY_QUERY, "test_cache_key",
       "the query is no part of the key", "HOSTILE 3: the key")
MUTANT(KEY_IGNORED, "test_cache_key key-ignore-query.vtc",
       "every parameter is one that the owner ignores", "HOSTILE 3: the key")
MUTANT(KEY_PARTITION, "test_cache_key",
       "the partition is no part of the key", "HOSTILE 3: the key")
MUTANT(KEY_METHOD, "test_cache_key 9111-4.4-invalidation.vtc",
       "every method is answered from the cache", "HOSTILE 3; RFC 9111 4")
MUTANT(VARY_STAR, "test_cache_key test_cache_store 9111-4.1-vary-star.vtc",
       "Vary: * is a name", "HOSTILE 2; RFC 9111 4.1")
MUTANT(VARY_LINES, "test_cache_key 9111-4.1-vary-two-lines.vtc",
       "only the first line of Vary counts", "HOSTILE 3")
MUTANT(VARY_NAMES, "test_cache_key test_cache_store",
       "names of Vary over the limit are left out", "HOSTILE 2")
MUTANT(VARY_COMPARE, "test_cache_key 9111-4.1-vary.vtc",
       "the values of selecting fields are not compared", "HOSTILE 3; RFC 9111 4.1")
MUTANT(VARY_ABSENT, "test_cache_key",
       "a missing field is an empty one", "HOSTILE 3")
MUTANT(VARY_ENCODING, "test_cache_key 9110-8.4-gzip.vtc",
       "all spellings of Accept-Encoding are one", "HOSTILE 3; CVE-2024-35296")

/* ---- what is stored: src/policy/cache_store.c ---- */
MUTANT(STORE_UNVERIFIED, "test_cache_store",
       "what came from an address that Host does not lead to", "HOSTILE 3; CVE-2009-0801")
MUTANT(STORE_HEAD, "test_cache_store 9110-9.3.2-head.vtc",
       "an answer to HEAD", "HOSTILE 3; RFC 9110 9.3.2")
MUTANT(STORE_METHOD, "test_cache_store",
       "an answer to POST", "HOSTILE 3; RFC 9111 3")
MUTANT(STORE_FAT_GET, "test_cache_store",
       "an answer to a GET with a body", "HOSTILE 1; RFC 9110 9.3.1")
MUTANT(STORE_NO_STORE_ASKED, "test_cache_store 9111-5.2.1-request-directives.vtc",
       "no-store of a request", "RFC 9111 5.2.1.5")
MUTANT(STORE_PART, "test_cache_store 9111-3.3-partial-to-whole.vtc",
       "a 206 as if it were whole", "HOSTILE 2; RFC 9111 3.3")
MUTANT(STORE_407, "test_cache_store",
       "a 407", "RFC 9110 15.5.8")
MUTANT(STORE_304, "test_cache_store",
       "a 304 without a stored response", "HOSTILE 2; RFC 9111 4.3.4")
MUTANT(STORE_NO_STORE, "test_cache_store 9111-5.2.2.5-no-store.vtc",
       "no-store", "HOSTILE 3; RFC 9111 5.2.2.5")
MUTANT(STORE_PRIVATE, "test_cache_store 9111-5.2.2.7-private.vtc",
       "private", "HOSTILE 3; RFC 9111 5.2.2.7")
MUTANT(STORE_AUTHORIZED, "test_cache_store 9111-3.5-authorization.vtc",
       "an answer to Authorization", "HOSTILE 3; RFC 9111 3.5")
MUTANT(STORE_COOKIE, "test_cache_store 9111-7.3-set-cookie.vtc",
       "Set-Cookie with explicit freshness", "HOSTILE 2; RFC 9111 7.3")
MUTANT(STORE_COOKIE_GUESSED, "test_cache_store 9111-7.3-set-cookie.vtc",
       "Set-Cookie without explicit freshness", "HOSTILE 2; RFC 9111 7.3")
MUTANT(STORE_ERROR, "test_cache_store 9111-3-errors-without-freshness.vtc",
       "errors without explicit freshness", "HOSTILE 3: CPDoS")
MUTANT(STORE_UNKNOWN, "test_cache_store 9111-3-statuses.vtc",
       "unknown statuses without explicit freshness", "HOSTILE 2")
MUTANT(STORE_UNTIL_CLOSE, "test_cache_store 9112-6.3-close-delimited.vtc",
       "what ends by closing, without explicit freshness", "HOSTILE 2; RFC 9112 8")
MUTANT(KEEP_LISTED, "test_cache_store 9111-5.2.2.7-private-fields.vtc",
       "fields that private or no-cache list", "RFC 9111 5.2.2.7")

/* ---- reuse: src/policy/cache_reuse.c ---- */
MUTANT(REUSE_PRIVATE_ADDRESS, "test_cache_reuse private-destinations.vtc",
       "an answer from a private address is for all", "HOSTILE 4")
MUTANT(REUSE_INVALIDATED, "test_cache_reuse 9111-4.4-invalidation.vtc",
       "what was invalidated stays fresh", "HOSTILE 3; RFC 9111 4.4")
MUTANT(REUSE_NO_CACHE, "test_cache_reuse 9111-5.2.2.4-no-cache.vtc",
       "no-cache is not validated", "RFC 9111 5.2.2.4")
MUTANT(REUSE_STALE, "test_cache_reuse 9111-4.2.1-max-age.vtc",
       "what is stale is fresh", "RFC 9111 4.2")

/* ---- validation, invalidation: src/policy/cache_validate.c ---- */
MUTANT(NOT_MODIFIED_OTHER, "test_cache_validate 9111-4.3.4-another-validator.vtc",
       "a 304 with another validator is used", "HOSTILE 2; RFC 9111 4.3.4")
MUTANT(NOT_MODIFIED_VARY, "test_cache_validate",
       "a 304 with another Vary is used", "RFC 9111 4.1")
MUTANT(NOT_MODIFIED_FRAMING, "test_cache_validate",
       "a 304 brings Content-Length, -Encoding, -Range", "HOSTILE 2; RFC 9111 3.2")
MUTANT(NOT_MODIFIED_COOKIE, "test_cache_validate",
       "a 304 brings Set-Cookie", "CVE-2016-10002")
MUTANT(HEAD_LENGTH, "test_cache_validate 9111-4.3.5-head-freshens.vtc",
       "a HEAD with another length freshens", "RFC 9111 4.3.5")
MUTANT(MERGED_LIMIT, "test_cache_validate",
       "a merged head of any size", "CVE-2023-5824")
MUTANT(INVALIDATE, "test_cache_validate 9111-4.4-invalidation.vtc",
       "an unsafe method invalidates nothing", "HOSTILE 3; RFC 9111 4.4")
MUTANT(INVALIDATE_FAILED, "test_cache_validate 9111-4.4-invalidation.vtc",
       "a failure invalidates too", "RFC 9111 4.4")

/* ---- routes and access: src/policy/route.c, acl.c, acl_address.c ---- */
MUTANT(LOOP_VIA, "test_route 9110-7.6.3-loop.vtc",
       "own name in Via", "HOSTILE 4; RFC 9110 7.6.3")
MUTANT(LOOP_HOPS, "test_route 9110-7.6.3-loop.vtc",
       "any number of proxies in Via", "HOSTILE 4")
MUTANT(LOOP_SELF, "test_route 9110-7.6.3-loop.vtc",
       "own addresses as target", "HOSTILE 4")
MUTANT(CONNECT_PORT, "test_route h1_tunnel.vtc",
       "CONNECT to any port", "HOSTILE 4")
MUTANT(CONNECT_CLOSE, "test_route h1_tunnel.vtc",
       "a refused CONNECT does not close", "HOSTILE 1; RFC 9931")
MUTANT(MAX_FORWARDS, "test_route 9110-7.6.2-max-forwards.vtc",
       "Max-Forwards: 0 goes on", "HOSTILE 1; RFC 9110 7.6.2")
MUTANT(SITE_USERINFO, "test_route h1_lines_refused.vtc",
       "user information on a reverse listener", "HOSTILE 1; RFC 9110 4.2.4")
MUTANT(SITE_SCHEME, "test_route",
       "another scheme than the listener has", "HOSTILE 1; CVE-2021-37150")
MUTANT(SITE_HOST, "test_route",
       "hosts that are not served", "HOSTILE 1; VSV00018")
MUTANT(TRACE, "test_route",
       "TRACE is served", "HOSTILE 1; RFC 9110 9.3.8")
MUTANT(ACL_DEFAULT, "test_acl access-deny.vtc",
       "what no rule names is allowed", "HOSTILE 4")
MUTANT(ACL_PURGE, "test_acl",
       "PURGE under a rule that does not name it", "HOSTILE 3")
MUTANT(ACL_SPECIAL, "test_acl private-destinations.vtc",
       "private destinations", "HOSTILE 4: SSRF")
MUTANT(ACL_METADATA, "test_acl",
       "the metadata service of a cloud", "HOSTILE 4: SSRF")
MUTANT(ACL_EMBEDDED, "test_acl_address test_acl",
       "IPv4 inside IPv6 is not looked at", "HOSTILE 4")

/* ---- the way of a request and of a fill: src/request, src/source ---- */
MUTANT(ASK_CONDITIONS, "test_fill_head 9111-4.3.1-conditional.vtc",
       "a fill asks with the first client's conditions", "HOSTILE 3; RFC 9111 4.3.2")
MUTANT(ASK_RANGE, "test_fill_head 9110-14.2-range.vtc",
       "a fill asks for the first client's range", "HOSTILE 3")
MUTANT(ASK_HOP, "test_fill_head 9110-7.6.1-hop-by-hop.vtc",
       "fields of one hop go to the origin", "HOSTILE 1; RFC 9110 7.6.1")
MUTANT(ASK_UNKEYED, "test_fill_head hostile-3-unkeyed-fields.vtc",
       "X-Forwarded-Host and the like of clients go to a site", "HOSTILE 3")
MUTANT(ANSWER_304_UNASKED, "hostile-2-unasked-304.vtc",
       "a 304 that nobody asked for is passed on", "HOSTILE 2")
MUTANT(FAILURE_STORED, "5861-4-failure-is-not-kept.vtc",
       "a failure is kept in place of a stale answer", "RFC 5861 4")
MUTANT(FOLLOWER_JUDGED, "9111-5.2.2.4-collapsed.vtc",
       "who waited takes what must be validated", "HOSTILE 3; RFC 9111 5.2.2.4")
MUTANT(FOLLOWER_ADDRESS, "private-destinations-collapsed.vtc",
       "who waited gets an answer from a private address", "HOSTILE 4")
MUTANT(INTERIM_LIMIT, "hostile-2-unasked-101.vtc",
       "any number of interim answers", "HOSTILE 2")
MUTANT(BYTES_BEYOND, "test_source_http hostile-2-bytes-beyond.vtc",
       "a connection with bytes beyond the answer is used again", "HOSTILE 2; RFC 9112 6.3")
MUTANT(SWITCH_UNASKED, "test_source_http hostile-2-unasked-101.vtc",
       "a 101 that nobody asked for", "HOSTILE 2; RFC 9110 15.2.2")
MUTANT(HEAD_CUT, "9112-9.3.1-no-retry.vtc",
       "an answer cut inside the head is tried again", "HOSTILE 2")

/* ---- the store: src/store/lookup.c, segment.c, recover.c ---- */
MUTANT(KEY_COMPARED, "test_store",
       "a hash that collides is the key", "HOSTILE 3")
MUTANT(VARY_COMPARED, "test_store",
       "a hash that collides is the variant", "HOSTILE 3")
MUTANT(BODY_CHECKED, "test_store_faults",
       "the checksum of a body", "HOSTILE 6")
MUTANT(SEGMENT_LIFE, "test_segment test_store_faults",
       "a segment of another life is read", "STORE: pins")

/* ---- sessions: src/client ---- */
MUTANT(CLOSE_ASKED, "h1_last_request.vtc",
       "requests behind Connection: close are answered", "HOSTILE 1; RFC 9112 9.6")
MUTANT(UPGRADE_EARLY, "h1_last_request.vtc",
       "bytes behind a request for Upgrade", "HOSTILE 1; RFC 9931")
MUTANT(UNSAFE_ALONE, "h1_pipeline.vtc",
       "requests behind an unsafe one are under way with it", "HOSTILE 0")
MUTANT(DRAIN_UNSURE, "h1_expect.vtc",
       "a body that may not come is waited for", "HOSTILE 1; CVE-2022-23959")
MUTANT(BODY_LIMIT, "h1_body_limits.vtc",
       "a chunked body of any size", "HOSTILE 1")
