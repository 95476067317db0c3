// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* HPACK tables that are seen from their beginning, and such that are joined later. */
#include "hpack.h"

#include <errno.h>

#include "check.h"
#include "hpack_encoder.h"

#define FIELDS_MAX 12

struct sent {
	struct test_field field[FIELDS_MAX];
	bool known[FIELDS_MAX];
	int count;
};

static struct encoder encoder;
static struct sent sent;
static struct http2_memory memory;

static size_t random_size(struct chance *c, size_t max)
{
	static const size_t sizes[] = { 0, 31, 32, 64, 100, 1000, 4096, 10000, 65536 };
	size_t size = sizes[chance(c, sizeof(sizes) / sizeof(*sizes))];

	return size < max ? size : max;
}

/* max_size 0: the encoder keeps its table's size. */
static void encode_block(struct chance *c, size_t max_size)
{
	encoder.length = 0;
	while (max_size && one_in(c, 20))
		encoder_resize(&encoder, random_size(c, max_size));
	sent.count = chance(c, FIELDS_MAX + 1);
	for (int i = 0; i < sent.count; i++) {
		random_field(&sent.field[i], c);
		sent.known[i] = encoder_put(&encoder, &sent.field[i], c);
	}
}

static bool is_same(const struct hpack_field *is, const struct test_field *f)
{
	return head_text_is(is->name, f->name) && is->value.length == f->length &&
	       !memcmp(is->value.data, f->value, f->length);
}

struct result {
	unsigned int right, unresolved, lost, wrong, missed; /* missed: should have been known */
};

/* Returns hpack_next()'s last. */
static int decode_block(struct hpack *t, struct result *r)
{
	struct head_text block = { (const char *)encoder.out, encoder.length };
	struct hpack_field field;
	int n = 0, err;

	while ((err = hpack_next(t, &block, &field)) > 0 && n < sent.count) {
		bool known = sent.known[n];
		struct test_field *f = &sent.field[n++];

		if (!field.name.length) {
			r->unresolved++;
			r->missed += known;
		} else if (is_same(&field, f)) {
			r->right++;
		} else {
			r->wrong++;
		}
	}
	r->wrong += err > 0 || (!err && n != sent.count);
	r->lost += err < 0;
	return err;
}

static void test_whole(void)
{
	for (uint32_t seed = 1; seed <= 300; seed++) {
		struct chance c = chance_of_seed(seed);
		struct hpack t = {};
		struct result r = {};

		encoder = (struct encoder){ .size = HPACK_SIZE };
		CHECK(!hpack_begin(&t, &memory));
		CHECK(hpack_size(&t) == HPACK_SIZE);
		for (int i = 0; i < 60 && !r.lost; i++) {
			encode_block(&c, HPACK_SIZE_MAX);
			decode_block(&t, &r);
			CHECK(hpack_size(&t) == encoder.size);
		}
		CHECK(r.right && !r.wrong && !r.unresolved && !r.lost);
		hpack_free(&t);
		encoder_free(&encoder);
	}
	CHECK(!memory.bytes);
}

/* Joined after each block in turn. size: that the encoder has then; it is not known here. */
static void join_at(int position, uint32_t seed, size_t max_size, struct result *r)
{
	struct chance c = chance_of_seed(seed);
	struct hpack t = {};

	encoder = (struct encoder){ .size = HPACK_SIZE };
	for (int i = 0; i < 60; i++) {
		bool lost = i >= position && (i == position || one_in(&c, 15) || !t.inflater);

		if (lost) {
			encoder_forget(&encoder);
			hpack_free(&t);
			CHECK(!hpack_resume(&t, &memory, HPACK_SIZE));
		}
		encode_block(&c, max_size);
		if (i >= position)
			decode_block(&t, r);
	}
	hpack_free(&t);
	encoder_free(&encoder);
}

static void test_joined(void)
{
	struct result small = {}, large = {};

	for (int position = 0; position < 60; position++)
		for (uint32_t seed = 1; seed <= 20; seed++) {
			join_at(position, seed, HPACK_SIZE, &small);
			join_at(position, seed, HPACK_SIZE_MAX, &large);
		}
	/* A table that is not larger than ours: what can be known is known, and nothing is lost. */
	CHECK(small.right > 10000 && small.unresolved > 1000);
	CHECK(!small.wrong && !small.missed && !small.lost);
	CHECK(large.right > 10000 && large.unresolved > 1000);
	CHECK(!large.wrong && !large.missed && large.lost);
	CHECK(!memory.bytes);
}

