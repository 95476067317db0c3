/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which endpoints a request's series has, and where it is counted when there is no room for it. */
#include "check.h"
#include "requests_programs.h"

#define GET    "GET / HTTP/1.1\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static struct prefix prefix_at(int ipv6, __u32 side, __u32 length)
{
	struct prefix p = { .length = length };

	if (ipv6)
		memcpy(p.address, fake_ipv6(side).in6_u.u6_addr32, sizeof(p.address));
	else
		map_ipv4(p.address, fake_ipv4(side));
	for (__u32 bit = length; bit < 128; bit++)
		((__u8 *)p.address)[bit / 8] &= ~(0x80 >> bit % 8);
	return p;
}

static __u32 id_of(int ipv6, __u32 side, __u32 length)
{
	return prefix_id(prefix_at(ipv6, side, length).address, length);
}

static void configure_prefix(int ipv6, __u32 side, __u32 length)
{
	struct prefix key = prefix_at(ipv6, side, length);
	__u32 id = id_of(ipv6, side, length);

	bpf_map_update_elem(&prefixes, &key, &id, BPF_ANY);
}

static void configure(__u32 prefixes_count, __u32 ports_count)
{
	struct endpoint_config config = { prefixes_count, ports_count };
	__u64 bits = 1ULL << 80 % 64;
	__u32 zero = 0, word = 80 / 64;

	bpf_map_update_elem(&endpoints, &zero, &config, BPF_ANY);
	bpf_map_update_elem(&ports, &word, &bits, BPF_ANY);
}

/* One request. Returns its series' key. */
static struct http_series_key key_of_request(int client, int ipv6)
{
	struct http_series_key key = {};

	requests_begin(client, ipv6);
	if (client) {
		out(GET, sizeof(GET) - 1);
		in(ANSWER, sizeof(ANSWER) - 1);
	} else {
		in(GET, sizeof(GET) - 1);
		out(ANSWER, sizeof(ANSWER) - 1);
	}
	fake_closed(&end);
	CHECK(series_nth(0, &key) == 1 && !series_nth(1, &key));
	return key;
}

static int is_endpoint(const struct endpoint *is, __u32 prefix, __u16 port)
{
	return is->prefix == prefix && is->port == port && !is->reserved;
}

static void test_nothing(void)
{
	struct http_series_key key;

	requests_reset();
	key = key_of_request(0, 0);
	CHECK(is_endpoint(&key.parties.local, 0, 0) && is_endpoint(&key.parties.peer, 0, 0));
}

/* The longest prefix that covers the address; the port of the server alone. */
static void test_both(int ipv6)
{
	struct http_series_key key;

	requests_reset();
	configure(3, 1);
	configure_prefix(ipv6, FAKE_US, ipv6 ? 64 : 120);
	configure_prefix(ipv6, FAKE_THEM, 128);
	configure_prefix(ipv6, 200, 128);
	key = key_of_request(0, ipv6);
	CHECK(key.parties.reporter == REPORTER_DESTINATION);
	CHECK(is_endpoint(&key.parties.local, id_of(ipv6, FAKE_US, ipv6 ? 64 : 120), 80));
	CHECK(is_endpoint(&key.parties.peer, id_of(ipv6, FAKE_THEM, 128), 0));

	requests_reset();
	configure(2, 1);
	configure_prefix(ipv6, FAKE_US, ipv6 ? 64 : 120);
	configure_prefix(ipv6, FAKE_THEM, 128);
	key = key_of_request(1, ipv6);
	CHECK(key.parties.reporter == REPORTER_SOURCE);
	CHECK(is_endpoint(&key.parties.local, id_of(ipv6, FAKE_US, ipv6 ? 64 : 120), 0));
	CHECK(is_endpoint(&key.parties.peer, id_of(ipv6, FAKE_THEM, 128), 80));
}

static void test_ports_alone(void)
{
	struct http_series_key key;
	__u32 word = 80 / 64;
	__u64 bits = ~(1ULL << 80 % 64);

	requests_reset();
	configure(0, 1);
	key = key_of_request(1, 0);
	CHECK(is_endpoint(&key.parties.local, 0, 0) && is_endpoint(&key.parties.peer, 0, 80));

	requests_reset();
	configure(0, 1);
	bpf_map_update_elem(&ports, &word, &bits, BPF_ANY);
	key = key_of_request(1, 0);
	CHECK(is_endpoint(&key.parties.peer, 0, 0));
}

/* A connection older than the collector, whose listener is gone, is taken for a client's until the
 * bytes say otherwise. */
static void test_roles_swapped(void)
{
	struct http_series_key key = {};

	requests_reset();
	configure(0, 1);
	came = went = 0;
	fake_init(&end, 0, 0, 4000000000U, 4294967290U);
	fake_sock(end.tp)->__sk_common.skc_state = TCP_ESTABLISHED;
	end.tp->bytes_received = end.tp->bytes_sent = 1;
	end.tp->inet_conn.icsk_ack.lrcvtime = 5;
	fake_iterate(end.tp);
	out(ANSWER, sizeof(ANSWER) - 1);
	user_now += 1000000000;
	in(GET, sizeof(GET) - 1);
	out(ANSWER, sizeof(ANSWER) - 1);
	fake_closed(&end);
	CHECK(series_nth(0, &key) == 1 && key.parties.reporter == REPORTER_DESTINATION);
	CHECK(is_endpoint(&key.parties.local, 0, 80) && is_endpoint(&key.parties.peer, 0, 0));
}

/* An id says the same after a change of the configuration: it is fixed. */
static void test_prefix_id(void)
{
	__be32 address[4];

	map_ipv4(address, fake_ipv4(0));
	CHECK(prefix_id(address, 120) == prefix_id(address, 120) && prefix_id(address, 120));
	CHECK(prefix_id(address, 120) != prefix_id(address, 121));
}

static void make_overflow(void)
{
	static const struct http_series zero;

	for (__u32 shard = 0; shard < SERIES_SHARDS; shard++)
		for (__u32 r = REPORTER_SOURCE; r <= REPORTER_DESTINATION; r++) {
			struct http_series_key key = { .parties = { .reporter = r,
								    .shard = shard } };

			series_overflow(&key.parties);
			bpf_map_update_elem(&series, &key, &zero, BPF_NOEXIST);
		}
}

static void test_overflow(void)
{
	struct http_series_key key = {},
			       expected = { .parties = { .reporter = REPORTER_DESTINATION } };

	series_overflow(&expected.parties);
	requests_reset();
	configure(0, 1);
	make_overflow();
	USER_MAP(&series)->full = 1;
	key = key_of_request(0, 0);
	CHECK(!memcmp(&key, &expected, sizeof(key)));
	CHECK(sink_health()->series_overflow == 1);
}

int main(void)
{
	test_nothing();
	test_both(0);
	test_both(1);
	test_ports_alone();
	test_roles_swapped();
	test_prefix_id();
	test_overflow();
	requests_reset();
	return check_end();
}
