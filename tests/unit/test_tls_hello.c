// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The server name of ClientHellos, recorded and malformed, wherever they are cut. */
#include "tls_hello.h"

#include <stdbool.h>
#include <stdlib.h>

#include "check.h"
#include "tls_hellos.h"

#define RECORD_HEADER 5
#define BYTES_MAX     (80u << 10)

static enum tls_hello_result append(struct tls_hello *h, const unsigned char *data, size_t length)
{
	/* exactly as long as it says, so that the sanitizer sees a byte too many read */
	unsigned char *copy = malloc(length ? length : 1);
	enum tls_hello_result result;

	if (!copy)
		abort();
	memcpy(copy, data, length);
	result = tls_hello_append(h, copy, length);
	free(copy);
	return result;
}

/* name NULL: there is none. */
static bool says(const struct tls_hello *h, enum tls_hello_result result, const char *name)
{
	if (!name)
		return result == TLS_HELLO_NONE;
	return result == TLS_HELLO_NAME && h->name_length == strlen(name) && !strcmp(h->name, name);
}

static bool says_in_pieces(const unsigned char *data, size_t length, size_t piece, const char *name)
{
	enum tls_hello_result result = TLS_HELLO_MORE;
	struct tls_hello h = { 0 };

	for (size_t i = 0; i < length; i += piece)
		result = append(&h, data + i, length - i < piece ? length - i : piece);
	return says(&h, result, name);
}

static bool says_at_every_cut(const unsigned char *data, size_t length, const char *name)
{
	bool same = true;

	for (size_t cut = 0; cut <= length; cut++) {
		struct tls_hello h = { 0 };

		append(&h, data, cut);
		same = same && says(&h, append(&h, data + cut, length - cut), name);
	}
	return same;
}

static bool says_always(const unsigned char *data, size_t length, const char *name)
{
	return says_at_every_cut(data, length, name) && says_in_pieces(data, length, 1, name);
}

/* The message of a record as records of so many bytes. Returns their length. */
static size_t fragment(unsigned char *ret, const unsigned char *record, size_t length, size_t piece)
{
	unsigned char *p = ret;

	for (size_t i = RECORD_HEADER; i < length; i += piece) {
		size_t n = length - i < piece ? length - i : piece;
		const unsigned char header[] = { record[0], record[1], record[2], n >> 8, n };

		memcpy(p, header, sizeof(header));
		memcpy(p + sizeof(header), record + i, n);
		p += sizeof(header) + n;
	}
	return p - ret;
}

static void test_recorded(void)
{
	static const size_t pieces[] = { 1, 7, 50 };
	static unsigned char records[BYTES_MAX];

	for (size_t i = 0; i < sizeof(recorded_hellos) / sizeof(*recorded_hellos); i++) {
		const struct recorded_hello *r = &recorded_hellos[i];

		CHECK(says_always(r->bytes, r->length, r->name));
		for (size_t j = 0; j < sizeof(pieces) / sizeof(*pieces); j++) {
			size_t length = fragment(records, r->bytes, r->length, pieces[j]);

			CHECK(says_always(records, length, r->name));
		}
	}
}

/* Made by hand; offsets of its fields stand behind them. */
static const unsigned char small[] = {
	22, 3,	  1,	0,    76, // 0: record
	1,  0,	  0,	72,	  // 5: ClientHello
	3,  3,			  // 9: version
	1,  2,	  3,	4,    5,   6,	7,   8,	   9,	10, 11, 12, 13, 14, 15, 16, // 11: random
	17, 18,	  19,	20,   21,  22,	23,  24,   25,	26, 27, 28, 29, 30, 31, 32, // 27
	2,  0xaa, 0xbb,					// 43: session id
	0,  2,	  0x13, 0x01,				// 46: cipher suites
	1,  0,						// 50: compression methods
	0,  27,						// 52: extensions
	0,  10,	  0,	4,    0,   2,	0,   0x1d,	// 54: supported_groups
	0,  0,	  0,	11,				// 62: server_name
	0,  9,						// 66: its list
	0,  0,	  6,	'A',  '.', 't', 'e', 's',  't', // 68: host_name
	0,  23,	  0,	0,				// 77: extended_main_secret
};

struct change {
	size_t offset;
	unsigned char value;
};

