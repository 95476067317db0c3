/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A conversation: what a client and a server send, and where in it the requests and responses are.
 * From that follows which exchanges are to be found when so much of it was sent. Include after
 * walk_sink.h.
 */
#ifndef MESHTAP_TALK_H
#define MESHTAP_TALK_H

#define TALK_BYTES     (1 << 18)
#define TALK_PARTS     256
#define TALK_EXCHANGES 64
#define TALK_INTERIM   2

struct talk_part {
	int response; /* its stream */
	__u32 end;    /* in its stream */
	__u32 needs;  /* how much of the other stream has arrived before this is sent */
};

/* Where an exchange is in the streams: [REQUEST], [RESPONSE]. */
struct talk_exchange {
	__u8 method;
	__u16 status;
	__u32 begin[2];
	__u32 line_end;	   /* of the request line */
	__u32 head_end[2]; /* of the final head */
	__u32 end[2];
	__u16 interim[TALK_INTERIM]; /* responses before the final one: status, or 0 */
	__u32 interim_end[TALK_INTERIM];
};

struct talk {
	__u8 bytes[2][TALK_BYTES]; /* the streams */
	__u8 is_body[2][TALK_BYTES];
	__u32 length[2];
	struct talk_part parts[TALK_PARTS];
	__u32 part_count;
	struct talk_exchange exchanges[TALK_EXCHANGES];
	__u32 count;
	int until_close;    /* the last response ends with the server's FIN */
	int tunnel;	    /* the last exchange is one */
	enum closer closes; /* first, or CLOSER_NONE: whoever comes to it */
};

/* How far a conversation came. */
struct talk_end {
	__u32 sent[2];
	enum closer closer; /* whose FIN or RST was first */
	int server_fin;	    /* the server's FIN came, after all that it sent */
};

static inline void talk_put(struct talk *t, int stream, const void *bytes, __u32 length)
{
	__u32 at = t->length[stream];

	if (length > TALK_BYTES - at)
		user_fail(__func__, "more than TALK_BYTES");
	memcpy(t->bytes[stream] + at, bytes, length);
	memset(t->is_body[stream] + at, 0, length);
	t->length[stream] += length;
}

/* What was added to a stream since the last call can be sent once needs bytes of the other came. */
static inline void talk_part(struct talk *t, int stream, __u32 needs)
{
	struct talk_part *p = &t->parts[t->part_count++];

	if (t->part_count > TALK_PARTS)
		user_fail(__func__, "more than TALK_PARTS");
	p->response = stream;
	p->end = t->length[stream];
	p->needs = needs;
}

static inline __u32 talk_least(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

static inline void talk_half(const struct talk *t, const struct talk_exchange *e, int stream,
			     __u32 sent, struct sink_record *ret)
{
	__u32 begin = e->begin[stream], end = talk_least(sent, e->end[stream]);
	__u32 head_end = talk_least(sent, e->head_end[stream]);
	__u64 *wire = stream ? &ret->exchange.response_wire : &ret->exchange.request_wire;
	__u64 *body = stream ? &ret->exchange.response_body : &ret->exchange.request_body;

	if (sent <= begin)
		return;
	*wire = end - begin;
	for (__u32 i = begin; i < end; i++)
		*body += t->is_body[stream][i];
	text_add(&ret->head[stream], 0, t->bytes[stream] + begin, head_end - begin);
}

/* Telemetry specification 2.4 */
static inline __u8 talk_flag(const struct talk *t, const struct talk_exchange *e,
			     const struct talk_end *end)
{
	int last = e == &t->exchanges[t->count - 1];
	int answered = end->sent[RESPONSE] >= e->head_end[RESPONSE];

	if (last && t->tunnel && answered)
		return EXCHANGE_OK;
	if (last && t->until_close ? end->server_fin && answered
				   : end->sent[RESPONSE] >= e->end[RESPONSE])
		return EXCHANGE_OK;
	if (end->closer == CLOSER_CLIENT)
		return EXCHANGE_DC;
	return answered ? EXCHANGE_UPE : EXCHANGE_UC;
}

/* The n-th exchange. Returns 0 when there is none: its request line did not come. */
static inline int talk_exchange(const struct talk *t, __u32 n, const struct talk_end *end,
				struct sink_record *ret)
{
	const struct talk_exchange *e = &t->exchanges[n];

	if (end->sent[REQUEST] < e->line_end)
		return 0;
	memset(ret, 0, sizeof(*ret));
	ret->exchange.ordinal = n;
	ret->exchange.minor = 1;
	ret->exchange.method = e->method;
	talk_half(t, e, REQUEST, end->sent[REQUEST], ret);
	talk_half(t, e, RESPONSE, end->sent[RESPONSE], ret);
	for (int i = 0; i < TALK_INTERIM; i++)
		if (e->interim[i] && end->sent[RESPONSE] >= e->interim_end[i])
			ret->exchange.status = e->interim[i];
	if (end->sent[RESPONSE] >= e->head_end[RESPONSE])
		ret->exchange.status = e->status;
	ret->exchange.flag = talk_flag(t, e, end);
	return 1;
}

#endif
