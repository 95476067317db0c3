/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two streams of a conversation on their way over a connection: what may be sent when, and what
 * our end's TCP makes of what arrives. fake_network.h decides what happens to a segment. Include
 * after fake_net.h and talk.h.
 */
#ifndef MESHTAP_FAKE_DELIVERY_H
#define MESHTAP_FAKE_DELIVERY_H

#define DELIVERY_HELD	 16  /* segments under way */
#define DELIVERY_EARLY	 512 /* segments that are remembered */
#define DELIVERY_LARGEST 60000
#define DELIVERY_PIECE	 2048

/* A stretch of a stream; the FIN is the position after its last byte. */
struct stretch {
	__u32 from, to;
};

struct delivery {
	struct fake_end *end;
	const struct talk *talk;
	struct chance *chance;
	int faults;	/* enum fault */
	__u32 budget;	/* steps until the network behaves */
	__u32 stop;	/* steps until the connection ends, whatever is left; 0: never */
	__u32 attach;	/* steps until the programs come */
	__u32 attached; /* how much of the requests they did not see */
	__u32 largest;	/* segment */
	__u32 window;	/* bytes under way to us */
	int incoming;	/* the stream that comes in */
	__u32 sent[2];	/* first transmissions */
	__u32 received; /* without a hole */
	__u8 got[TALK_BYTES + 1];
	__u32 refused; /* how far TCP dropped what the programs have seen */
	enum closer closer;
	int aborted[2]; /* by a FIN that nothing preceded */
	struct stretch held[DELIVERY_HELD];
	__u32 held_count;
	struct stretch early[DELIVERY_EARLY]; /* came before what precedes them */
	__u32 early_count;
	__u32 early_most; /* pieces of them that the programs are asked to remember */
};

static inline int is_established(const struct delivery *d)
{
	return fake_sock(d->end->tp)->__sk_common.skc_state == TCP_ESTABLISHED;
}

static inline int stream_of(const struct delivery *d, int egress)
{
	return egress ? !d->incoming : d->incoming;
}

/* How much of a stream has arrived at its receiver. */
static inline __u32 delivered(const struct delivery *d, int stream)
{
	return stream == d->incoming ? d->received : d->sent[stream];
}

static inline int is_delivered(const struct delivery *d)
{
	return delivered(d, 0) > d->talk->length[0] && delivered(d, 1) > d->talk->length[1];
}

/* How far a stream may be sent by now, its FIN included. */
static inline __u32 delivery_limit(const struct delivery *d, int stream)
{
	const struct talk *t = d->talk;
	__u32 limit = 0;

	for (__u32 i = 0; i < t->part_count; i++) {
		const struct talk_part *p = &t->parts[i];

		if (p->response != stream)
			continue;
		if (delivered(d, !stream) < p->needs)
			return limit;
		limit = p->end;
	}
	if (t->closes == (stream ? CLOSER_CLIENT : CLOSER_SERVER))
		return limit + (delivered(d, !stream) > t->length[!stream]);
	return limit + ((stream && t->until_close) || delivered(d, !stream) >= t->length[!stream]);
}

static inline struct stretch delivery_cut(struct delivery *d, __u32 from, __u32 limit)
{
	__u32 most = talk_least(limit - from, d->budget ? d->largest : DELIVERY_LARGEST);

	return (struct stretch){ from, from + most - chance(d->chance, most) };
}

/* What the programs have to remember for now, in pieces of at most DELIVERY_PIECE bytes. */
static inline __u32 delivery_early(struct delivery *d)
{
	__u32 pieces = 0, n = 0;

	for (__u32 i = 0; i < d->early_count; i++)
		if (d->early[i].to > d->received) {
			d->early[n++] = d->early[i];
			pieces += 1 + (d->early[i].to - d->early[i].from) / DELIVERY_PIECE;
		}
	d->early_count = n;
	return pieces;
}

/* May this come in, or is it too much to remember? */
static inline int delivery_has_room(struct delivery *d, struct stretch s)
{
	__u32 early = delivery_early(d);

	if (s.from <= d->received)
		return 1;
	if (early + 1 + (s.to - s.from) / DELIVERY_PIECE > d->early_most)
		return 0;
	if (d->early_count < DELIVERY_EARLY)
		d->early[d->early_count++] = s;
	return 1;
}

static inline int delivery_is_busy(struct delivery *d);

