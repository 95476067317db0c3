// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Heads of HTTP/2 messages: against what was sent, with blocks lost and tables joined anywhere. */
#include "check.h"
#include "http2_talk_check.h"

static void test_whole(void)
{
	for (uint32_t seed = 1; seed <= 100; seed++) {
		struct chance c = chance_of_seed(seed);
		struct http2_heads *h = heads_new(MUCH);
		bool right = true;
		struct talk t;

		talk_begin(&t, h, &c, seed);
		for (int i = 0; i < 300; i++) {
			talk_step(&t);
			right = right && talk_all_true(&t, true);
		}
		CHECK(right);
		CHECK(!http2_heads_unresolved(h));
		talk_end(&t);
		http2_heads_free(&h);
	}
}

/* Joined after each of 60 steps; then one piece in so many is lost. */
static void test_joined(void)
{
	for (uint32_t seed = 1; seed <= 600; seed++) {
		struct chance c = chance_of_seed(seed);
		struct http2_heads *h = heads_new(MUCH);
		bool right = true;
		struct talk t;

		talk_begin(&t, h, &c, seed);
		t.deaf = true;
		for (int i = 0; i < 200; i++) {
			if (i == (int)(seed % 60))
				t.deaf = false;
			t.losses = i > 100 ? (seed / 60) * 10 : 0;
			talk_step(&t);
			right = right && talk_all_true(&t, false);
		}
		CHECK(right);
		CHECK(http2_heads_unresolved(h) || seed % 60 < 2);
		talk_end(&t);
		http2_heads_free(&h);
	}
}

/* By a text: "name=value|name=value". */
static struct talk literal;
static struct chance no_chance = { .bytes = (const uint8_t *)"" };

static void say(__u32 stream, bool response, __u8 flags, const char *text)
{
	static char copy[2000];
	char *save, *field;

	strcpy(copy, text);
	for (field = strtok_r(copy, "|", &save); field; field = strtok_r(NULL, "|", &save)) {
		char *value = strchr(field, '=');

		*value++ = '\0';
		talk_field(&literal, field, value, strlen(value));
	}
	talk_block(&literal, stream, response, flags);
}

static const struct http2_head *get(__u32 stream, enum head_side side)
{
	return http2_heads_get(literal.heads, literal.connection, stream, side);
}

static void literal_begin(void)
{
	talk_begin(&literal, heads_new(MUCH), &no_chance, 77);
}

static void literal_end(void)
{
	talk_end(&literal);
	http2_heads_free(&literal.heads);
}

static void test_request(void)
{
	const struct http2_head *q;

	literal_begin();
	CHECK(!get(1, HEAD_REQUEST));
	say(1, false, 0,
	    ":method=CONNECT|:protocol=websocket|:scheme=https|:path=/chat?a=b|"
	    ":authority=h:1|user-agent=u|x-id=1|x-id=2|cookie=a=1|cookie=b=2");
	say(1, false, 0, "x-id=trailer|user-agent=trailer");
	q = get(1, HEAD_REQUEST);
	CHECK(q && !q->unresolved && !q->status);
	CHECK(q && head_text_is(q->method, "CONNECT") && head_text_is(q->protocol, "websocket"));
	CHECK(q && head_text_is(q->scheme, "https") && head_text_is(q->path, "/chat?a=b"));
	CHECK(q && head_text_is(q->authority, "h:1") && head_text_is(q->value[2], "h:1"));
	CHECK(q && head_text_is(q->value[0], "1") && head_text_is(q->value[1], "u"));
	CHECK(q && head_text_is(q->value[3], "a=1; b=2") && !q->value[4].data);
	CHECK(!get(1, HEAD_RESPONSE) && !get(1, HEAD_TRAILER) && !get(3, HEAD_REQUEST));
	say(3, false, 0, ":method=GET|host=other|:authority=h:1|user-agent=");
	q = get(3, HEAD_REQUEST);
	CHECK(q && head_text_is(q->value[2], "other") && head_text_is(q->value[1], ""));
	http2_heads_end(literal.heads, 77, 1);
	CHECK(!get(1, HEAD_REQUEST) && get(3, HEAD_REQUEST));
	http2_heads_gone(literal.heads, 77);
	CHECK(!get(3, HEAD_REQUEST));
	literal_end();
}

static void test_response(void)
{
	const struct http2_head *r;

	literal_begin();
	say(1, false, 0, ":method=GET|:path=/");
	say(1, true, 0, ":status=103|server=early");
	r = get(1, HEAD_RESPONSE);
	CHECK(r && r->status == 103 && !r->value[1].data && !r->unresolved);
	say(1, true, BLOCK_PROMISE, ":method=GET|:path=/pushed|server=promise");
	say(2, true, 0, ":status=404|server=pushed");
	say(1, true, 0, ":status=200|server=s|grpc-status=9");
	say(1, true, 0, "grpc-status=0|x-t=t");
	r = get(1, HEAD_RESPONSE);
	CHECK(r && r->status == 200 && head_text_is(r->value[1], "s"));
	CHECK(r && head_text_is(r->value[3], "9"));
	r = get(1, HEAD_TRAILER);
	CHECK(r && head_text_is(r->value[0], "0") && head_text_is(r->value[2], "t"));
	CHECK(r && !r->value[1].data && !r->status);
	CHECK(!get(2, HEAD_RESPONSE) && !http2_heads_unresolved(literal.heads));
	/* gRPC's trailers-only is a head. */
	say(3, false, 0, ":method=POST");
	say(3, true, 0, ":status=200|content-type=application/grpc|grpc-status=12");
	r = get(3, HEAD_RESPONSE);
	CHECK(r && head_text_is(r->value[3], "12") && !get(3, HEAD_TRAILER));
	literal_end();
}

