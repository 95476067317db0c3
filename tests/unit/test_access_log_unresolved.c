/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines of HTTP/2 of which not all is known: it is missing, and nothing else stands for it. */
#include "chance.h"
#include "stream_steps.h"

/* What came before the collector has left entries in HPACK's tables. The first blocks that come
 * tell that there were others; one of the same stream may be among them. */
static void join_late(void)
{
	near.is_lost = true;
	ASK(1, GET("/before"), { "user-agent", "old" }, { "x-a", "old" });
	ANSWER(1, { ":status", "418" }, { "x-a", "old" });
	near.is_lost = false;
	ASK(33, GET("/first"));
	ANSWER(33, OK);
	end(33);
}

static void test_unresolved(void)
{
	TEXT("%REQ(:METHOD)% %REQ(:PATH)% %REQ(USER-AGENT)% %REQ(X-A?:PATH)% %REQ(:AUTHORITY)% "
	     "%REQ(X-NEW)% %RESPONSE_CODE% %RESP(:STATUS)% %RESP(X-A)% %RESP(X-NEW)%",
	     NULL);
	join_late();
	ASK(3, GET("/after"), { "host", "other" }, { "user-agent", "old" }, { "x-new", "new" });
	ANSWER(3, { ":status", "418" }, { "x-new", "new" });
	CHECK_STRING(end(3), "GET /after - - - new - - - new");
	CHECK(near.health.unresolved >= 3);
	ASK(5, GET("/next"), { "user-agent", "young" }, { "x-new", "new" });
	ANSWER(5, OK, { "x-new", "new" });
	CHECK_STRING(end(5), "GET /next young - - new 200 200 - new");
	CHECK(near.health.unresolved == http2_heads_unresolved(near.writer.streams));
}

static void test_unresolved_json(void)
{
	start(LOG_FORMAT_JSON, "code: %RESPONSE_CODE%\ndetails: %RESPONSE_CODE_DETAILS%", NULL);
	join_late();
	ASK(3, GET("/"));
	ANSWER(3, { ":status", "418" });
	CHECK_STRING(ended(3, EXCHANGE_UR, 2), "{\"code\":null,\"details\":null}");
	TEXT("%RESPONSE_CODE%", "has(response.code)");
	join_late();
	ASK(3, GET("/"));
	ANSWER(3, { ":status", "418" });
	CHECK_STRING(end(3), "");
	CHECK(near.state.filtered == 1 && near.lines == 1);
}

/* No status is derived where the one that was sent may be missing. */
static void test_unresolved_grpc(void)
{
	TEXT("%RESPONSE_CODE% %GRPC_STATUS_NUMBER%", NULL);
	near.is_lost = true;
	ASK(1, CALL, GRPC);
	ANSWER(1, OK, GRPC);
	ANSWER(1, { "grpc-message", "old" });
	near.is_lost = false;
	ASK(3, CALL, { "content-type", "application/grpc+a" });
	ANSWER(3, OK, GRPC);
	ANSWER(3, { "grpc-message", "old" });
	CHECK_STRING(end(3), "200 -");
	ASK(5, CALL, { "content-type", "application/grpc+a" });
	ANSWER(5, OK, GRPC);
	ANSWER(5, { "grpc-status", "6" });
	CHECK_STRING(end(5), "200 6");
	ASK(7, CALL, { "content-type", "application/grpc+a" });
	ANSWER(7, OK, GRPC);
	CHECK_STRING(end(7), "200 -");
}

/* A block that the ring had no room for: what is left of its message is not taken for the rest. */
static void test_lost(void)
{
	TEXT("%REQ(:PATH)% %REQ(X-A)% %RESPONSE_CODE% %RESP(X-A?X-B)% %TRAILER(X-A?X-B)% "
	     "%GRPC_STATUS_NUMBER%",
	     NULL);
	ASK(1, CALL, GRPC);
	near.is_lost = true;
	ANSWER(1, OK, GRPC);
	near.is_lost = false;
	ANSWER(1, { "x-b", "trailer" });
	CHECK(strncmp(end(1), "/pkg.Api/Get - - - ", 19) == 0);
	CHECK(!strstr(near.line, " 2"));
	CHECK(near.health.unresolved > 0 && near.writer.damaged_heads == 0);
	near.is_lost = true;
	ASK(5, CALL, GRPC);
	near.is_lost = false;
	ASK(5, { "x-a", "trailer" });
	CHECK_STRING(end(5), "- - 0 - - -");
	CHECK(near.writer.damaged_heads == 1);
}