/* The programs see a segment. */
static inline void delivery_show(struct delivery *d, int egress, struct stretch s)
{
	int stream = stream_of(d, egress);
	__u32 length = d->talk->length[stream], to = s.to > length ? length : s.to;
	__u32 first = egress ? d->end->ours : d->end->theirs;
	int busy = delivery_is_busy(d);

	if (busy)
		sink_take_windows(1);
	fake_segment(d->end, egress, first + s.from, d->talk->bytes[stream] + s.from, to - s.from,
		     s.to > length ? TCP_FLAG_FIN : 0);
	if (busy)
		sink_take_windows(0);
}

/* Then our TCP takes it. */
static inline void delivery_accept(struct delivery *d, struct stretch s)
{
	struct tcp_sock *tp = d->end->tp;

	for (__u32 i = s.from; i < s.to; i++)
		d->got[i] = 1;
	if (d->end->changing) /* the socket is locked: later */
		return;
	if (!is_established(d))
		fake_established(d->end);
	while (d->received <= d->talk->length[d->incoming] && d->got[d->received])
		d->received++;
	tp->bytes_received += d->end->theirs + d->received - tp->rcv_nxt;
	tp->rcv_nxt = d->end->theirs + d->received;
	tp->inet_conn.icsk_ack.lrcvtime = bpf_jiffies64();
	if (!one_in(d->chance, 4)) /* the application reads */
		tp->copied_seq = tp->rcv_nxt;
	/* The window is what our last ACK said. */
	if (one_in(d->chance, 3) || tp->rcv_nxt - tp->rcv_wup > FAKE_WINDOW / 2)
		tp->rcv_wup = tp->rcv_nxt;
	tp->snd_una = d->end->acked;
}

/* The peer has received all that its next segment answers, and maybe more. */
static inline void delivery_acknowledge(struct delivery *d)
{
	__u32 sent = d->sent[!d->incoming], acked = d->end->acked - d->end->ours;
	__u32 least = sent;

	for (__u32 i = 0; i < d->talk->part_count; i++) {
		const struct talk_part *p = &d->talk->parts[i];

		if (p->response == d->incoming && p->end > d->sent[d->incoming]) {
			least = p->needs;
			break;
		}
	}
	if (least < acked)
		least = acked;
	d->end->acked = d->end->ours + least + chance(d->chance, sent - least + 1);
}

/* A FIN or RST on its way. */
static inline void delivery_close(struct delivery *d, int egress)
{
	if (d->closer == CLOSER_NONE)
		d->closer = stream_of(d, egress) == RESPONSE ? CLOSER_SERVER : CLOSER_CLIENT;
}

static inline int delivery_refuses(struct delivery *d);

/* What there is no room for is lost. */
static inline void deliver_in(struct delivery *d, struct stretch s)
{
	if (!delivery_has_room(d, s))
		return;
	delivery_show(d, 0, s);
	if (delivery_refuses(d)) {
		d->refused = s.to > d->refused ? s.to : d->refused;
		return;
	}
	delivery_accept(d, s);
	if (d->received > d->talk->length[d->incoming])
		delivery_close(d, 0);
}

/* How far the receiver, and the sender's idea of the network, let it be sent. */
static inline __u32 delivery_window(const struct delivery *d)
{
	__u32 told = d->end->tp->rcv_wup + d->end->tp->rcv_wnd - d->end->theirs;

	return d->received + d->window < told ? d->received + d->window : told;
}

/* The next segment to us, which was not sent before. Returns 0 when there is none yet. */
static inline int delivery_next_in(struct delivery *d, struct stretch *ret)
{
	__u32 limit = delivery_limit(d, d->incoming), from = d->sent[d->incoming];

	if (limit > delivery_window(d))
		limit = delivery_window(d);
	if (from >= limit)
		return 0;
	delivery_acknowledge(d);
	*ret = delivery_cut(d, from, limit);
	d->sent[d->incoming] = ret->to;
	return 1;
}

/* Ours, in order. The programs see it before snd_nxt moves. */
static inline int send_out(struct delivery *d)
{
	int stream = !d->incoming;
	__u32 limit = delivery_limit(d, stream), from = d->sent[stream];
	struct tcp_sock *tp = d->end->tp;
	struct stretch s;

	if (from >= limit || !is_established(d))
		return 0;
	s = delivery_cut(d, from, limit);
	tp->copied_seq = tp->rcv_nxt;
	tp->write_seq = d->end->ours + limit;
	delivery_show(d, 1, s);
	d->sent[stream] = s.to;
	tp->snd_nxt = d->end->ours + s.to;
	tp->bytes_sent += s.to - s.from;
	tp->lsndtime = bpf_jiffies64();
	if (s.to > d->talk->length[stream])
		delivery_close(d, 1);
	return 1;
}

#endif
