/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layers 1 to 3 put together: walks a segment message by message and hands finished exchanges to
 * the sink that includes this file. The sink defines, before the include:
 *   sink_head(c, d, s)  bytes of a head in the window, as s->walk.head says
 *   sink_whole_head(c, s)  the same of a head that is in the window whole, before it is certain
 * that it is s->walk.head.ordinal's; returns pieces kept, or -1: walk(), and call sink_head()
 *   sink_whole_head_vain(c, s)  it was not
 *   sink_trailers(c, d, s)  the window's kept lines are trailers of the oldest exchange's response
 *   sink_exchange(c, x, s)  a request that ended; the window's bytes are free
 *   sink_gone(c, ordinal)  no exchange from c->kept_from up to this one will be heard of
 *   sink_skipped(c, d)  nor will the request be whose head d has come to the end of
 *   sink_host(p)  id of the host that a request's head names, where tells_hosts is set
 *   sink_block(c, r, size)  a piece of an HTTP/2 header block, whose bytes follow the record
 *   sink_stream(c, s)  an HTTP/2 stream ended, in s->stream
 *   sink_http2_gone(c)  nothing more comes of an HTTP/2 connection
 *   sink_segment(k, tp)  the socket of the segment that is walked
 *   sink_wants_hello(c), sink_hello(c, w, length, index)  see hello.h
 * Bytes come through reader_load(), so nothing here knows whether they come from an skb.
 */
#ifndef MESHTAP_HTTP_H
#define MESHTAP_HTTP_H

#include "http2_upgrade.h"
#include "message.h"
#include "reader.h"
#include "sequence.h"
#include "walk_frames.h"

/* The head is of no exchange that will be reported: the request found no room or was declared, or
 * the response answers nothing that is known, or what was answered already. */
static __always_inline int is_vain_head(const struct walk *k, const struct connection *c,
					const struct direction *d)
{
	const struct direction *request = &c->direction[REQUEST];

	if (d->stale)
		return 1;
	if (k->direction == REQUEST)
		return d->skipped | c->ahead;
	if (c->first != c->next)
		return c->answered;
	return is_searched(c, 0) || c->skipped || !request->begun ||
	       !(request->parser.flags & HTTP1_LINE_OK);
}

/* Hands what the window holds of a head to the sink. */
static __always_inline void walk_head(struct scratch *s, struct connection *c, struct direction *d)
{
	const struct walk *k = &s->walk;
	struct head *head = &s->walk.head;

	if (is_vain_head(k, c, d))
		return;
	head->response = k->direction == RESPONSE;
	head->ordinal = head->response ? c->first : c->next - d->pushed;
	head->length = s->window.consumed + HTTP1_START - head->from;
	sink_head(c, d, s);
}

/* Loads the window at offset and parses it. Returns the bytes done with. */
static __always_inline __u32 walk_window(const struct reader *r, struct scratch *s,
					 struct connection *c, struct direction *d, __u32 offset,
					 enum http1_event *ret_event)
{
	struct walk *k = &s->walk;
	struct http1_window *w = &s->window;
	__u32 length = k->length - offset;
	int in_head = d->parser.phase <= HTTP1_HEADERS;
	__u64 position = d->position;

	if (length > k->window)
		length = k->window;
	http1_hide(length);
	length = ((length - 1) & (HTTP1_WINDOW - 1)) + 1;
	k->head.from = HTTP1_START;
	if (reader_load(r, k, offset, w->bytes + HTTP1_START, length)) {
		connection_lose(c, INEXACT_HOLE, k->egress ? LOST_SENT : LOST_RECEIVED);
		*ret_event = HTTP1_MORE;
		return 0;
	}
	if (d->parser.phase == HTTP1_HELLO) {
		*ret_event = HTTP1_MORE;
		return hello_window(k, c, d, w, length);
	}
	w->parser = d->parser;
	w->kept.line = d->line_kept;
	*ret_event = http1_parse_in(w->slot, length);
	d->parser = w->parser;
	d->line_kept = w->kept.line;
	if (tells_hosts && in_head && k->direction == REQUEST)
		d->host = sink_host(&d->parser);
	if (!d->begun && (d->parser.flags & HTTP1_BEGUN) && (__s32)w->consumed > w->begin) {
		__u32 begin = w->begin < 0 ? 0 : w->begin; /* before it: a CR on its own */

		d->begun = 1;
		d->message_start = position + begin;
		d->started_ns = k->seen_ns;
		k->head.from += begin;
	} else if (!d->begun) {
		in_head = 0;
	}
	d->position += w->consumed;
	d->next_seq += w->consumed;
	d->last_ns = k->now;
	k->head.offset = position + k->head.from - HTTP1_START - d->message_start;
	k->head.ends = *ret_event == HTTP1_HEAD_END;
	if (in_head && *ret_event != HTTP1_BAD)
		walk_head(s, c, d);
	else if (w->kept.to && d->answers)
		sink_trailers(c, d, s);
	return w->consumed;
}

