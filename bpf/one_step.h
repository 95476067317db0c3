/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What nearly all segments are: next in their stream, and either within a body, or a message's
 * whole head with, maybe, its body. They are walked in one step under one lock. The parser works on
 * the scratch's copy before the lock is taken; under it the direction must be where it was. Of a
 * message that ends with its segment, the direction keeps nothing. Everything else, and what
 * follows such a message in the same segment, is left to walk(), which could do all of this too.
 */
#ifndef MESHTAP_ONE_STEP_H
#define MESHTAP_ONE_STEP_H

#include "http.h"
#include "packet.h"

#define TCP_FLAGS_SPECIAL (TCP_FLAG_FIN | TCP_FLAG_SYN | TCP_FLAG_RST | TCP_FLAG_URG)

/* RFC 5961 section 5.2. Up to write_seq: snd_nxt is raised only after the transmission. */
static __always_inline int packet_is_refused(const struct packet *p, const struct tcp_sock *tp)
{
	return sequence_after(p->ack_seq, tp->write_seq) > 0 ||
	       sequence_after(p->ack_seq, tp->snd_una - tp->max_window) < 0;
}

/*
 * These two are 0 when nothing of the connection is out of the ordinary, and when the segment is
 * next in a direction that no program holds. Sums instead of branches, each of which would have
 * the verifier walk what follows once more.
 */
static __always_inline __u32 connection_oddities(const struct connection *c, int egress)
{
	return (c->unsettled != 0) | c->stashed | (c->undecided & ~egress & 1);
}

static __always_inline __u32 direction_oddities(const struct direction *d, __u32 seq)
{
	return d->awaits | (d->started ^ 1) | (d->next_seq ^ seq);
}

/* A stretch that the segment does not come to the end of. A tunnel's beginning may be HTTP/2's. */
static __always_inline int direction_is_within(const struct connection *c,
					       const struct direction *d, __u32 length)
{
	__u8 phase = d->parser.phase;

	if (c->dead)
		return phase == HTTP1_DEAD;
	if (phase == HTTP1_TUNNEL)
		return d->parser.body != 0;
	return !(c->tunnel && !d->parser.response) &&
	       (phase == HTTP1_UNTIL_CLOSE || d->parser.skip > length);
}

/* A segment within a body, a frame or a tunnel: passes it. Returns whether it was one. */
static __always_inline int stretch_passes(struct connection *c, const struct packet *p,
					  const struct tcp_sock *tp, int egress)
{
	__u32 direction = egress == (c->reporter == REPORTER_DESTINATION) ? RESPONSE : REQUEST;
	struct direction *d = &c->direction[direction];
	__u64 now = 0;
	int passes;

	if ((p->flags & TCP_FLAGS_SPECIAL) | connection_oddities(c, egress) |
	    direction_oddities(d, p->seq))
		return 0;
	if (!direction_is_within(c, d, p->length) || (!egress && packet_is_refused(p, tp)))
		return 0;
	if (d->parser.phase == HTTP1_UNTIL_CLOSE || d->parser.phase == HTTP1_TUNNEL)
		now = bpf_ktime_get_ns(); /* the last byte may end the message */
	bpf_spin_lock(&c->lock);
	passes = !(connection_oddities(c, egress) | direction_oddities(d, p->seq)) &&
		 direction_is_within(c, d, p->length);
	if (passes) {
		http1_pass(&d->parser, p->length);
		d->position += p->length;
		d->next_seq += p->length;
		if (now)
			d->last_ns = now;
	}
	bpf_spin_unlock(&c->lock);
	return passes;
}

/* 0 when a message begins here, on a connection that is HTTP/1 or may be. */
static __always_inline __u32 message_oddities(const struct connection *c, const struct direction *d,
					      const struct walk *k)
{
	return connection_oddities(c, k->egress) | direction_oddities(d, k->seq) | c->unusual |
	       c->skipped | d->begun | d->line_kept | d->parser.flags | d->parser.carry_length |
	       (d->parser.phase ^ HTTP1_START_LINE);
}

