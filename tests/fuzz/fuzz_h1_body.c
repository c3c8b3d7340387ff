/* fuzz_h1_body.c - bodies: the same data, end and trailers, however the bytes are cut; what was
 * taken apart and is put into chunks again comes out the same. */
#include "fuzz.h"
#include "http/h1_body.h"
#include "http/h1_write.h"

struct result {
	enum h1_body_result last;
	int status;
	const char *why;
	size_t used, n;
	unsigned trailers;
	char *data;
};

static struct result run(const char *p, size_t n, size_t step, unsigned framing, uint64_t length)
{
	struct result out = {.data = malloc(n + 1)};
	struct fields trailers;
	struct arena a;
	struct h1_body b;
	size_t at = 0;

	FUZZ_CHECK(out.data != NULL);
	arena_init(&a, 1 << 18);
	h1_body_init(&b, (enum msg_body)framing, length, 400, step % 2 ? &a : NULL,
	             step % 2 ? &trailers : NULL);
	do {
		size_t piece_n = n - at < step ? n - at : step, used;
		char *copy = fuzz_copy(p + at, piece_n);
		struct str piece;

		out.last = h1_body_next(&b, copy, piece_n, &used, &piece);
		FUZZ_CHECK(used <= piece_n && (out.last != H1_BODY_MORE || used == piece_n));
		FUZZ_CHECK((out.last == H1_BODY_DATA) == (piece.n != 0));
		if (piece.n != 0)
			memcpy(out.data + out.n, piece.p, piece.n);
		out.n += piece.n;
		at += used;
		free(copy);
	} while (out.last == H1_BODY_DATA || (out.last == H1_BODY_MORE && at < n));
	FUZZ_CHECK(out.n == b.received && out.n <= n);
	out.status = b.status;
	out.why = b.why;
	out.used = at;
	if (step % 2 && out.last == H1_BODY_END) {
		out.trailers = trailers.n;
		for (unsigned i = 0; i < trailers.n; i++)
			FUZZ_CHECK(h1_body_trailer_allowed(&trailers.v[i]) &&
			           field_value_valid(trailers.v[i].value));
	}
	arena_fini(&a);
	return out;
}

static void compare(const struct result *a, const struct result *b)
{
	FUZZ_CHECK(a->last == b->last && a->status == b->status && a->why == b->why &&
	           a->n == b->n);
	FUZZ_CHECK(a->last == H1_BODY_BAD || a->used == b->used);
	FUZZ_CHECK(memcmp(a->data, b->data, a->n) == 0);
}

static void chunk_again(const struct result *r)
{
	char line[H1_WRITE_CHUNK_LINE], *text = malloc(r->n + 64);
	struct str_out o = str_out_of(text, r->n + 64);
	struct result again;

	FUZZ_CHECK(text != NULL);
	if (r->n > 0) {
		str_put(&o, (struct str){line, h1_write_chunk_size(line, r->n)});
		str_put(&o, (struct str){r->data, r->n});
		str_put(&o, H1_WRITE_CRLF);
	}
	str_put(&o, H1_WRITE_LAST_CHUNK);
	again = run(text, (size_t)(o.at - text), 5, MSG_BODY_CHUNKED, 0);
	FUZZ_CHECK(again.last == H1_BODY_END && again.n == r->n &&
	           memcmp(again.data, r->data, r->n) == 0);
	free(again.data);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole, bytes, steps, kept;
	const char *p = (const char *)data + 1;
	unsigned framing;
	uint64_t length;

	if (size == 0)
		return 0;
	/* mostly chunks */
	framing = data[0] == 'L'   ? MSG_BODY_LENGTH
	          : data[0] == 'U' ? MSG_BODY_UNTIL_CLOSE
	                           : MSG_BODY_CHUNKED;
	length = size / 2;
	size--;
	whole = run(p, size, size < 2 ? 2 : size & ~(size_t)1, framing, length);
	bytes = run(p, size, 2, framing, length);
	steps = run(p, size, 4 + size % 32 / 2 * 2, framing, length);
	kept = run(p, size, 1, framing, length);
	compare(&whole, &bytes);
	compare(&whole, &steps);
	compare(&whole, &kept);
	if (whole.last == H1_BODY_END)
		chunk_again(&whole);
	free(whole.data);
	free(bytes.data);
	free(steps.data);
	free(kept.data);
	return 0;
}
