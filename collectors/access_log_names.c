// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Server names out of ClientHellos, until their connections close. */
#include "access_log_writer.h"

#include <bpf/bpf.h>
#include <string.h>

/* One of the few places where a connection's hello may be: not neighbours, whose clusters fill all
 * of them while most places are free. */
static struct hello *place_of(struct server_names *n, __u64 connection, unsigned int i)
{
	__u64 hash = connection * 0x9e3779b97f4a7c15ull;

	return &n->hellos[((hash >> 32) + i * (hash >> 48 | 1)) % HELLOS_MAX];
}

static struct hello *hello_of(struct server_names *n, __u64 connection)
{
	for (unsigned int i = 0; i < HELLO_PLACES; i++)
		if (place_of(n, connection, i)->connection == connection)
			return place_of(n, connection, i);
	return NULL;
}

/* Where all places are taken one gives way. */
static struct hello *hello_begin(struct server_names *n, __u64 connection)
{
	struct hello *h = place_of(n, connection, 0);

	for (unsigned int i = 0; i < HELLO_PLACES && h->connection; i++)
		h = place_of(n, connection, i);
	*h = (struct hello){ .connection = connection };
	return h;
}

/* Without a name it says that there is none. */
static void keep_name(const struct server_names *n, const struct hello *h)
{
	struct server_name name = { .length = h->parser.name_length };

	memcpy(name.name, h->parser.name, name.length);
	bpf_map_update_elem(n->map, &h->connection, &name, BPF_ANY);
}

/* A piece that is missing makes the name unknown: none after it is the next. */
void names_hello(struct server_names *n, const struct record_head *record, const void *piece)
{
	struct hello *h = record->index ? hello_of(n, record->header.connection)
					: hello_begin(n, record->header.connection);
	enum tls_hello_result result;

	if (!h || h->pieces++ != record->index)
		return;
	result = tls_hello_append(&h->parser, piece, record->length);
	if (result == TLS_HELLO_MORE)
		return;
	if (result == TLS_HELLO_NONE)
		h->parser.name_length = 0;
	keep_name(n, h);
	h->connection = 0;
}

bool names_get(const struct server_names *n, __u64 connection, struct server_name *ret)
{
	return !bpf_map_lookup_elem(n->map, &connection, ret) && ret->length <= sizeof(ret->name);
}

bool names_is_pending(struct server_names *n, const struct record_tcp *record)
{
	const struct hello *h = hello_of(n, record->header.connection);

	return h && record->hello != RECORD_HELLO_LOST && h->pieces + 1 == record->hello;
}

void names_forget(struct server_names *n, __u64 connection)
{
	struct hello *h = hello_of(n, connection);

	if (h)
		h->connection = 0;
	bpf_map_delete_elem(n->map, &connection);
}