/* The head is whole, and its body can be told without looking at anything else. */
static __always_inline int head_is_plain(const struct http1_parser *p)
{
	if (!(p->flags & HTTP1_LINE_OK) ||
	    (p->flags & (HTTP1_BAD_FRAMING | HTTP1_BAD_LENGTH | HTTP1_OTHER_CODING)))
		return 0;
	return p->response ? p->status >= 200 : p->method != HTTP1_METHOD_CONNECT;
}

/* Loads the segment's first bytes into the window and parses them. Returns an enum http1_event. */
static __always_inline int head_parse(struct __sk_buff *skb, struct scratch *s, __u8 response)
{
	struct reader r = { .skb = skb };
	struct http1_window *w = &s->window;
	__u32 length = s->walk.length;

	if (length > s->walk.window)
		length = s->walk.window;
	http1_hide(length);
	length = ((length - 1) & (HTTP1_WINDOW - 1)) + 1;
	if (reader_load(&r, &s->walk, 0, w->bytes + HTTP1_START, length))
		return HTTP1_BAD;
	http1_next(&w->parser);
	w->parser.response = response;
	w->kept.line = 0;
	return http1_parse_in(w->slot, length);
}

/* The segment begins with a plain head, which then is in the window, parsed. Not inlined, as the
 * next one: the stack of all callers together is 512 bytes. */
static __noinline int message_is_whole(struct __sk_buff *skb, struct scratch *s,
				       const struct connection *c)
{
	struct walk *k = &s->walk;
	const struct direction *d;

	k->direction = k->egress == (c->reporter == REPORTER_DESTINATION) ? RESPONSE : REQUEST;
	d = &c->direction[k->direction & 1];
	if ((k->flags & TCP_FLAGS_SPECIAL) | k->refused | k->is_early | message_oddities(c, d, k))
		return 0;
	return head_parse(skb, s, d->parser.response) == HTTP1_HEAD_END &&
	       head_is_plain(&s->window.parser);
}

/* What sink_head() is told of it. */
static __always_inline void head_is_whole(struct scratch *s, const struct connection *c)
{
	struct head *head = &s->walk.head;

	head->from = HTTP1_START + s->window.begin;
	head->length = s->window.consumed - s->window.begin;
	head->offset = 0;
	head->ends = 1;
	head->response = s->walk.direction == RESPONSE;
	head->ordinal = head->response ? c->first : c->next;
}

/* The exchange that the head begins or answers can be what it was before the lock. */
static __always_inline int exchange_is_plain(const struct connection *c, const struct walk *k)
{
	const struct exchange *x = &c->ring[c->first & (EXCHANGES_INLINE - 1)];

	if (k->direction == REQUEST)
		return c->next == k->head.ordinal && c->next - c->first < EXCHANGES_INLINE;
	return c->first == k->head.ordinal && c->first != c->next &&
	       !(x->state & EXCHANGE_RESPONSE_DONE) && x->method != HTTP1_METHOD_CONNECT;
}

/* Call under the lock, as the next ones. */
static __always_inline void exchange_takes_request(struct connection *c, struct exchange *x,
						   const struct scratch *s, __u32 host, __u8 kept)
{
	exchange_begin(x, c->next, s->walk.seen_ns, &s->window.parser);
	x->request_head = s->walk.head.length;
	x->kept[REQUEST] = kept;
	x->host = host;
	c->is_http = 1;
	c->next++;
	c->pipelined |= c->next - c->first > 1;
}

static __always_inline void exchange_takes_response(struct exchange *x, const struct scratch *s)
{
	x->status = s->window.parser.status;
	if (!x->response_started_ns)
		x->response_started_ns = s->walk.seen_ns;
	x->response_head = s->walk.head.length;
}

