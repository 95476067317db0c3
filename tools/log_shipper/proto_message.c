/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proto_message.h"

#define LENGTH_DELIMITED 2 /* wire type */

size_t message_prefix(uint8_t ret[MESSAGE_PREFIX_MAX], unsigned int number, size_t length)
{
	size_t n = 0;

	ret[n++] = number << 3 | LENGTH_DELIMITED;
	for (; length >= 0x80; length >>= 7)
		ret[n++] = length | 0x80;
	ret[n++] = length;
	return n;
}

void message_add_fields(struct buffer *b, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	char *to = buffer_reserve(b, size);

	if (to)
		b->length += protobuf_c_message_pack(message, (uint8_t *)to);
}

void message_add(struct buffer *b, unsigned int number, const ProtobufCMessage *message)
{
	uint8_t prefix[MESSAGE_PREFIX_MAX];
	size_t size = protobuf_c_message_get_packed_size(message);
	char *to;

	buffer_add(b, prefix, message_prefix(prefix, number, size));
	to = buffer_reserve(b, size);
	if (to)
		b->length += protobuf_c_message_pack(message, (uint8_t *)to);
}

void message_wrap(struct buffer *b, size_t at, unsigned int number)
{
	uint8_t prefix[MESSAGE_PREFIX_MAX];

	buffer_insert(b, at, prefix, message_prefix(prefix, number, b->length - at));
}
