/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts of protobuf messages, so that a batch is never a tree of all its records: what stands
 * before a field that is itself bytes already, and one message as such a field. */
#ifndef MESHTAP_LOG_SHIPPER_MESSAGE_H
#define MESHTAP_LOG_SHIPPER_MESSAGE_H

#include "buffer.h"

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#define MESSAGE_PREFIX_MAX 11

/* Tag and length of the field with this number (1 to 15), of length bytes. Returns how many bytes
 * were written to ret. */
size_t message_prefix(uint8_t ret[MESSAGE_PREFIX_MAX], unsigned int number, size_t length);

/* Appends message as the field with this number. */
void message_add(struct buffer *b, unsigned int number, const ProtobufCMessage *message);

/* Appends message's fields. */
void message_add_fields(struct buffer *b, const ProtobufCMessage *message);

/* Makes what begins at `at` the field with this number. */
void message_wrap(struct buffer *b, size_t at, unsigned int number);

static inline ProtobufCBinaryData message_string(const char *s, size_t length)
{
	return (ProtobufCBinaryData){ length, (uint8_t *)s };
}

#endif