/* The segment has the message's end. wire: its bytes. */
static __always_inline void exchange_takes_end(struct exchange *x, const struct scratch *s,
					       __u32 wire, __u8 kept)
{
	if (s->walk.direction == RESPONSE) {
		x->response_wire = wire;
		x->response_body = s->window.parser.body;
		x->ended_ns = s->walk.now;
		x->kept[RESPONSE] = kept;
		x->state |= EXCHANGE_RESPONSE_DONE;
	} else {
		x->request_wire = wire;
		x->request_body = s->window.parser.body;
		x->request_ended_ns = s->walk.now;
		x->state |= EXCHANGE_REQUEST_DONE;
	}
}

/* It has not. wire: what it has of the message. */
static __always_inline void direction_goes_on(struct direction *d, const struct scratch *s,
					      __u32 wire, __u32 host, __u8 kept)
{
	const struct http1_parser *p = &s->window.parser;

	d->begun = 1;
	d->message_start = d->position - wire;
	d->started_ns = s->walk.seen_ns;
	d->host = host;
	d->kept = kept;
	d->pushed = s->walk.direction == REQUEST;
	d->answers = s->walk.direction == RESPONSE;
	d->parser.skip = p->skip;
	d->parser.length = p->length;
	d->parser.body = p->body;
	d->parser.status = p->status;
	d->parser.phase = p->phase;
	d->parser.flags = p->flags;
	d->parser.method = p->method;
	d->parser.minor = p->minor;
}

/* What there is of the body. Returns MESSAGE_END or MORE; *length: head and body. */
static __always_inline enum http1_event body_passes(struct http1_parser *p, const struct walk *k,
						    __u8 method, __u32 *length)
{
	enum http1_event event = http1_body(p, method);
	__u64 passable = http1_passable(p);
	__u32 left = k->length - *length, pass = passable < left ? passable : left;

	if (event != HTTP1_MORE || !pass)
		return event;
	*length += pass;
	return http1_pass(p, pass);
}

/* Head, and what there is of the body. Returns whether an exchange is finished, in walk.done. */
static __always_inline int message_passes(struct scratch *s, struct connection *c,
					  struct direction *d, __u32 host, __u8 kept)
{
	struct walk *k = &s->walk;
	struct exchange *x = &c->ring[k->head.ordinal & (EXCHANGES_INLINE - 1)];
	__u32 length = s->window.consumed;
	enum http1_event event;
	int finished;

	if (k->direction == RESPONSE)
		exchange_takes_response(x, s);
	else
		exchange_takes_request(c, x, s, host, kept);
	event = body_passes(&s->window.parser, k, x->method, &length);
	d->position += length;
	d->next_seq += length;
	d->last_ns = k->now;
	if (event != HTTP1_MESSAGE_END) {
		direction_goes_on(d, s, length - s->window.begin, host, kept);
		return 0;
	}
	exchange_takes_end(x, s, length - s->window.begin, kept);
	finished = exchange_pop(c, NULL, &k->done);
	c->answered = !finished && k->direction == RESPONSE && c->first != c->next;
	return finished;
}

/* Walks it. Returns WALK_DONE, or WALK_ON: it was not what it seemed to be, or more follows. */
static __noinline int message_walks(struct scratch *s, struct connection *c)
{
	int kept;
	struct walk *k = &s->walk;
	struct direction *d = &c->direction[k->direction & 1];
	__u32 host = 0;

	head_is_whole(s, c);
	if (!exchange_is_plain(c, k))
		return WALK_ON;
	if (tells_hosts && k->direction == REQUEST)
		host = sink_host(&s->window.parser);
	kept = sink_whole_head(c, s);
	if (kept < 0)
		return WALK_ON;
	k->finished = 0;
	k->is_left = 1;
	bpf_spin_lock(&c->lock);
	k->walked = !message_oddities(c, d, k) && exchange_is_plain(c, k);
	if (k->walked) {
		k->finished = message_passes(s, c, d, host, kept);
		k->is_left = d->next_seq != k->seq + k->length;
	}
	bpf_spin_unlock(&c->lock);
	if (!k->walked && kept)
		sink_whole_head_vain(c, s);
	if (k->finished)
		sink_exchange(c, &k->done, s);
	return k->is_left ? WALK_ON : WALK_DONE;
}

#endif
