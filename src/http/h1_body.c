/* h1_body.c - the reader of bodies: a length, chunks, or all that comes until the close.
 *
 * Chunk lines and the trailer section go through one small machine, byte by byte, so that nothing
 * depends on how the bytes were cut and nothing must be kept; data goes through in one piece per
 * call.     */
#include "http/h1_body.h"
#include "base/err.h"
#include "base/mutant.h"
#include "base/obj.h"
#include "http/h1.h"

enum state {
	DATA, /* of a length, a chunk, or until close */
	SIZE,
	SIZE_SPACE, /* BWS behind the size: only ";" may follow */
	EXT_START,
	EXT_NAME,
	EXT_NAME_SPACE,
	EXT_VALUE_START,
	EXT_VALUE,
	EXT_QUOTED,
	EXT_ESCAPE,
	EXT_QUOTED_END,
	EXT_SPACE,
	SIZE_LF,
	DATA_CR,
	DATA_LF,
	TRAILER_START,
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	LAST_LF,
	END,
	BAD
};

void h1_body_init(struct h1_body *b, enum msg_body framing, uint64_t length, int bad_status,
                  struct arena *arena, struct fields *trailers)
{
	*b = (struct h1_body){.framing = (uint8_t)framing,
	                      .left = framing == MSG_BODY_LENGTH ? length : 0,
	                      .bad_status = bad_status,
	                      .arena = trailers == NULL ? NULL : arena,
	                      .trailers = trailers};
	if (trailers != NULL)
		fields_init(trailers, NULL, 0);
	if (framing == MSG_BODY_NONE || (framing == MSG_BODY_LENGTH && length == 0))
		b->state = END;
	else
		b->state = framing == MSG_BODY_CHUNKED ? SIZE : DATA;
}

static enum state refuse(struct h1_body *b, const char *why)
{
	b->status = b->bad_status;
	b->why = why;
	return BAD;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}
static bool is_text(char c)
{
	return field_value_span(&c, 1) == 1;
}

