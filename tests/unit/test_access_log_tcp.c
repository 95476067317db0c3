/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections that are not HTTP: their bytes, the ClientHello, and records while they live. */
#include "check.h"
#include "log_programs.h"
#include "log_setup.h"
#include "fake_net.h"
#include "log_steps.h"

#define HELLO 5000 /* bytes of a ClientHello, or of several records */

static __u8 hello[HELLO_BYTES + 10000];

static void make_hello(void)
{
	for (__u32 i = 0; i < sizeof(hello); i++)
		hello[i] = i * 7 + i / 256;
	hello[0] = TLS_HANDSHAKE;
	hello[1] = 3;
	hello[2] = 1;
}

static void start_hello(int client)
{
	start(client);
	log_set_number(&wants_hello, 1);
}

/* The collector found a name. */
static void tell_name(const char *name)
{
	struct server_name n = { .length = strlen(name) };

	memcpy(n.name, name, n.length);
	for (__u32 i = 0; i < USER_BUCKETS; i++) {
		const struct user_entry *e = user_map_named("connections")->buckets[i];

		if (e)
			user_update(USER_MAP(&server_names),
				    &((const struct connection *)e->value)->id, &n, BPF_ANY);
	}
}

static int is_tcp(__u32 line, __u64 received, __u64 sent)
{
	const struct access_record *r = &journal.lines[line].record;

	return line < journal.count && !r->is_http && !r->is_open && r->received == received &&
	       r->sent == sent && r->started_ns < r->ended_ns;
}

static int is_hello(__u32 length)
{
	log_read();
	return journal.hello_length == length && !memcmp(journal.hello, hello, length) &&
	       !journal.hello_disorder;
}

static void test_hello(void)
{
	for (__u32 size = 1 + HELLO / 254; size < HELLO + 100; size += 37)
		for (int client = 0; client < 2; client++) {
			start_hello(client);
			for (__u32 at = 0; at < HELLO; at += size)
				(client ? out_bytes : in_bytes)(
					hello + at, HELLO - at < size ? HELLO - at : size);
			CHECK(is_hello(HELLO));
			tell_name("a.example");
			(client ? in_bytes : out_bytes)("\26\3\3", 3);
			(client ? out_bytes : in_bytes)("more", 4);
			CHECK(is_hello(HELLO) && finish() && journal.count == 1);
			CHECK(is_tcp(0, HELLO + 4, 3));
			CHECK_STRING(journal.lines[0].server_name, "a.example");
			CHECK(!journal.writer.missing_names);
		}
}

/* Segments that come early wait for those before them. */
static void test_hello_reordered(void)
{
	static const __u32 order[][4] = {
		{ 1, 0, 3, 2 }, { 3, 2, 1, 0 }, { 0, 2, 1, 3 }, { 2, 2, 0, 1 }
	};

	for (__u32 i = 0; i < 4; i++) {
		start_hello(0);
		near.tp->rcv_wup = near.theirs;
		for (__u32 j = 0; j < 4; j++)
			fake_segment(&near, 0, near.theirs + order[i][j] * 1000,
				     hello + order[i][j] * 1000, 1000, 0);
		if (i == 3)
			fake_segment(&near, 0, near.theirs + 3000, hello + 3000, 1000, 0);
		came = 4000;
		near.tp->rcv_nxt = near.theirs + came;
		CHECK(is_hello(4000) && finish() && is_tcp(0, 4000, 0));
	}
}

/* Too many bytes, too many pieces, a full ring, a segment that went by unseen, one out of band: no
 * name, which is said, and the bytes are right. */
static void test_hello_limits(void)
{
	start_hello(0);
	for (__u32 at = 0; at + 1000 <= sizeof(hello); at += 1000)
		in_bytes(hello + at, 1000);
	log_read();
	CHECK(journal.hello_length >= HELLO_BYTES && is_hello(journal.hello_length));
	CHECK(journal.hello_length < HELLO_BYTES + HTTP1_WINDOW && finish());
	CHECK(is_tcp(0, came, 0) && !journal.writer.missing_names);

	start_hello(0);
	for (__u32 at = 0; at < 400; at++)
		in_bytes(hello + at, 1);
	CHECK(is_hello(254) && finish());
	CHECK(is_tcp(0, 400, 0) && journal.writer.missing_names == 1);

	start_hello(0);
	in_bytes(hello, 1000);
	user_ring.room = 0;
	in_bytes(hello + 1000, 1000);
	user_ring.room = USER_RECORDS;
	in_bytes(hello + 2000, 1000);
	CHECK(is_hello(1000) && finish());
	CHECK(is_tcp(0, 3000, 0) && journal.writer.missing_names == 1);
}

static void test_hello_lost(int client)
{
	start_hello(client);
	(client ? out_bytes : in_bytes)(hello, 1000);
	sink_take_windows(1);
	(client ? out_bytes : in_bytes)(hello + 1000, 1000);
	sink_take_windows(0);
	(client ? out_bytes : in_bytes)(hello + 2000, 1000);
	(client ? in_bytes : out_bytes)("\26\3\3", 3);
	CHECK(is_hello(1000));
	tell_name("a.example");
	CHECK(finish() && is_tcp(0, 3000, 3) && !journal.writer.missing_names);
}

