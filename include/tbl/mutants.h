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