static void lose_next(bool response)
{
	literal.index[response]++;
}

/* The header that was inserted before the loss is not known, until it is inserted again. */
static void test_lost(void)
{
	const struct http2_head *r;

	literal_begin();
	say(1, false, 0, ":method=GET");
	say(3, false, 0, ":method=GET");
	say(5, false, 0, ":method=GET");
	say(1, true, 0, ":status=201|server=s");
	lose_next(true);
	say(3, true, 0, ":status=201|server=s|x-id=new");
	say(7, false, 0, ":method=GET");
	say(7, true, 0, ":status=201|server=s|x-id=new|grpc-status=3");
	r = get(1, HEAD_RESPONSE);
	CHECK(r && r->status == 201 && head_text_is(r->value[1], "s") && !r->unresolved);
	/* Its head may be lost, and this may be its trailer: nothing is said. */
	r = get(3, HEAD_RESPONSE);
	CHECK(r && !r->status && r->unresolved && !r->value[4].data);
	/* Stream 5's head may be what was lost. */
	r = get(5, HEAD_RESPONSE);
	CHECK(r && !r->status && r->unresolved && !r->value[0].data);
	r = get(5, HEAD_TRAILER);
	CHECK(r && r->unresolved);
	/* 7 began later. */
	r = get(7, HEAD_RESPONSE);
	CHECK(r && !r->status && r->unresolved == 2 && head_text_is(r->value[4], "new"));
	CHECK(r && head_text_is(r->value[3], "3"));
	CHECK(http2_heads_unresolved(literal.heads) == 5);
	http2_heads_gone(literal.heads, 77);
	literal_end();
}

/* What block it is cannot be said when its status is not known and others may be missing. */
static void test_doubtful(void)
{
	const struct http2_head *r;

	literal_begin();
	say(1, true, 0, ":status=103|server=s|:status=201");
	lose_next(true);
	/* The request was not seen either: a head, or a trailer. */
	say(3, true, 0, "server=s|x-id=t");
	r = get(3, HEAD_RESPONSE);
	CHECK(r && r->unresolved && !r->status && !r->value[4].data);
	r = get(3, HEAD_TRAILER);
	CHECK(r && r->unresolved && !r->value[0].data);
	/* An interim response, and the final one. */
	say(5, false, 0, ":method=GET");
	say(5, true, 0, ":status=103|x-id=early");
	r = get(5, HEAD_RESPONSE);
	CHECK(r && r->unresolved == 1 && !r->status && head_text_is(r->value[4], "early"));
	say(5, true, 0, ":status=201|x-id=final");
	r = get(5, HEAD_RESPONSE);
	CHECK(r && r->unresolved && !r->status && !r->value[4].data);
	say(5, true, 0, "grpc-status=0");
	r = get(5, HEAD_TRAILER);
	CHECK(r && !r->unresolved && head_text_is(r->value[0], "0"));
	literal_end();
}

static void send_piece(__u32 stream, __u32 index, __u8 flags, const char *bytes)
{
	struct record_block b = { .header = { RECORD_BLOCK, stream, 77 }, .index = index };

	b.flags = flags;
	b.length = strlen(bytes);
	http2_heads_block(literal.heads, &b, bytes);
}

/* Pieces that do not follow on each other, though none is missing. */
static void test_broken(void)
{
	literal_begin();
	send_piece(1, 0, 0, "\x82");
	CHECK(http2_heads_unresolved(literal.heads) == 1 && !get(1, HEAD_REQUEST));
	send_piece(1, 1, BLOCK_ENDS, "\x82");
	CHECK(http2_heads_unresolved(literal.heads) == 1 && !get(1, HEAD_REQUEST));
	send_piece(3, 2, BLOCK_BEGINS, "\x82");
	send_piece(5, 3, BLOCK_BEGINS | BLOCK_ENDS, "\x83");
	CHECK(http2_heads_unresolved(literal.heads) == 2 && !get(3, HEAD_REQUEST));
	CHECK(get(5, HEAD_REQUEST) && head_text_is(get(5, HEAD_REQUEST)->method, "POST"));
	send_piece(7, 4, BLOCK_BEGINS, "\x82");
	send_piece(9, 5, BLOCK_ENDS, "\x82");
	CHECK(http2_heads_unresolved(literal.heads) == 3);
	CHECK(!get(7, HEAD_REQUEST) && !get(9, HEAD_REQUEST));
	literal_end();
}

/* A cookie of which a piece is not known; a repeated header of which the first may not be known. */
static void test_partly(void)
{
	const struct http2_head *q;

	literal_begin();
	say(1, false, 0, ":method=GET|cookie=aaaaaaaaaaaaaaaaaaaaaaaaa|x-forwarded-for=1.2.3.4");
	literal.index[0] += 3;
	say(9, false, 0,
	    ":method=GET|:path=/p|cookie=aaaaaaaaaaaaaaaaaaaaaaaaa|cookie=b|"
	    "x-forwarded-for=5.6.7.8|user-agent=u");
	q = get(9, HEAD_REQUEST);
	CHECK(q && q->unresolved == 2 && head_text_is(q->method, "GET"));
	CHECK(q && head_text_is(q->path, "/p") && head_text_is(q->value[1], "u"));
	CHECK(q && !q->value[3].data && !q->value[4].data);
	literal_end();
}

int main(void)
{
	test_whole();
	test_joined();
	test_request();
	test_response();
	test_lost();
	test_doubtful();
	test_broken();
	test_partly();
	return check_end();
}
