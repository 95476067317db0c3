// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tls_hello.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define RECORD_HANDSHAKE 22 /* ContentType, RFC 8446 5.1 */
#define RECORD_MAJOR	 3  /* legacy_record_version of SSL 3.0 and every TLS */
#define RECORD_HEADER	 5  /* bytes */
#define RECORD_MAX	 (1u << 14)
#define CLIENT_HELLO	 1 /* HandshakeType, RFC 8446 4 */
#define MESSAGE_MAX	 (1u << 16)
#define VERSION_RANDOM	 (2 + 32) /* legacy_version and random */
#define SESSION_ID_MAX	 32
#define SERVER_NAME	 0 /* ExtensionType, RFC 6066 1.1 */
#define HOST_NAME	 0 /* NameType, RFC 6066 3 */

/* What is looked at. */
enum field {
	FIELD_MESSAGE,	  /* type and length */
	FIELD_SESSION_ID, /* length, as the next four */
	FIELD_CIPHER_SUITES,
	FIELD_COMPRESSION,
	FIELD_EXTENSIONS,
	FIELD_NAME_LIST,
	FIELD_EXTENSION, /* type and length */
	FIELD_NAME,	 /* type and length */
	FIELD_HOST_NAME, /* the name itself */
};

static const unsigned char field_size[] = {
	[FIELD_MESSAGE] = 4,	 [FIELD_SESSION_ID] = 1, [FIELD_CIPHER_SUITES] = 2,
	[FIELD_COMPRESSION] = 1, [FIELD_EXTENSIONS] = 2, [FIELD_NAME_LIST] = 2,
	[FIELD_EXTENSION] = 4,	 [FIELD_NAME] = 3,	 [FIELD_HOST_NAME] = 0,
};

struct piece {
	const unsigned char *data;
	size_t length;
};

static struct piece take(struct piece *p, size_t most)
{
	struct piece taken = { p->data, p->length < most ? p->length : most };

	p->data += taken.length;
	p->length -= taken.length;
	return taken;
}

/* Whether the number is whole. */
static bool read_number(struct tls_number *n, unsigned int size, struct piece *p)
{
	while (n->have < size && p->length) {
		n->value = n->value << 8 | *take(p, 1).data;
		n->have++;
	}
	return n->have == size;
}

static unsigned long long take_number(struct tls_number *n)
{
	unsigned long long value = n->value;

	*n = (struct tls_number){ 0 };
	return value;
}

static void fail(struct tls_hello *h)
{
	h->result = TLS_HELLO_NONE;
}

/* The next field, after bytes that say nothing; both are inside of what encloses them. */
static void expect(struct tls_hello *h, enum field field, unsigned int skip)
{
	unsigned int size = skip + field_size[field];

	if (size > h->left) {
		fail(h);
		return;
	}
	h->left -= size;
	h->skip = skip;
	h->field = field;
}

static void begin_message(struct tls_hello *h, unsigned int type, unsigned int length)
{
	if (type != CLIENT_HELLO || length > MESSAGE_MAX) {
		fail(h);
		return;
	}
	h->left = length;
	expect(h, FIELD_SESSION_ID, VERSION_RANDOM);
}

/* Nothing after server_name is looked at, so what is left is now what is left of it. */
static void begin_extension(struct tls_hello *h, unsigned int type, unsigned int length)
{
	if (type != SERVER_NAME) {
		expect(h, FIELD_EXTENSION, length);
	} else if (length > h->left) {
		fail(h);
	} else {
		h->left = length;
		expect(h, FIELD_NAME_LIST, 0);
	}
}

/* Servers refuse a list of more than one name, and names of other types. */
static void begin_name(struct tls_hello *h, unsigned int type, unsigned int length)
{
	if (type != HOST_NAME || !length || length > SERVER_NAME_MAX || length != h->left) {
		fail(h);
		return;
	}
	h->name_length = length;
	expect(h, FIELD_HOST_NAME, 0);
}

static bool is_allowed(const struct tls_hello *h, unsigned int value)
{
	switch (h->field) {
	case FIELD_SESSION_ID:
		return value <= SESSION_ID_MAX;
	case FIELD_CIPHER_SUITES:
		return value && value % 2 == 0;
	case FIELD_COMPRESSION:
		return value;
	case FIELD_EXTENSIONS:
	case FIELD_NAME_LIST:
		return value == h->left; /* nothing may come after it */
	default:
		return true;
	}
}

static void end_number(struct tls_hello *h, unsigned int value)
{
	if (!is_allowed(h, value)) {
		fail(h);
		return;
	}
	switch (h->field) {
	case FIELD_MESSAGE:
		return begin_message(h, value >> 24, value & 0xffffff);
	case FIELD_SESSION_ID:
		return expect(h, FIELD_CIPHER_SUITES, value);
	case FIELD_CIPHER_SUITES:
		return expect(h, FIELD_COMPRESSION, value);
	case FIELD_COMPRESSION:
		return expect(h, FIELD_EXTENSIONS, value);
	case FIELD_EXTENSIONS:
		return expect(h, FIELD_EXTENSION, 0);
	case FIELD_EXTENSION:
		return begin_extension(h, value >> 16, value & 0xffff);
	case FIELD_NAME_LIST:
		return expect(h, FIELD_NAME, 0);
	case FIELD_NAME:
		return begin_name(h, value >> 16, value & 0xffff);
	}
}

static void read_name(struct tls_hello *h, struct piece *p)
{
	struct piece part = take(p, h->name_length - h->name_have);

	for (size_t i = 0; i < part.length; i++)
		h->name[h->name_have++] = tolower(part.data[i]);
	if (h->name_have < h->name_length)
		return;
	h->result = memchr(h->name, '\0', h->name_length) ? TLS_HELLO_NONE : TLS_HELLO_NAME;
}

static void read_field(struct tls_hello *h, struct piece *p)
{
	if (h->skip)
		h->skip -= take(p, h->skip).length;
	else if (h->field == FIELD_HOST_NAME)
		read_name(h, p);
	else if (read_number(&h->number, field_size[h->field], p))
		end_number(h, take_number(&h->number));
}

static void read_record(struct tls_hello *h, struct piece *p)
{
	struct piece part = take(p, h->record_left);

	h->record_left -= part.length;
	while (part.length && h->result == TLS_HELLO_MORE)
		read_field(h, &part);
}

static void read_record_header(struct tls_hello *h, struct piece *p)
{
	unsigned long long header;

	if (!read_number(&h->record, RECORD_HEADER, p))
		return;
	header = take_number(&h->record);
	h->record_left = header & 0xffff;
	if (header >> 32 != RECORD_HANDSHAKE || (header >> 24 & 0xff) != RECORD_MAJOR ||
	    !h->record_left || h->record_left > RECORD_MAX)
		fail(h);
}

enum tls_hello_result tls_hello_append(struct tls_hello *h, const void *piece, size_t length)
{
	struct piece p = { piece, length };

	while (p.length && h->result == TLS_HELLO_MORE) {
		if (h->record_left)
			read_record(h, &p);
		else
			read_record_header(h, &p);
	}
	return h->result;
}