/* The server speaks first, or not TLS, or nobody wants it. */
static void test_no_hello(void)
{
	start_hello(0);
	out("220 hello\r\n");
	in_bytes(hello, 1000);
	CHECK(is_hello(0) && finish() && journal.count == 1);
	start_hello(0);
	in_bytes(hello + 1, 1000);
	CHECK(is_hello(0) && finish() && is_tcp(0, 1000, 0));
	start_hello(0);
	log_set_number(&wants_hello, 0);
	in_bytes(hello, 1000);
	CHECK(is_hello(0) && finish() && is_tcp(0, 1000, 0));
}

/* Bytes that the programs did not see are counted by TCP. */
static void test_missed_bytes(void)
{
	for (int busy = 0; busy < 8; busy++) {
		start(0);
		in_bytes(hello + 1, 100);
		for (int i = 0; i < 3; i++) {
			if (busy >> i & 1)
				sink_take_windows(1);
			in_bytes(hello, 1000);
			out_bytes(hello, 500);
			if (busy >> i & 1)
				sink_take_windows(0);
		}
		CHECK(finish() && journal.count == 1 && is_tcp(0, 3100, 1500) && !log_untold());
	}
}

/* The last ones, too, while a ClientHello is waited for. */
static void test_missed_end(void)
{
	start_hello(0);
	in_bytes(hello, 1000);
	sink_take_windows(1);
	in_bytes(hello + 1000, 1000);
	sink_take_windows(0);
	CHECK(finish() && journal.count == 1 && is_tcp(0, 2000, 0));
}

/* The collector has the program run over all connections. */
static void look(__u64 from, __u64 to)
{
	struct user_map *m = user_map_named("connections");

	log_state_get()->interval_from = from;
	log_state_get()->interval_to = to;
	for (__u32 i = 0; i < USER_BUCKETS; i++)
		for (struct user_entry *e = m->buckets[i]; e; e = e->next) {
			struct bpf_iter__bpf_map_elem context = { .key = e->key,
								  .value = e->value };

			tcp_intervals(&context);
		}
	tcp_intervals(&(struct bpf_iter__bpf_map_elem){});
	log_read();
}

static void test_intervals(void)
{
	__u64 interval = 1000000, opened;

	start(0);
	log_set(&tcp_interval_ns, &interval, sizeof(interval));
	opened = user_now;
	look(0, opened + 10 * interval);
	CHECK(!journal.count); /* it may be HTTP still */
	in_bytes(hello + 1, 100);
	look(opened, opened + interval - 1);
	CHECK(!journal.count);
	look(opened + interval - 1, opened + interval);
	CHECK(journal.count == 1 && journal.lines[0].record.is_open &&
	      journal.lines[0].record.received == 100);
	look(opened + interval, opened + 2 * interval - 1);
	CHECK(journal.count == 1);
	user_ring.room = 0;
	look(opened + 2 * interval - 1, opened + 3 * interval);
	CHECK(journal.count == 1 && log_state_get()->dropped == 1);
	user_now = opened + 5 * interval;
	CHECK(finish() && journal.count == 2 && is_tcp(1, 100, 0));
	start(0);
	in("GET / HTTP/1.1\r\n\r\n");
	look(0, user_now + 10 * interval);
	CHECK(!journal.count);
	CHECK(finish() && journal.count == 1 && journal.lines[0].record.is_http);
}

/* A periodic line that is dropped takes no name from the last one. */
static void test_interval_dropped(void)
{
	start_hello(0);
	in_bytes(hello, 1000);
	tell_name("a.example");
	user_ring.room = 0;
	look(0, user_now + 1000000);
	user_ring.room = USER_RECORDS;
	CHECK(finish() && log_state_get()->dropped == 1 && journal.count == 1);
	CHECK_STRING(journal.lines[0].server_name, "a.example");
}

static void test_filter(void)
{
	struct log_filter f = log_open_filter();

	start_hello(0);
	f.tcp = 0;
	log_set_filter(&f);
	in_bytes(hello, 1000);
	CHECK(is_hello(0) && finish() && !journal.count && log_state_get()->filtered == 1);
	start_hello(0);
	f.tcp = 1;
	f.sampling = 0;
	log_set_filter(&f);
	in_bytes(hello, 1000);
	tell_name("a.example");
	CHECK(finish() && !journal.count && log_state_get()->sampled_out == 1);
}

int main(void)
{
	make_hello();
	test_hello();
	test_hello_reordered();
	test_hello_limits();
	test_hello_lost(0);
	test_hello_lost(1);
	test_no_hello();
	test_missed_bytes();
	test_missed_end();
	test_intervals();
	test_interval_dropped();
	test_filter();
	log_reset();
	log_free();
	return check_end();
}