static bool says_changed(const struct change *change, const char *name)
{
	unsigned char bytes[sizeof(small)];

	memcpy(bytes, small, sizeof(small));
	bytes[change->offset] = change->value;
	return says_always(bytes, sizeof(bytes), name);
}

static void test_malformed(void)
{
	static const struct change changes[] = {
		{ 0, 20 },   { 0, 21 },	  { 0, 23 },   { 0, 0x80 }, { 1, 2 },	 { 1, 4 },
		{ 3, 0x40 }, { 3, 0xff }, { 4, 0 },    { 4, 40 },   { 4, 3 },	 { 5, 0 },
		{ 5, 2 },    { 6, 1 },	  { 6, 0xff }, { 7, 1 },    { 7, 0xff }, { 8, 0 },
		{ 8, 33 },   { 8, 34 },	  { 8, 71 },   { 8, 73 },   { 43, 0 },	 { 43, 1 },
		{ 43, 3 },   { 43, 33 },  { 43, 255 }, { 46, 1 },   { 46, 255 }, { 47, 0 },
		{ 47, 1 },   { 47, 3 },	  { 47, 4 },   { 50, 0 },   { 50, 2 },	 { 50, 255 },
		{ 52, 1 },   { 52, 255 }, { 53, 0 },   { 53, 26 },  { 53, 28 },	 { 56, 1 },
		{ 56, 255 }, { 57, 3 },	  { 57, 5 },   { 57, 19 },  { 62, 1 },	 { 63, 1 },
		{ 64, 1 },   { 64, 255 }, { 65, 0 },   { 65, 10 },  { 65, 12 },	 { 66, 1 },
		{ 66, 255 }, { 67, 0 },	  { 67, 8 },   { 67, 10 },  { 68, 1 },	 { 68, 255 },
		{ 69, 1 },   { 69, 255 }, { 70, 0 },   { 70, 5 },   { 70, 7 },	 { 71, 0 },
		{ 73, 0 },   { 76, 0 },
	};

	CHECK(says_always(small, sizeof(small), "a.test"));
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		if (!says_changed(&changes[i], NULL))
			printf("byte %zu is %u\n", changes[i].offset, changes[i].value);
		CHECK(says_changed(&changes[i], NULL));
	}
}

/* Whatever a name is made of, but NUL; the printer escapes it. */
static void test_any_byte(void)
{
	const struct change control = { 71, '\n' }, latin = { 76, 0xfc };

	CHECK(says_changed(&control, "\n.test"));
	CHECK(says_changed(&latin, "a.tes\xfc"));
}

static bool all_more(const unsigned char *data, size_t length)
{
	for (size_t cut = 0; cut <= length; cut++) {
		struct tls_hello h = { 0 };

		if (append(&h, data, cut) != TLS_HELLO_MORE)
			return false;
	}
	return true;
}

/* The answer comes with the name's last byte, not before, and stays. */
static void test_when(void)
{
	struct tls_hello h = { 0 };

	CHECK(all_more(small, 76));
	append(&h, small, 77);
	CHECK(says(&h, append(&h, small, 0), "a.test"));
	CHECK(says(&h, append(&h, small, sizeof(small)), "a.test"));
	h = (struct tls_hello){ 0 };
	append(&h, (const unsigned char *)"GET / HTTP/1.1\r\n", 16);
	CHECK(says(&h, append(&h, small, sizeof(small)), NULL));
}

static void test_other_protocols(void)
{
	static const char *const texts[] = { "GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n",
					     "\x15\x03\x01\x02\x02\x28", "\x80\x2e\x01\x03\x01" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size_t length = strlen(texts[i]) > 5 ? strlen(texts[i]) : 5;

		CHECK(says_always((const unsigned char *)texts[i], length, NULL));
	}
}

/* A record of another type between those of a message (RFC 8446 5.1). */
static void test_interleaved(void)
{
	unsigned char records[2 * sizeof(small)];
	size_t length = fragment(records, small, sizeof(small), 40);

	CHECK(says_always(records, length, "a.test"));
	records[RECORD_HEADER + 40] = 21;
	CHECK(says_always(records, length, NULL));
}