/* With its size known, the same holds for a table that is larger. */
static void test_joined_at_size(void)
{
	struct chance c = chance_of_seed(7);
	struct hpack t = {};
	struct result r = {};

	encoder = (struct encoder){ .size = HPACK_SIZE };
	encoder_resize(&encoder, HPACK_SIZE_MAX);
	for (int i = 0; i < 3000; i++) {
		if (i == 1000) {
			encoder_forget(&encoder);
			CHECK(!hpack_resume(&t, &memory, HPACK_SIZE_MAX));
			CHECK(hpack_size(&t) == HPACK_SIZE_MAX);
		}
		encode_block(&c, 0);
		if (i >= 1000)
			decode_block(&t, &r);
	}
	hpack_free(&t);
	encoder_free(&encoder);
	CHECK(r.right > 1000 && r.unresolved > 100);
	CHECK(!r.wrong && !r.missed && !r.lost);
}

static int decode(struct hpack *t, const char *bytes, size_t length, char *text)
{
	struct head_text block = { bytes, length };
	struct hpack_field f;
	int err;

	*text = '\0';
	while ((err = hpack_next(t, &block, &f)) > 0)
		text += sprintf(text, "%.*s=%.*s\n", (int)f.name.length, f.name.data,
				(int)f.value.length, f.value.data);
	return err;
}

#define DECODE(t, bytes, text) decode(t, bytes, sizeof(bytes) - 1, text)

/* RFC 7541 appendix C.4. */
static void test_huffman(void)
{
	struct hpack t = {};
	char text[200];

	CHECK(!hpack_begin(&t, &memory));
	CHECK(!DECODE(&t, "\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff",
		      text));
	CHECK_STRING(text, ":method=GET\n:scheme=http\n:path=/\n:authority=www.example.com\n");
	CHECK(!DECODE(&t, "\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf", text));
	CHECK_STRING(text, ":method=GET\n:scheme=http\n:path=/\n:authority=www.example.com\n"
			   "cache-control=no-cache\n");
	hpack_free(&t);
}

/* The same connection, without its first block: the authority was inserted there. */
static void test_unresolved(void)
{
	struct hpack t = {};
	char text[200];

	CHECK(!hpack_resume(&t, &memory, HPACK_SIZE));
	CHECK(!DECODE(&t, "\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf", text));
	CHECK_STRING(text, ":method=GET\n:scheme=http\n:path=/\n=\ncache-control=no-cache\n");
	/* cache-control is the newest; "x" gets the authority's name, and stays unresolved. */
	CHECK(!DECODE(&t, "\xbe\x7f\x00\x01x\xbe\xbf", text));
	CHECK_STRING(text, "cache-control=no-cache\n=x\n=x\ncache-control=no-cache\n");
	hpack_free(&t);
}

static void test_errors(void)
{
	struct hpack t = {};
	char text[200];

	CHECK(!hpack_begin(&t, &memory));
	CHECK(!DECODE(&t, "", text));
	CHECK(!DECODE(&t, "\x3f\xe1\xff\x03", text)); /* 65536 */
	CHECK(hpack_size(&t) == HPACK_SIZE_MAX);
	CHECK(DECODE(&t, "\x3f\xe2\xff\x03", text) == -EBADMSG);
	CHECK(!t.inflater && !memory.bytes);
	CHECK(!hpack_begin(&t, &memory));
	CHECK(DECODE(&t, "\x82\xbe", text) == -EBADMSG); /* no such entry */
	CHECK_STRING(text, ":method=GET\n");
	CHECK(!hpack_resume(&t, &memory, HPACK_SIZE));
	CHECK(DECODE(&t, "\x80", text) == -EBADMSG);
	CHECK(!hpack_resume(&t, &memory, HPACK_SIZE));
	CHECK(DECODE(&t, "\x40\x03xy", text) == -EBADMSG); /* cut */
	CHECK(!hpack_resume(&t, &memory, HPACK_SIZE));
	CHECK(!DECODE(&t, "\xff\x3e", text)); /* the last of 128 */
	CHECK_STRING(text, "=\n");
	CHECK(DECODE(&t, "\xff\x3f", text) == -EBADMSG);
	hpack_free(&t);
	CHECK(!memory.bytes);
}

int main(void)
{
	test_whole();
	test_joined();
	test_joined_at_size();
	test_huffman();
	test_unresolved();
	test_errors();
	return check_end();
}
