/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages that could not be followed: declared, each once. */
#ifndef MESHTAP_LOSE_H
#define MESHTAP_LOSE_H

#include "pending.h"
#include "pickup.h"

/* What is lost, besides the messages in flight. */
enum {
	LOST_RECEIVED = 0, /* received bytes */
	LOST_SENT = 1,	   /* bytes of the sending direction, or of either */
	LOST_ANSWERED = 2, /* nothing: the response at hand answers no request */
};

/* Counts messages as inexact, at once or when the connection proves to be HTTP. */
static __always_inline void connection_declare(struct connection *c, __u32 n)
{
	if (!n)
		return;
	if (c->is_http)
		count_inexact(c->lost_reason, n);
	else
		__sync_fetch_and_add(&c->undeclared, n);
	sink_gone(c, c->next);
}

/* Takes everything in flight out. Call under the lock. Returns how many messages that were. */
static __always_inline __u32 exchanges_drop(struct connection *c)
{
	struct direction *request = &c->direction[REQUEST];
	__u32 n = c->next - c->first + c->skipped;

	if (request->begun && !request->pushed && !request->skipped && !request->stale) {
		c->next++;
		n++;
	}
	request->pushed = 0;
	request->skipped = request->begun;
	c->first = c->next;
	c->skipped = 0;
	c->answered = 0;
	return n;
}

/* The connection's stream cannot be followed: what is in flight is declared, and a beginning is
 * looked for. */
static __always_inline void connection_lose(struct connection *c, enum inexact_reason reason,
					    int what)
{
	struct direction *response = &c->direction[RESPONSE];
	int receives = REQUEST, sends = RESPONSE;
	__u64 now = bpf_ktime_get_ns();
	__u32 n, answered;

	if (c->reporter == REPORTER_SOURCE) {
		receives = RESPONSE;
		sends = REQUEST;
	}
	bpf_spin_lock(&c->lock);
	answered = c->answered + response->answers;
	n = exchanges_drop(c);
	if (what == LOST_ANSWERED) { /* the response at hand is another request's */
		n += n == answered;
		answered = n;
	}
	if (!n && c->pickup != PICKUP_WAIT && c->pickup != PICKUP_READY)
		n = 1;
	c->owed = n > answered ? n - answered : 0;
	response->answers = 0;
	if (c->pickup == PICKUP_NONE)
		c->follows = 1;
	if (what == LOST_SENT)
		c->follows = 0;
	c->direction[receives & 1].stale = 1;
	if (!c->follows)
		c->direction[sends & 1].stale = 1;
	c->pickup = PICKUP_WAIT;
	if (c->is_http || !c->older)
		c->spoken_ns = now;
	c->asked = 1;
	c->lost_reason = reason;
	c->missed = 0;
	c->ahead = 0;
	c->tunnel = 0;
	c->refused = 0;
	bpf_spin_unlock(&c->lock);
	connection_declare(c, n);
}

#endif