static void test_lost_trailers(void)
{
	TEXT("%RESPONSE_CODE% %TRAILER(X-A)% %GRPC_STATUS_NUMBER%", NULL);
	ASK(1, CALL, GRPC);
	ANSWER(1, OK, GRPC);
	near.is_lost = true;
	ANSWER(1, { "grpc-message", "lost" });
	near.is_lost = false;
	ASK(3, CALL, GRPC);
	ANSWER(3, { ":status", "200" }, { "grpc-status", "5" });
	near.is_lost = true;
	ANSWER(5, OK);
	near.is_lost = false;
	CHECK_STRING(end(1), "200 - -");
	ANSWER(7, OK);
	CHECK_STRING(end(3), "200 - 5"); /* it had one block, and that came */
}

/* The kernel has counted the final head, but no block after it tells that it was lost. */
static void test_lost_last(void)
{
	TEXT("%RESPONSE_CODE% %RESP(X-A)%", NULL);
	ASK(1, GET("/"));
	ANSWER(1, { ":status", "103" }, { "x-a", "early" });
	near.is_lost = true;
	ANSWER(1, OK, { "x-a", "late" });
	near.is_lost = false;
	CHECK_STRING(end(1), "- -");
	CHECK(near.writer.damaged_heads == 1);
}

static void test_gone(void)
{
	const struct record_header gone = { RECORD_GONE, 0, CONNECTION };

	TEXT("%REQ(:PATH)% %RESPONSE_CODE%", NULL);
	ASK(1, GET("/1"));
	ASK(3, GET("/3"));
	ANSWER(3, OK);
	CHECK_STRING(end(1), "/1 0");
	take(&gone, sizeof(gone));
	CHECK_STRING(end(3), "- -");
}

/* Records that are shorter than they say. */
static void test_short(void)
{
	struct record_block block = { .header = { RECORD_BLOCK, 1, CONNECTION }, .length = 1 };
	struct record_header other = { 99, 1, CONNECTION };

	TEXT("x", NULL);
	for (size_t size = 0; size <= sizeof(block); size++)
		take(&block, size);
	take(&other, sizeof(other));
	CHECK(!near.lines);
}

/* Blocks of any bytes, lost, cut and mixed up: a stream that ends has a line, whatever is in it. */
static void test_random(enum log_format_kind kind, uint32_t seed)
{
	struct chance c = chance_of_seed(seed);
	__u32 ends = 0;

	start(kind, NULL, NULL);
	for (int i = 0; i < 20000; i++) {
		__u32 stream = 1 + 2 * chance(&c, 8), n = chance(&c, 60);
		__u8 bytes[64];

		for (__u32 j = 0; j < n; j++)
			bytes[j] = chance(&c, 256);
		near.is_lost = !chance(&c, 50);
		near.blocks[stream][chance(&c, 2)] += chance(&c, 2);
		if (chance(&c, 3))
			send_piece(stream, chance(&c, 2), bytes, n, chance(&c, 8));
		else if (chance(&c, 3))
			ASK(stream, GET("/"), { "user-agent", "curl" });
		near.is_lost = false;
		if (chance(&c, 4))
			continue;
		ends++;
		CHECK(*ended(stream, chance(&c, EXCHANGE_UR + 2), chance(&c, 9)));
	}
	CHECK(near.lines == ends && near.health.unresolved > 0);
}

int main(void)
{
	test_unresolved();
	test_unresolved_json();
	test_unresolved_grpc();
	test_lost();
	test_lost_trailers();
	test_lost_last();
	test_gone();
	test_short();
	for (uint32_t seed = 1; seed < 5; seed++)
		test_random(seed & 1 ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON, seed);
	stop();
	return check_end();
}
