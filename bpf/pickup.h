/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finding a message's beginning in a connection that is older than the collector, or after bytes
 * were lost. A body may look like anything, so no guess is made from what bytes look like alone: a
 * request begins where the client speaks again after a response of which it has received every
 * byte, and a valid answer must confirm it. An interim response is no such turn, a body follows it.
 * Of a client that pipelines nobody knows which request an answer is for: it is not picked up.
 * After a loss it may have begun to pipeline unseen, so then both sides must also have been silent
 * for a while.
 *
 * What is sent is seen whole, so after a loss the sending direction's messages are followed on,
 * each of them declared, and their number is exact.
 */
#ifndef MESHTAP_PICKUP_H
#define MESHTAP_PICKUP_H

#include "sequence.h"

static __always_inline void direction_reset(struct direction *d)
{
	d->begun = 0;
	d->pushed = 0;
	d->skipped = 0;
	d->answers = 0;
	d->kept = 0;
	d->line_kept = 0;
	d->head_open = 0;
	d->host = 0;
	http1_next(&d->parser);
}

static __always_inline int pickup_is_response(const struct walk *k)
{
	return k->peeked && http1_is_version(http1_load(k->begin));
}

/* The server was taken for the client. Call under the lock. */
static __always_inline void pickup_swap_roles(struct connection *c, struct walk *k)
{
	struct direction *a = &c->direction[REQUEST], *b = &c->direction[RESPONSE];
	__u32 next_seq = a->next_seq;
	__u64 position = a->position;

	if (!c->guessed || c->pickup != PICKUP_READY || k->direction != REQUEST ||
	    k->seq != a->next_seq || a->busy || b->busy || !pickup_is_response(k))
		return;
	a->next_seq = b->next_seq;
	a->position = b->position;
	b->next_seq = next_seq;
	b->position = position;
	c->reporter = c->reporter == REPORTER_SOURCE ? REPORTER_DESTINATION : REPORTER_SOURCE;
	c->guessed = 0;
	c->pickup = PICKUP_WAIT;
	c->undeclared = 1;
	k->direction = RESPONSE;
}

/* Longer than servers take to answer what came in one go. */
#define PICKUP_SILENCE_NS 200000000ULL

/* Call under the lock. */
static __always_inline int pickup_begins(const struct connection *c, const struct direction *d,
					 const struct walk *k)
{
	const struct direction *response = &c->direction[RESPONSE];

	return c->pickup == PICKUP_READY && !c->pipelined && k->seq == d->next_seq && !k->range &&
	       !response->busy && k->ack_seq == response->next_seq &&
	       !(k->egress && c->follows && d->begun) &&
	       (!c->spoken_ns || k->now - c->spoken_ns >= PICKUP_SILENCE_NS);
}

/* The server spoke while a beginning is looked for. Call under the lock. */
static __always_inline void pickup_response(struct connection *c, const struct walk *k)
{
	int begins = pickup_is_response(k);

	if (c->older && !c->is_http) /* what it answers was not seen */
		c->undeclared = 1;
	c->looks_http |= begins;
	c->asked = 0;
	c->pickup = begins && k->begin[9] == '1' ? PICKUP_WAIT : PICKUP_READY;
}

/* A segment in order while a beginning is looked for. Call under the lock. */
static __always_inline void pickup_segment(struct connection *c, struct direction *d,
					   const struct walk *k)
{
	struct direction *response = &c->direction[RESPONSE];
	int begins;

	if (!k->length)
		return;
	begins = k->direction == REQUEST && pickup_begins(c, d, k);
	if (c->spoken_ns)
		c->spoken_ns = k->now;
	if (k->direction == RESPONSE) {
		pickup_response(c, k);
		return;
	}
	if (!begins) {
		c->pickup = PICKUP_WAIT;
		return;
	}
	c->pickup = PICKUP_TRY;
	c->owed = 0;
	if (k->egress || !c->follows || response->begun) {
		response->stale = 1;
		c->follows &= k->egress;
	}
	if (!c->follows || !k->egress)
		direction_reset(d);
}

/* A final response's head came where the request's answer had to begin. Call under the lock.
 * Returns how many messages are to be counted as inexact, now that this is HTTP. */
static __always_inline __u32 pickup_confirm(struct connection *c)
{
	__u32 n = c->undeclared;

	c->pickup = PICKUP_NONE;
	c->is_http = 1;
	c->guessed = 0;
	c->follows = 1;
	c->undeclared = 0;
	return n;
}

#endif
