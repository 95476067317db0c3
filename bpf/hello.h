/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The client's first bytes on a connection that seems to be TLS, for a sink that wants the server's
 * name. They are handed over in order until the server speaks, which it does not before it has the
 * whole ClientHello (RFC 8446 section 2). Nothing here reads them.
 */
#ifndef MESHTAP_HELLO_H
#define MESHTAP_HELLO_H

#include "sequence.h"

#define TLS_HANDSHAKE 22	 /* RFC 8446 section 5.1: a record's first byte */
#define HELLO_BYTES   (16 << 10) /* more than a client sends that gets an answer */
#define HELLO_LOST    255	 /* not all pieces could be sent */

/* The client's bytes at hand are no HTTP. */
static __always_inline void hello_begin(const struct scratch *s, struct connection *c,
					const struct direction *d)
{
	if (sink_wants_hello(c) && !c->older && !d->position &&
	    s->window.bytes[HTTP1_START] == TLS_HANDSHAKE)
		c->hello = 1;
}

static __always_inline int hello_is_wanted(const struct connection *c, const struct direction *d,
					   int is_response)
{
	return !is_response && c->hello && c->hello < HELLO_LOST && d->position < HELLO_BYTES &&
	       !c->direction[RESPONSE].position;
}

/* The window's bytes are the next. Returns how many that was. */
static __always_inline __u32 hello_window(const struct walk *k, struct connection *c,
					  struct direction *d, struct http1_window *w, __u32 length)
{
	if (c->hello < HELLO_LOST)
		c->hello = sink_hello(c, w, length, c->hello - 1) ? HELLO_LOST : c->hello + 1;
	d->position += length;
	d->next_seq += length;
	d->last_ns = k->now;
	return length;
}

/* Bytes went by unseen. */
static __always_inline void hello_lose(struct connection *c)
{
	c->hello = HELLO_LOST;
}

#endif
