/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: bytes of both sides of an HTTP/2 connection, most of them in frames. However they are
 * cut into segments, the programs report the same streams and header blocks, and nothing is left.
 * clang -g -O1 -fsanitize=fuzzer,address,undefined -Ibpf -Itests/unit tests/fuzz/fuzz_http2.c
 */
#include "walk_sink.h"
#include "fake_net.h"
#include "fake_steps.h"
#include "chance.h"
#include "talk.h"
#include "talk_http2.h"
#include "http2_truth.h"

#define CONTENT_MAX 3000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct h2_talk talk;

/* What came of a run. */
static struct outcome {
	struct http2_exchange streams[SINK_STREAMS];
	struct sink_block blocks[SINK_BLOCKS];
	__u32 stream_count, block_count;
	__u64 inexact;
	int is_lost; /* frames were no longer understood, in one direction or both */
} outcomes[2];

/* A frame, or bytes that may be anything. */
static void say(struct chance *c)
{
	static const __u8 repeated[CONTENT_MAX];
	__u32 what = chance(c, 256), response = what & 1, length = chance(c, 64);
	const __u8 *content = c->bytes;

	if (what & 2) {
		length = chance(c, CONTENT_MAX);
		content = repeated;
	} else {
		length = length < c->left ? length : c->left;
		c->bytes += length;
		c->left -= length;
	}
	if (!one_in(c, 16)) {
		struct h2_put f = { .stream = chance(c, 16), .response = response };

		f.type = chance(c, 11);
		f.flags = chance(c, 256);
		h2_header(&talk, &f, one_in(c, 16) ? length + chance(c, 256) : length);
	}
	talk_put(&talk.talk, response, content, length);
	if (one_in(c, 3))
		h2_part(&talk, response, 0);
}

static void make(struct chance *c)
{
	h2_talk_begin(&talk);
	if (one_in(c, 2)) {
		h2_settings(&talk, RESPONSE, 0);
		h2_part(&talk, RESPONSE, 0);
	}
	h2_preface(&talk);
	h2_part(&talk, REQUEST, 0);
	while (c->left && talk.talk.part_count < TALK_PARTS - 2 &&
	       h2_left(&talk, 0) > 2 * CONTENT_MAX && h2_left(&talk, 1) > 2 * CONTENT_MAX)
		say(c);
	h2_part(&talk, REQUEST, 0);
	h2_part(&talk, RESPONSE, 0);
}

static void bring_part(const struct talk_part *p, __u32 from, struct chance *cuts)
{
	int egress = (p->response == REQUEST) == near.client;

	while (from < p->end) {
		__u32 most = p->end - from < 60000 ? p->end - from : 60000;
		__u32 length = cuts ? 1 + chance(cuts, one_in(cuts, 2) ? most : most % 13) : most;

		fake_segment(&near, egress, (egress ? near.ours : near.theirs) + from,
			     talk.talk.bytes[p->response] + from, length, 0);
		from += length;
		if (egress)
			near.tp->snd_nxt = near.acked = near.ours + from;
		else
			near.tp->rcv_nxt = near.tp->rcv_wup = near.theirs + from;
	}
}

static int is_lost(void)
{
	struct user_map *m = user_map_named("connections");
	int lost = 0;

	for (__u32 i = 0; i < USER_BUCKETS; i++)
		for (struct user_entry *e = m->buckets[i]; e; e = e->next) {
			struct connection *c = e->value;

			for (int d = 0; d < DIRECTIONS; d++)
				lost |= c->direction[d].unsynced | c->direction[d].stale |
					(c->direction[d].message_start != 0);
		}
	return lost;
}

static void bring(int client, struct chance *cuts, struct outcome *ret)
{
	__u32 at[2] = { 0, 0 };

	start(client);
	fake_established(&near);
	for (__u32 i = 0; i < talk.talk.part_count; i++) {
		const struct talk_part *p = &talk.talk.parts[i];

		bring_part(p, at[p->response], cuts);
		at[p->response] = p->end;
	}
	ret->is_lost = is_lost();
	fake_closed(&near);
	if (sink_left_over() || sink_health()->connections)
		user_fail(__func__, "something is left");
	ret->stream_count = sink_http2.stream_count;
	ret->block_count = sink_http2.block_count;
	ret->inexact = sink_inexact();
	memcpy(ret->streams, sink_http2.streams, ret->stream_count * sizeof(ret->streams[0]));
	memcpy(ret->blocks, sink_http2.blocks, ret->block_count * sizeof(ret->blocks[0]));
}

static int same_stream(struct http2_exchange a, struct http2_exchange b)
{
	struct exchange *x = &a.exchange, *y = &b.exchange;

	x->started_ns = x->ended_ns = x->request_ended_ns = x->response_started_ns = 0;
	y->started_ns = y->ended_ns = y->request_ended_ns = y->response_started_ns = 0;
	return !memcmp(&a, &b, sizeof(a));
}

static int same(const struct outcome *a, const struct outcome *b)
{
	if (a->is_lost != b->is_lost)
		return 0;
	if (a->is_lost) /* where frames are found again depends on the segments */
		return 1;
	if (a->stream_count != b->stream_count || a->block_count != b->block_count ||
	    a->inexact != b->inexact)
		return 0;
	for (__u32 i = 0; i < a->stream_count; i++)
		if (!same_stream(a->streams[i], b->streams[i]))
			return 0;
	for (__u32 i = 0; i < a->block_count; i++)
		if (!h2_same_block(&a->blocks[i], &b->blocks[i]))
			return 0;
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chance c = { .bytes = data, .left = size }, cuts;
	int client = chance(&c, 2);

	cuts = chance_of_seed(chance(&c, 65536));
	make(&c);
	bring(client, NULL, &outcomes[0]);
	bring(client, &cuts, &outcomes[1]);
	if (same(&outcomes[0], &outcomes[1]))
		return 0;
	for (int i = 0; i < 2; i++) {
		printf("%u streams, %u blocks, inexact %llu, lost %d\n", outcomes[i].stream_count,
		       outcomes[i].block_count, outcomes[i].inexact, outcomes[i].is_lost);
		for (__u32 j = 0; j < outcomes[i].stream_count; j++)
			h2_show("came", &outcomes[i].streams[j]);
	}
	fflush(stdout);
	abort();
}
