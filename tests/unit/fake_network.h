/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Brings a conversation over a connection as a network does: cut anywhere, lost and sent again in
 * other pieces, out of order, twice. Include after fake_delivery.h.
 */
#ifndef MESHTAP_FAKE_NETWORK_H
#define MESHTAP_FAKE_NETWORK_H

/* What may happen. */
enum fault {
	FAULT_LOSS = 1,
	FAULT_REORDER = 2,
	FAULT_DUPLICATE = 4,
	FAULT_KEEPALIVE = 8,
	FAULT_REFUSED = 16, /* TCP drops what the programs have seen: no memory, a full queue */
	FAULT_OUTSIDE = 32, /* not ours: out of the window */
	FAULT_RACE = 64,    /* another segment in the middle of a program */
	FAULTS = 7,
	FAULT_ALL = 127,
	FAULT_BUSY = 128, /* the programs have no window to work in */
};

static inline int fault(struct delivery *d, int which, __u32 one_of)
{
	return d->budget && (d->faults & which) && one_in(d->chance, one_of);
}

static inline int delivery_is_busy(struct delivery *d)
{
	return fault(d, FAULT_BUSY, 40);
}

static inline int delivery_refuses(struct delivery *d)
{
	return fault(d, FAULT_REFUSED, 8);
}

static inline int send_in(struct delivery *d)
{
	struct stretch s;

	if (!delivery_next_in(d, &s))
		return 0;
	if (fault(d, FAULT_LOSS, 6))
		return 1;
	if (d->held_count < DELIVERY_HELD && fault(d, FAULT_REORDER, 4))
		d->held[d->held_count++] = s;
	else
		deliver_in(d, s);
	return 1;
}

/* From the first byte that is missing, or some before it, in other pieces. */
static inline int send_again(struct delivery *d)
{
	__u32 back = d->budget ? chance(d->chance, 2) * chance(d->chance, 3000) : 0;
	__u32 from = d->received < back ? 0 : d->received - back;

	if (d->received >= d->sent[d->incoming])
		return 0;
	deliver_in(d, delivery_cut(d, from, d->sent[d->incoming]));
	return 1;
}

static inline void deliver_held(struct delivery *d)
{
	__u32 i = chance(d->chance, d->held_count);
	struct stretch s;

	if (!d->held_count)
		return;
	s = d->held[i];
	d->held[i] = d->held[--d->held_count];
	deliver_in(d, s);
}

/* Something that was sent already, either way. */
static inline void deliver_twice(struct delivery *d, int egress)
{
	__u32 sent = d->sent[stream_of(d, egress)], from;

	if (!sent)
		return;
	from = chance(d->chance, sent);
	if (egress)
		delivery_show(d, 1, delivery_cut(d, from, sent));
	else
		deliver_in(d, delivery_cut(d, from, sent));
}

/* RFC 9293 3.8.4: when all has arrived, one before the next, without a byte or with one that means
 * nothing, which programs that missed the real one would take for it. */
static inline void keep_alive(struct delivery *d, int egress)
{
	__u32 first = egress ? d->end->ours : d->end->theirs;
	int stream = stream_of(d, egress);

	if (is_established(d) && d->sent[stream] <= d->talk->length[stream] &&
	    d->sent[stream] == delivered(d, stream))
		fake_segment(d->end, egress, first + d->sent[stream] - 1, "\0",
			     d->faults & FAULT_BUSY ? 0 : chance(d->chance, 2), 0);
}

/* Before what was acknowledged, or beyond the window: TCP drops it. */
static inline void deliver_outside(struct delivery *d)
{
	static const char lure[] =
		"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
	__u32 far = chance(d->chance, 1 << 30);

	if (!is_established(d))
		return;
	if (one_in(d->chance, 2))
		fake_segment(d->end, 0, d->end->tp->rcv_wup + d->end->tp->rcv_wnd + far, lure,
			     sizeof(lure) - 1, 0);
	else
		fake_segment(d->end, 0, d->end->tp->rcv_nxt - sizeof(lure) - far, lure,
			     sizeof(lure) - 1, 0);
}