/* Handshake records are not empty (RFC 8446 5.1). */
static void test_empty_record(void)
{
	unsigned char bytes[5 + sizeof(small)] = { 22, 3, 1, 0, 0 };

	memcpy(bytes + 5, small, sizeof(small));
	CHECK(says_always(bytes, sizeof(bytes), NULL));
}

static unsigned char *put_number(unsigned char *p, size_t value, int size)
{
	while (size--)
		*p++ = value >> 8 * size;
	return p;
}

/* small with another extension of so many bytes before server_name, in records of 16 KiB. */
static size_t make_long(unsigned char *ret, size_t extension)
{
	static unsigned char record[BYTES_MAX];
	unsigned char *p = record;

	memcpy(p, small, 54);
	put_number(p + 6, 72 + 4 + extension, 3);
	put_number(p + 52, 27 + 4 + extension, 2);
	p = put_number(p + 54, 0x4a4a, 2);
	p = put_number(p, extension, 2) + extension;
	memcpy(p, small + 54, sizeof(small) - 54);
	return fragment(ret, record, p + sizeof(small) - 54 - record, 1 << 14);
}

static void test_long(void)
{
	static unsigned char bytes[BYTES_MAX];
	const size_t most = 65535 - 27 - 4; /* extensions have 16 bits of length */
	size_t length = make_long(bytes, most - 50);

	CHECK(says_in_pieces(bytes, length, length, "a.test"));
	CHECK(says_in_pieces(bytes, length, 1, "a.test"));
	CHECK(says_in_pieces(bytes, length, 1448, "a.test"));
	length = make_long(bytes, most); /* a message of more than 65536 bytes */
	CHECK(says_in_pieces(bytes, length, length, NULL));
}

/* Lengths, in bytes, that agree with each other. */
struct lengths {
	size_t session_id, cipher_suites, compression, name;
	size_t over; /* of the name, that lie outside of the message */
};

static unsigned char *put_vector(unsigned char *p, size_t length, int size)
{
	p = put_number(p, length, size);
	memset(p, 'n', length);
	return p + length;
}

static size_t make(unsigned char *ret, const struct lengths *l)
{
	unsigned char *p = ret + 9, *extensions;

	memcpy(ret, small, 43);
	p = put_vector(p + 34, l->session_id, 1);
	p = put_vector(p, l->cipher_suites, 2);
	p = put_vector(p, l->compression, 1);
	extensions = p;
	p = put_number(p + 2, 0, 2);
	p = put_number(p, l->name + 5, 2);
	p = put_number(p, l->name + 3, 2);
	p = put_vector(p + 1, l->name, 2);
	put_number(ret + 3, p - ret - RECORD_HEADER, 2);
	put_number(ret + 6, p - ret - 9 - l->over, 3);
	put_number(extensions, p - extensions - 2 - l->over, 2);
	return p - ret;
}

static void check_lengths(struct lengths l, bool is_allowed)
{
	unsigned char bytes[1024] = { 0 };
	char name[512] = "";
	size_t length = make(bytes, &l);

	memset(name, 'n', l.name);
	CHECK(says_always(bytes, length, is_allowed ? name : NULL));
}

/* RFC 8446 4.1.2, RFC 6066 3. */
static void test_lengths(void)
{
	check_lengths((struct lengths){ 0, 2, 1, 1, 0 }, true);
	check_lengths((struct lengths){ 32, 254, 255, SERVER_NAME_MAX, 0 }, true);
	check_lengths((struct lengths){ 33, 2, 1, 1, 0 }, false);
	check_lengths((struct lengths){ 0, 0, 1, 1, 0 }, false);
	check_lengths((struct lengths){ 0, 3, 1, 1, 0 }, false);
	check_lengths((struct lengths){ 0, 2, 0, 1, 0 }, false);
	check_lengths((struct lengths){ 0, 2, 1, 0, 0 }, false);
	check_lengths((struct lengths){ 0, 2, 1, SERVER_NAME_MAX + 1, 0 }, false);
	check_lengths((struct lengths){ 0, 2, 1, 2, 1 }, false);
}

int main(void)
{
	test_recorded();
	test_malformed();
	test_any_byte();
	test_when();
	test_other_protocols();
	test_interleaved();
	test_empty_record();
	test_long();
	test_lengths();
	return check_end();
}