static int hex_digit(char c)
{
	if (str_is_digit(c))
		return c - '0';
	c = str_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum state size_digit(struct h1_body *b, char c)
{
	int digit = hex_digit(c);

	if (digit >= 0) {
		/* 15 digits: no sum of sizes that a peer can really send comes near 2^63 */
		if ((b->digits > 0 || digit > 0) && ++b->digits > 15 && !mutant(CHUNK_SIZE_LARGE))
			return refuse(b, "chunk size too large (RFC 9112 7.1)");
		b->left = b->left << 4 | (uint64_t)digit;
		return SIZE;
	}
	if (c != '\r' && b->line == 1 && !mutant(CHUNK_SIZE_EMPTY))
		return refuse(b, "chunk size missing (RFC 9112 7.1)");
	if (c == ';')
		return EXT_START;
	if (c == '\r')
		return SIZE_LF;
	if (mutant(CHUNK_SIZE_BYTE) && !is_space(c) && c != '\n')
		return SIZE;
	return is_space(c) ? SIZE_SPACE : refuse(b, "bad chunk size (RFC 9112 7.1)");
}

/* chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) (RFC 9112 7.1.1) */
static enum state extension(struct h1_body *b, enum state state, char c)
{
	static const char why[] = "bad chunk extension (RFC 9112 7.1.1)";
	bool token = field_is_token_byte(c);

	switch (state) {
	case EXT_QUOTED:
		if (c == '"')
			return EXT_QUOTED_END;
		if (c == '\\')
			return EXT_ESCAPE;
		if (mutant(EXT_OPEN_QUOTE) && c == '\r')
			return SIZE_LF;
		/* fall through */
	case EXT_ESCAPE:
		return is_text(c) || mutant(EXT_CONTROL) ? EXT_QUOTED : refuse(b, why);
	case EXT_START:
		if (is_space(c))
			return EXT_START;
		if (mutant(EXT_NO_NAME) && c == '\r')
			return SIZE_LF;
		return token ? EXT_NAME : refuse(b, why);
	case EXT_VALUE_START:
		if (is_space(c))
			return EXT_VALUE_START;
		if (c == '"')
			return EXT_QUOTED;
		return token ? EXT_VALUE : refuse(b, why);
	case EXT_NAME:
	case EXT_NAME_SPACE:
		if (c == '=')
			return EXT_VALUE_START;
		if (is_space(c))
			return EXT_NAME_SPACE;
		break;
	default: /* EXT_VALUE, EXT_QUOTED_END, EXT_SPACE, SIZE_SPACE */
		if (is_space(c))
			return state == SIZE_SPACE ? SIZE_SPACE : EXT_SPACE;
		break;
	}
	if (mutant(CHUNK_SIZE_SPACE) && c == '\r' && state == SIZE_SPACE)
		return SIZE_LF;
	if (c == ';')
		return EXT_START;
	if (token && (state == EXT_NAME || state == EXT_VALUE))
		return state;
	if (c == '\r' && (state == EXT_NAME || state == EXT_VALUE || state == EXT_QUOTED_END))
		return SIZE_LF;
	return refuse(b, why);
}

static enum state chunk_line(struct h1_body *b, enum state state, char c)
{
	if (state == SIZE_LF || (mutant(CHUNK_LINE_LF) && c == '\n')) {
		if (c != '\n' && !mutant(CHUNK_LINE_CR))
			return refuse(b, "bare CR in chunk line (RFC 9112 7.1)");
		b->line = b->digits = 0;
		return b->left == 0 ? TRAILER_START : DATA;
	}
	if (c != '\r' && ++b->line > H1_BODY_LINE_MAX && !mutant(CHUNK_LINE_LIMIT))
		return refuse(b, "chunk line too long (limit)");
	if (c == '\r' && b->line == 0 && !mutant(CHUNK_SIZE_EMPTY))
		return refuse(b, "chunk size missing (RFC 9112 7.1)");
	if (state == SIZE)
		return size_digit(b, c);
	if (++b->extensions > H1_BODY_EXTENSIONS_MAX && !mutant(EXT_BUDGET))
		return refuse(b, "too many chunk extensions (limit)");
	return extension(b, state, c);
}

/* ---- trailer section (RFC 9112 7.1.2) ---- */

bool h1_body_trailer_allowed(const struct field *f)
{
	static const enum field_id forbidden[] = {FIELD_HOST,
	                                          FIELD_TRANSFER_ENCODING,
	                                          FIELD_CACHE_CONTROL,
	                                          FIELD_AUTHORIZATION,
	                                          FIELD_CONNECTION,
	                                          FIELD_KEEP_ALIVE,
	                                          FIELD_PROXY_CONNECTION,
	                                          FIELD_TE,
	                                          FIELD_TRAILER,
	                                          FIELD_UPGRADE,
	                                          FIELD_HTTP2_SETTINGS,
	                                          FIELD_EXPECT,
	                                          FIELD_MAX_FORWARDS,
	                                          FIELD_PRAGMA,
	                                          FIELD_RANGE,
	                                          FIELD_COOKIE,
	                                          FIELD_SET_COOKIE,
	                                          FIELD_AGE,
	                                          FIELD_DATE,
	                                          FIELD_EXPIRES,
	                                          FIELD_LOCATION,
	                                          FIELD_RETRY_AFTER,
	                                          FIELD_VARY,
	                                          FIELD_WARNING,
	                                          FIELD_VIA,
	                                          FIELD_FORWARDED,
	                                          FIELD_X_REAL_IP,
	                                          FIELD_X_ORIGINAL_URL,
	                                          FIELD_X_REWRITE_URL,
	                                          FIELD_X_HTTP_METHOD_OVERRIDE,
	                                          FIELD_WWW_AUTHENTICATE,
	                                          FIELD_ORIGIN,
	                                          FIELD_REFERER,
	                                          FIELD_SURROGATE_CONTROL,
	                                          FIELD_CDN_CACHE_CONTROL,
	                                          FIELD_ACCEPT_RANGES};
	static const struct str prefixes[] = {STR_INIT("Content-"),        STR_INIT("If-"),
	                                      STR_INIT("Proxy-A"),         STR_INIT("X-Forwarded-"),
	                                      STR_INIT("Access-Control-"), STR_INIT("Accept")};

	if (f->id == FIELD_CONTENT_DIGEST || f->id == FIELD_CONTENT_MD5)
		return true;
	for (size_t i = 0; i < COUNT_OF(forbidden); i++)
		if (f->id == forbidden[i])
			return false;
	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		if (str_istarts(f->name, prefixes[i]))
			return false;
	return true;
}

static enum state no_memory(struct h1_body *b)
{
	b->status = 500;
	b->why = "no memory for trailers";
	return BAD;
}

/* The section is complete and was checked byte by byte: makes fields of it. */
static enum state finish(struct h1_body *b)
{
	struct fields *f = b->trailers;
	struct field *v;
	unsigned keep = 0;

	if (b->trailer == NULL)
		return END;
	v = arena_alloc(b->arena, b->trailer_lines * sizeof *v);
	if (v == NULL)
		return no_memory(b);
	fields_init(f, v, b->trailer_lines);
	if (h1_parse_section(b->trailer, b->trailer_n, f, &b->why) != 0)
		return refuse(b, b->why);
	for (unsigned i = 0; i < f->n; i++)
		if (h1_body_trailer_allowed(&v[i]) || mutant(TRAILER_FORBIDDEN))
			v[keep++] = v[i];
	fields_init(f, v, b->trailer_lines);
	for (unsigned i = 0; i < keep; i++)
		AZ(fields_add_name(f, v[i].name, v[i].value));
	return END;
}

/* Keeps the byte, when somebody wants the fields and there are any. */
static bool gather(struct h1_body *b, enum state state, char c)
{
	if (b->arena == NULL || (b->trailer == NULL && (c == '\r' || state == LAST_LF)))
		return true;
	if (b->trailer == NULL)
		b->trailer = arena_alloc(b->arena, H1_BODY_TRAILER_MAX);
	if (b->trailer == NULL)
		return false;
	b->trailer[b->trailer_n - 1] = c;
	return true;
}

static enum state trailer(struct h1_body *b, enum state state, char c)
{
	if (++b->trailer_n > H1_BODY_TRAILER_MAX && !mutant(TRAILER_LIMIT))
		return refuse(b, "trailer section too large (limit)");
	if (!gather(b, state, c))
		return no_memory(b);
	switch (state) {
	case TRAILER_START:
		if (c == '\r')
			return LAST_LF;
		if (++b->trailer_lines > H1_BODY_TRAILER_FIELDS)
			return refuse(b, "too many trailers (limit)");
		return field_is_token_byte(c) || mutant(LAST_CHUNK_JUNK)
		           ? TRAILER_NAME
		           : refuse(b, "junk behind the last chunk (RFC 9112 7.1)");
	case TRAILER_NAME:
		if (c == ':')
			return TRAILER_VALUE;
		return field_is_token_byte(c) || mutant(TRAILER_NAME)
		           ? TRAILER_NAME
		           : refuse(b, "bad trailer name (RFC 9112 5.1)");
	case TRAILER_VALUE:
		if (c == '\r')
			return TRAILER_LF;
		return is_text(c) || mutant(TRAILER_BYTE)
		           ? TRAILER_VALUE
		           : refuse(b, "bad byte in trailer (RFC 9110 5.5)");
	case TRAILER_LF:
		return c == '\n' || mutant(TRAILER_CR)
		           ? TRAILER_START
		           : refuse(b, "bare CR in trailer (RFC 9112 2.2)");
	default: /* LAST_LF */
		return c == '\n' || mutant(LAST_CHUNK_LF)
		           ? finish(b)
		           : refuse(b, "junk behind the last chunk (RFC 9112 7.1)");
	}
}

static enum state step(struct h1_body *b, char c)
{
	enum state state = (enum state)b->state;

	if (state == DATA_CR)
		return c == '\r' || mutant(CHUNK_TOO_LONG)
		           ? DATA_LF
		           : refuse(b, "chunk longer than its size (RFC 9112 7.1)");
	if (state == DATA_LF)
		return c == '\n' || mutant(CHUNK_END)
		           ? SIZE
		           : refuse(b, "chunk does not end in CRLF (RFC 9112 7.1)");
	return state < DATA_CR ? chunk_line(b, state, c) : trailer(b, state, c);
}

/* Gives out what there is of a run of data. */
static void take_data(struct h1_body *b, const char *in, size_t n, size_t *used, struct str *piece)
{
	size_t length = n - *used;

	if (b->framing != MSG_BODY_UNTIL_CLOSE) {
		length = (size_t)MIN((uint64_t)length, b->left);
		b->left -= length;
		if (b->left == 0)
			b->state = b->framing == MSG_BODY_CHUNKED ? DATA_CR : END;
	}
	*piece = (struct str){in + *used, length};
	*used += length;
	b->received += length;
}

enum h1_body_result h1_body_next(struct h1_body *b, const char *in, size_t n, size_t *used,
                                 struct str *piece)
{
	*used = 0;
	*piece = STR_NONE;
	for (;;) {
		if (b->state == END)
			return H1_BODY_END;
		if (b->state == BAD)
			return H1_BODY_BAD;
		if (*used == n)
			return H1_BODY_MORE;
		if (b->state == DATA) {
			take_data(b, in, n, used, piece);
			return H1_BODY_DATA;
		}
		b->state = (uint8_t)step(b, in[(*used)++]);
	}
}

enum h1_body_result h1_body_eof(struct h1_body *b)
{
	if ((b->state == DATA && b->framing == MSG_BODY_UNTIL_CLOSE) || mutant(BODY_CUT))
		b->state = END;
	if (b->state == END)
		return H1_BODY_END;
	if (b->state != BAD)
		b->state = (uint8_t)refuse(b, "body was cut (RFC 9112 8)");
	return H1_BODY_BAD;
}