static inline int go_on(struct delivery *d)
{
	if (one_in(d->chance, 2))
		return send_out(d) || send_in(d) || send_again(d);
	return send_in(d) || send_out(d) || send_again(d);
}

static inline void do_fault(struct delivery *d, int which)
{
	if (which == FAULT_LOSS)
		send_again(d);
	else if (which == FAULT_REORDER)
		deliver_held(d);
	else if (which == FAULT_DUPLICATE)
		deliver_twice(d, one_in(d->chance, 2));
	else if (which == FAULT_KEEPALIVE)
		keep_alive(d, one_in(d->chance, 2));
	else if (which == FAULT_OUTSIDE)
		deliver_outside(d);
}

static struct delivery *racing;
static __u32 race_after; /* places where it could happen */

/* On another CPU, or a softirq on this one: a segment comes in amid the program. */
static inline void race(void)
{
	if (race_after--) {
		user_interrupt = race;
		return;
	}
	user_cpu = chance(racing->chance, USER_CPUS);
	if (one_in(racing->chance, 4))
		deliver_twice(racing, 0);
	else if (!send_in(racing))
		send_again(racing);
	user_cpu = 0;
}

static inline void delivery_step(struct delivery *d)
{
	__u32 what = d->budget ? chance(d->chance, 16) : 0;

	if (fault(d, FAULT_RACE, 4)) {
		racing = d;
		race_after = chance(d->chance, 12);
		user_interrupt = race;
	}
	if (d->budget)
		d->budget--;
	if (d->attach && !--d->attach) {
		fake_attach(d->end);
		d->attached = delivered(d, REQUEST);
	}
	if (what && what <= FAULTS)
		do_fault(d, d->faults & 1 << (what - 1));
	else if (!go_on(d) && !d->budget && !is_delivered(d))
		user_fail(__func__, "nothing can be sent");
	user_interrupt = NULL;
	user_free_deleted();
}

/* A FIN or RST at once. Returns 0 when what the programs have seen is not what TCP has: later. */
static inline int delivery_abort(struct delivery *d)
{
	int egress = one_in(d->chance, 2), stream = stream_of(d, egress);
	__u32 first = egress ? d->end->ours : d->end->theirs, length = d->talk->length[stream];
	int flag = one_in(d->chance, 2) ? TCP_FLAG_FIN : TCP_FLAG_RST;

	if (!is_established(d) || d->refused > d->received ||
	    (d->sent[d->incoming] > d->received &&
	     d->sent[d->incoming] > d->talk->length[d->incoming]))
		return 0;
	if (delivered(d, stream) > length)
		return 1; /* it has sent its FIN */
	if (!egress && d->sent[stream] > d->received)
		flag = TCP_FLAG_RST; /* there is a hole */
	fake_segment(d->end, egress, first + delivered(d, stream), "", 0, flag);
	delivery_close(d, egress);
	if (flag == TCP_FLAG_RST)
		return 1;
	d->aborted[stream] = 1;
	if (egress)
		d->end->tp->snd_nxt++;
	else
		d->end->tp->rcv_nxt++;
	return 1;
}

/* Everything, both FINs and CLOSE, if nothing comes between. late: the server's socket is made by
 * data, not by a bare ACK. */
static inline void deliver_all(struct delivery *d, int late)
{
	memset(d->got, 0, d->talk->length[d->incoming] + 1);
	d->end->unseen = d->attach != 0;
	if (!late)
		fake_established(d->end);
	while (!is_delivered(d)) {
		if (d->stop && !--d->stop) {
			if (delivery_abort(d))
				break;
			d->stop = 1;
		}
		delivery_step(d);
	}
	fake_closed(d->end);
}

/* How far it came. */
static inline struct talk_end delivery_end(const struct delivery *d)
{
	struct talk_end end = { .closer = d->closer };

	for (int i = 0; i < 2; i++)
		end.sent[i] = talk_least(delivered(d, i), d->talk->length[i]);
	end.server_fin = d->aborted[RESPONSE] || delivered(d, RESPONSE) > end.sent[RESPONSE];
	return end;
}

#endif
