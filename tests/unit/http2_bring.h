/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Brings a conversation in order, part by part, and remembers when. Include after fake_steps.h and
 * http2_truth.h. */
#ifndef MESHTAP_HTTP2_BRING_H
#define MESHTAP_HTTP2_BRING_H

static __u64 h2_came_ns[2][TALK_BYTES]; /* of each byte */
static __u64 h2_closed_ns;

static inline void h2_bring_segment(const struct talk *t, int stream, __u32 from, __u32 to)
{
	int egress = (stream == REQUEST) == near.client;
	struct tcp_sock *tp = near.tp;

	fake_segment(&near, egress, (egress ? near.ours : near.theirs) + from,
		     t->bytes[stream] + from, to - from, 0);
	for (; from < to; from++)
		h2_came_ns[stream][from] = user_now;
	if (egress)
		tp->snd_nxt = tp->write_seq = near.acked = near.ours + to, tp->bytes_sent = to;
	else
		tp->rcv_nxt = tp->rcv_wup = near.theirs + to, tp->bytes_received = to;
}

/* Segments of at most so many bytes; cut_at: a cut in a stream besides. */
static inline void h2_bring_parts(const struct talk *t, struct chance *c, __u32 most,
				  int cut_stream, __u32 cut_at)
{
	__u32 at[2] = { 0, 0 };

	for (__u32 i = 0; i < t->part_count; i++) {
		const struct talk_part *p = &t->parts[i];

		while (at[p->response] < p->end) {
			__u32 from = at[p->response], size = most < 3 ? most : 1 + chance(c, most);
			__u32 to = p->end - from < size ? p->end : from + size;

			if (most >= TALK_BYTES)
				to = p->end;
			if (cut_stream == p->response && from < cut_at && to > cut_at)
				to = cut_at;
			h2_bring_segment(t, p->response, from, to);
			at[p->response] = to;
		}
	}
}

static inline void h2_bring(const struct talk *t, struct chance *c, int client, __u32 most,
			    int cut_stream, __u32 cut_at)
{
	start(client);
	fake_established(&near);
	h2_bring_parts(t, c, most, cut_stream, cut_at);
	h2_closed_ns = user_now;
	fake_closed(&near);
}

/* When the first byte of the stream's n-th frame of a side came; last: when its last one did. */
static inline __u64 h2_frame_ns(const struct h2_talk *t, __u32 stream, int response, __u32 n,
				int last)
{
	for (__u32 i = 0; i < t->count; i++) {
		const struct h2_frame *f = &t->frames[i];

		if (h2_is_counted(f, stream, response) && !n--)
			return h2_came_ns[response][last ? f->end - 1 : f->begin];
	}
	return 0;
}

static inline __u64 h2_end_ns(const struct h2_talk *t, const struct http2_exchange *x)
{
	__u32 stream = x->exchange.ordinal;
	struct h2_side side;

	if (x->exchange.state & EXCHANGE_RESPONSE_DONE) {
		h2_side_of(t, stream, RESPONSE, TALK_BYTES, H2_FRAMES, &side);
		return h2_came_ns[RESPONSE][side.end - 1];
	}
	for (__u32 i = 0; i < t->count; i++) {
		const struct h2_frame *f = &t->frames[i];

		if (f->stream == stream && f->type == HTTP2_RST_STREAM &&
		    (x->exchange.flag == EXCHANGE_UR) == f->response)
			return h2_came_ns[f->response][f->end - 1];
	}
	return h2_closed_ns;
}

/* In order every time is known. */
static inline int h2_check_times(const struct h2_talk *t)
{
	for (__u32 i = 0; i < sink_http2.stream_count; i++) {
		const struct http2_exchange *x = &sink_http2.streams[i];
		const struct exchange *e = &x->exchange;
		struct h2_side side;

		h2_side_of(t, e->ordinal, REQUEST, TALK_BYTES, H2_FRAMES, &side);
		if (e->started_ns != h2_frame_ns(t, e->ordinal, REQUEST, 0, 0) ||
		    e->ended_ns != h2_end_ns(t, x) ||
		    (e->response_started_ns &&
		     e->response_started_ns != h2_frame_ns(t, e->ordinal, RESPONSE, 0, 0)) ||
		    (e->request_ended_ns &&
		     e->request_ended_ns != h2_came_ns[REQUEST][side.end - 1]))
			return h2_show("not its times", x), 0;
	}
	return 1;
}

#endif