/* What happened to the connection since this direction was last walked. Call under the lock. */
static __always_inline void direction_catch_up(struct connection *c, struct direction *d,
					       int is_response)
{
	if (c->h2 && !c->dead) {
		http2_catch_up(c, d, is_response);
		return;
	}
	if (d->stale) {
		direction_reset(d);
		d->stale = 0;
	}
	if (c->dead)
		d->parser.phase = hello_is_wanted(c, d, is_response) ? HTTP1_HELLO : HTTP1_DEAD;
	if (is_response)
		return;
	if (c->refused) {
		c->refused = 0;
		direction_reset(d);
	}
	if (c->tunnel && d->parser.phase != HTTP1_TUNNEL) {
		d->parser.phase = HTTP1_TUNNEL;
		d->begun = 1;
		d->pushed = 1;
	}
}

/* Finds the segment's place, once, and takes the direction. Call under the lock. */
static __always_inline enum sequence_verdict walk_claim(struct walk *k, struct connection *c,
							struct direction *d)
{
	enum sequence_verdict verdict;

	if (c->missed && !c->dead)
		return SEQUENCE_LOST;
	if (k->flags & TCP_FLAG_RST) {
		if (c->closer == CLOSER_NONE && (k->egress || k->seq == k->rcv_nxt))
			c->closer = k->direction == RESPONSE ? CLOSER_SERVER : CLOSER_CLIENT;
		return SEQUENCE_OLD;
	}
	if (k->egress)
		direction_start(d, k->seq);
	verdict = sequence_place(c, d, k);
	if ((k->flags & TCP_FLAG_FIN) && verdict != SEQUENCE_OLD && d->started) {
		d->has_fin = 1;
		d->fin_seq = k->seq + k->length;
	}
	if (k->flags & TCP_FLAG_FIN && c->closer == CLOSER_NONE && verdict != SEQUENCE_OLD)
		c->closer = k->direction == RESPONSE ? CLOSER_SERVER : CLOSER_CLIENT;
	/* RFC 9293 3.8.5: an urgent byte is not in the stream that the application reads */
	if ((k->flags & TCP_FLAG_URG) && k->length && verdict == SEQUENCE_NEXT &&
	    !sequence_is_bulk(c, d, k->egress))
		return SEQUENCE_LOST;
	if (verdict == SEQUENCE_NEXT)
		direction_take(d, k);
	return verdict;
}

/*
 * The body that is waited for does not come: what follows is a response's head, so the last one
 * answered HEAD, which was not seen. Only asked where responses are counted, and not believed.
 */
static __always_inline int walk_answers_head(const struct reader *r, struct scratch *s,
					     const struct connection *c, const struct direction *d)
{
	struct walk *k = &s->walk;
	__u32 offset = d->next_seq - k->seq;
	__u64 *first = (__u64 *)s->window.bytes;

	if (!is_searched(c, 0) || k->direction != RESPONSE || !d->begun || d->parser.body ||
	    (d->parser.phase != HTTP1_BODY && d->parser.phase != HTTP1_CHUNK_SIZE))
		return 0;
	return k->length - offset >= sizeof(*first) &&
	       !reader_load(r, k, offset, first, sizeof(*first)) && http1_is_version(*first);
}

/* The first bytes of a tunnel are at hand, and they are HTTP/2's. */
static __always_inline int walk_upgrades(const struct reader *r, struct scratch *s,
					 struct connection *c, const struct direction *d)
{
	struct walk *k = &s->walk;
	__u32 offset = d->next_seq - k->seq;
	__u8 *window = s->window.bytes + HTTP1_START;
	__u32 left = k->length - offset;

