/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/2 connections that are older than the collector: it comes at every turn of conversations.
 * From where both directions are understood on, every stream is exact; those before are declared.
 */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "fake_steps.h"
#include "chance.h"
#include "talk.h"
#include "talk_http2.h"
#include "talk_http2_make.h"
#include "http2_truth.h"
#include "fake_delivery.h"
#include "fake_network.h"
#include "http2_bring.h"
#include "walk_check.h"

#define SEEDS 40

static struct h2_talk talk;

static const struct connection *the_connection(void)
{
	struct user_map *m = user_map_named("connections");

	for (__u32 i = 0; i < USER_BUCKETS; i++)
		if (m->buckets[i])
			return m->buckets[i]->value;
	return NULL;
}

/* Both directions are understood. */
static int is_followed(void)
{
	const struct connection *c = near.unseen ? NULL : the_connection();
	const struct direction *d = c ? c->direction : NULL;

	return c && c->h2 && c->is_http && !d[0].unsynced && !d[0].stale && !d[1].unsynced &&
	       !d[1].stale;
}

/* The programs come before the part. Returns the place in the requests from which on all was
 * followed. */
static __u32 bring_older(__u32 attach)
{
	__u32 at[2] = { 0, 0 }, followed = TALK_BYTES;

	start(attach & 1);
	near.unseen = 1;
	fake_established(&near);
	for (__u32 i = 0; i < talk.talk.part_count; i++) {
		const struct talk_part *p = &talk.talk.parts[i];

		if (i == attach)
			fake_attach(&near);
		while (at[p->response] < p->end) {
			__u32 left = p->end - at[p->response];
			__u32 to = at[p->response] + (left < 60000 ? left : 60000);

			h2_bring_segment(&talk.talk, p->response, at[p->response], to);
			at[p->response] = to;
		}
		if (!is_followed())
			followed = TALK_BYTES;
		else if (followed == TALK_BYTES)
			followed = at[REQUEST];
	}
	h2_closed_ns = user_now;
	fake_closed(&near);
	return followed;
}

static int is_right(__u32 followed, __u32 *ret_exact)
{
	struct talk_end end = { .sent = { talk.talk.length[0], talk.talk.length[1] } };
	__u32 refused, begun = h2_begun(&talk, &end, followed), exact = 0;
	int true_ones = h2_check_streams(&talk, &end, near.client, &refused);

	for (__u32 i = 0; i < sink_http2.stream_count; i++)
		exact += h2_first_of(&talk, sink_http2.streams[i].exchange.ordinal)->begin >=
			 followed;
	*ret_exact += exact;
	return true_ones >= 0 && exact == begun && !sink.tcp && !sink.count && check_closed();
}

static void test_attached_anywhere(void)
{
	__u32 right = 0, tried = 0, exact = 0;

	for (__u32 seed = 1; seed <= SEEDS; seed++) {
		struct chance c = chance_of_seed(seed);

		h2_make(&talk, &c, 20, 1 + chance(&c, 10), one_in(&c, 2) ? 60 : 16384);
		for (__u32 attach = 2; attach < talk.talk.part_count; attach++) {
			tried++;
			if (is_right(bring_older(attach), &exact)) {
				right++;
				continue;
			}
			printf("that was seed %u, attached before part %u\n", seed, attach);
			show_health();
		}
	}
	printf("%u of %u right, %u streams exact\n", right, tried, exact);
	CHECK(right == tried && exact);
}

/* A body that looks like frames: nothing is found in it. */
static void test_body_like_frames(void)
{
	static __u8 body[1000];
	struct h2_put f = { .stream = 1, .length = 3, .type = HTTP2_HEADERS };

	h2_talk_begin(&talk);
	h2_preface(&talk);
	h2_block(&talk, f, (const __u8 *)"\x82\x84\x86", 0);
	talk.streams[talk.stream_count++] = 1;
	h2_part(&talk, REQUEST, 0);
	for (__u32 i = 0; i < sizeof(body); i += 10)
		memcpy(body + i, "\0\0\1\0\1\0\0\0\3\0", 10);
	f = (struct h2_put){ .stream = 1, .length = sizeof(body), .type = HTTP2_DATA };
	h2_data(&talk, &f, body);
	talk.talk.parts[0].end += HTTP2_HEADER;
	h2_part(&talk, REQUEST, 0);
	h2_part(&talk, RESPONSE, 0);
	bring_older(1);
	CHECK(!sink_http2.stream_count && !sink_http2.gone && !sink.tcp && check_closed());
}

/* Requests that were in progress are declared when their responses end. */
static void test_orphans(void)
{
	struct h2_put f = { .length = 1, .type = HTTP2_HEADERS, .flags = HTTP2_END_STREAM };

	h2_talk_begin(&talk);
	h2_preface(&talk);
	for (f.stream = 1; f.stream <= 9; f.stream += 2)
		h2_block(&talk, f, (const __u8 *)"\x82", 0);
	h2_part(&talk, REQUEST, 0);
	f.response = 1;
	for (f.stream = 1; f.stream <= 5; f.stream += 2)
		h2_block(&talk, f, (const __u8 *)"\x88", 0);
	h2_reset(&talk, RESPONSE, 7, 2);
	h2_part(&talk, RESPONSE, 0);
	h2_reset(&talk, REQUEST, 9, 8);
	h2_part(&talk, REQUEST, 0);
	bring_older(1);
	CHECK(!sink_http2.stream_count && !sink.tcp && check_closed());
	CHECK(sink_health()->inexact[INEXACT_OLDER] == 5 && sink_inexact() == 5);
}

int main(void)
{
	test_attached_anywhere();
	test_body_like_frames();
	test_orphans();
	sink_reset();
	return check_end();
}