	if (d->parser.phase != HTTP1_TUNNEL || d->parser.body || d->stale || left < HTTP2_HEADER)
		return 0;
	if (reader_load(r, k, offset, window, left < 16 ? HTTP2_HEADER : 16))
		return 0;
	s->window.end = HTTP1_START + (left < 16 ? HTTP2_HEADER : 16);
	return http2_is_tunnelled(&s->window, k->direction == RESPONSE) && http2_upgrade(s, c);
}

/* Up to the end of a message. */
static __always_inline __u32 walk_message(const struct reader *r, struct scratch *s,
					  struct connection *c, struct direction *d)
{
	struct walk *k = &s->walk;
	enum http1_event event;
	__u32 offset;

	if (walk_answers_head(r, s, c, d))
		direction_reset(d);
	if (walk_upgrades(r, s, c, d))
		return d->next_seq - k->seq;
	event = sequence_pass(d, k, &offset);
	if (event == HTTP1_MORE && offset < k->length)
		offset += walk_window(r, s, c, d, offset, &event);
	if (event == HTTP1_HEAD_END) {
		event = k->direction == RESPONSE ? response_head_end(k, c, d)
						 : request_head_end(k, c, d);
		if (event == HTTP1_MORE && offset < k->length && !is_searched(c, 0) &&
		    d->parser.phase != HTTP1_TUNNEL)
			event = sequence_pass(d, k, &offset);
	}
	if (event == HTTP1_MORE && offset >= k->length && sequence_is_at_end(d) &&
	    d->parser.phase == HTTP1_UNTIL_CLOSE)
		event = HTTP1_MESSAGE_END;
	if (event == HTTP1_MESSAGE_END)
		message_end(s, c, d);
	else if (event == HTTP1_BAD && k->direction == RESPONSE)
		response_bad(s, c, d);
	else if (event == HTTP1_BAD)
		request_bad(s, c, d);
	return offset;
}

/* A part of the segment: all, or up to the end of a message. */
static __always_inline int walk(const struct reader *r, struct scratch *s, struct connection *c)
{
	struct walk *k = &s->walk;
	struct direction *d = &c->direction[k->direction & 1];
	enum sequence_verdict verdict = SEQUENCE_NEXT;
	int searching, finds_frames;

	if (k->in_frames)
		return walk_frames_end(s, c, d);
	bpf_spin_lock(&c->lock);
	if (k->held || !d->busy)
		direction_catch_up(c, d, k->direction == RESPONSE);
	if (!k->held)
		verdict = walk_claim(k, c, d);
	finds_frames = verdict == SEQUENCE_NEXT && k->begins_frame &&
		       sequence_after(k->seq, d->next_seq) >= 0;
	if (verdict == SEQUENCE_NEXT && !finds_frames && is_searched(c, 0))
		pickup_segment(c, d, k);
	bpf_spin_unlock(&c->lock);
	if (finds_frames)
		walk_finds_frames_in(s->window.slot);
	searching = is_searched(c, k->egress) || d->unsynced;

	if (verdict == SEQUENCE_LOST && c->dead) {
		hello_lose(c);
		return WALK_ON;
	}
	if (verdict == SEQUENCE_LOST && c->h2) {
		http2_lose_in(s->window.slot, c->missed ? INEXACT_SCRATCH : INEXACT_HOLE,
			      c->missed ? c->missed : walk_loses(k));
		return WALK_ON;
	}
	if (verdict == SEQUENCE_LOST) {
		connection_lose(c, c->missed ? INEXACT_SCRATCH : INEXACT_HOLE,
				(c->missed & MISSED_SENT) || (k->egress && !c->missed)
					? LOST_SENT
					: LOST_RECEIVED);
		return WALK_ON;
	}
	if (verdict != SEQUENCE_NEXT)
		return verdict == SEQUENCE_HOLE ? WALK_STASH : WALK_DONE;
	if (searching) {
		d->position += k->seq + k->length - d->next_seq;
		d->next_seq = k->seq + k->length;
	} else if (d->parser.phase == HTTP1_FRAMES) {
		return walk_frames(r, s, c, d);
	} else if (walk_message(r, s, c, d) < k->length) {
		return WALK_ON;
	}
	return walk_release(k, c, d);
}

#endif
