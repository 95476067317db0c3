/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which host and method a request's series has, however its bytes are cut. */
#include "check.h"
#include "requests_programs.h"
#include "chance.h"

#include <strings.h>

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define NONE   "" /* no configured host */
#define TEXT   8192

static char long_host[] =
	"1234567890123456789012345678901234567890123456789012345678901.example.org."
	"1234567890123456789012345678901234567890123456789012345678901.example.org."
	"1234567890123456789012345678901234567890123456789012345678901.example.org."
	"1234567890123456789012345.exam.org:65535";

static const char *const configured[] = { "a.example", "a.example:8080", "b.example:80",
					  "[2001:db8::1]:80", long_host };

static __u32 id_of(const char *host)
{
	return *host ? host_id(host_hash(host)) : 0;
}

static void configure(void)
{
	requests_reset();
	for (__u32 i = 0; i < sizeof(configured) / sizeof(configured[0]); i++) {
		__u64 hash = host_hash(configured[i]);
		__u32 id = id_of(configured[i]);

		bpf_map_update_elem(&hosts, &hash, &id, BPF_ANY);
	}
}

/* Is one request's series of this host, when the bytes come in segments that end at the cuts? */
static int is_host(const char *text, const char *host, const __u32 *cuts, __u32 count)
{
	__u32 at = 0, length = strlen(text);
	struct http_series_key key;
	int right;

	configure();
	requests_begin(0, 0);
	for (__u32 i = 0; i <= count; i++) {
		__u32 to = i < count ? cuts[i] : length;

		if (to > at)
			in(text + at, to - at);
		at = to > at ? to : at;
	}
	out(ANSWER, sizeof(ANSWER) - 1);
	fake_closed(&end);
	right = series_nth(0, &key) == 1 && key.host == id_of(host) && !series_nth(1, &key);
	if (!right)
		printf("%.60s: not \"%s\" with cuts %u %u\n", text, host, count ? cuts[0] : 0,
		       count > 1 ? cuts[1] : 0);
	return right;
}

/* Cut once anywhere, and in segments of any one size. */
static int is_host_cut(const char *text, const char *host)
{
	static __u32 cuts[TEXT];
	__u32 length = strlen(text);

	for (cuts[0] = 0; cuts[0] < length; cuts[0]++)
		if (!is_host(text, host, cuts, 1))
			return 0;
	for (__u32 size = 1; size < 80; size++) {
		__u32 n = 0;

		while ((n + 1) * size < length) {
			cuts[n] = (n + 1) * size;
			n++;
		}
		if (!is_host(text, host, cuts, n))
			return 0;
	}
	return 1;
}

/* And cut twice. */
static int is_host_cut_twice(const char *text, const char *host)
{
	__u32 cuts[2], length = strlen(text);

	for (cuts[0] = 0; cuts[0] < length; cuts[0]++)
		for (cuts[1] = cuts[0] + 1; cuts[1] < length; cuts[1]++)
			if (!is_host(text, host, cuts, 2))
				return 0;
	return is_host_cut(text, host);
}

static void test_host(void)
{
	CHECK(is_host_cut_twice("GET / HTTP/1.1\r\nHost: a.example\r\nAccept: x\r\n\r\n",
				"a.example"));
	CHECK(is_host_cut("\r\nGET / HTTP/1.1\r\nAccept: x\r\nhOST:A.EXAMPLE\r\n\r\n",
			  "a.example"));
	CHECK(is_host_cut("GET / HTTP/1.1\nHost: a.example:8080\n\n", "a.example:8080"));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: \t a.example\t \r\n\r\n", "a.example"));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n\r\n", "[2001:db8::1]:80"));
	CHECK(is_host_cut("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc",
			  "a.example"));
}

static void test_no_host(void)
{
	CHECK(is_host_cut("GET / HTTP/1.0\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost:\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: a.exampl\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: a.example.\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: xa.example\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: a.example b\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: a.example\rb\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: {2001:db8::1}:80\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: a.example/\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHostx: a.example\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nX-Host: a.example\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost\x1a a.example\r\n\r\n", NONE));
	CHECK(is_host_cut("POST / HTTP/1.1\r\nContent-Length: 19\r\n\r\nHost: a.example\r\n\r\n",
			  NONE));
	CHECK(is_host_cut("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
			  "Host: a.example\r\n\r\n",
			  NONE));
}

/* Fields that recipients refuse, or read differently. */
static void test_repeated_and_folded(void)
{
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example:80\r\n\r\n",
			  "a.example"));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: x\r\nHost: a.example\r\n\r\n", NONE));
	CHECK(is_host_cut_twice("GET / HTTP/1.1\r\nHost: a.example\r\n\tb\r\nA: b\r\n\r\n", NONE));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost:\r\n a.example\r\n\r\n", NONE));
	CHECK(is_host_cut_twice("GET / HTTP/1.1\r\nHost: a.example\r\nX: b\r\n c\r\n\r\n",
				"a.example"));
	CHECK(is_host_cut("GET / HTTP/1.1\r\nHost: a.example\r\nContent-Type: b\r\n c\r\n\r\n",
			  "a.example"));
}

static void test_target(void)
{
	CHECK(is_host_cut_twice("GET http://B.Example:80/x HTTP/1.1\r\nHost: a.example\r\n\r\n",
				"b.example:80"));
	CHECK(is_host_cut("GET HTTPS://a.example?x HTTP/1.1\r\nHost: x\r\n\r\n", "a.example"));
	CHECK(is_host_cut("GET http://a.example HTTP/1.1\r\nHost: x\r\n\r\n", "a.example"));
	CHECK(is_host_cut("GET http://a.example#x HTTP/1.1\r\n\r\n", "a.example"));
	CHECK(is_host_cut("GET http://u@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", NONE));
	CHECK(is_host_cut("GET http:///a.example HTTP/1.1\r\nHost: a.example\r\n\r\n", NONE));
	CHECK(is_host_cut("GET /http://b.example:80/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
			  "a.example"));
	CHECK(is_host_cut("LONGESTMETHODTHATTHEREMAYBEATALL https://a.example/ HTTP/1.1\r\n\r\n" +
				  1,
			  "a.example"));
	CHECK(is_host_cut("OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", "a.example"));
}

/* Longer than what a parser carries over, and than windows. */
static void test_long(void)
{
	static char text[TEXT], path[3000];

	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", long_host);
	CHECK(is_host_cut(text, long_host));
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: 1%s\r\n\r\n", long_host);
	CHECK(is_host_cut(text, NONE));
	snprintf(text, sizeof(text), "GET https://%s/ HTTP/1.1\r\nHost: x\r\n\r\n", long_host);
	CHECK(is_host_cut(text, long_host));
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a.example%90s\r\n\r\n", "x");
	CHECK(is_host_cut(text, NONE));
	memset(path, 'p', sizeof(path) - 1);
	snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\nHost: a.example\r\n\r\n", path);
	CHECK(is_host_cut(text, "a.example"));
	snprintf(text, sizeof(text), "GET http://a.example/%s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	CHECK(is_host_cut(text, "a.example"));
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHistory: %s\r\nHost: a.example\r\n\r\n",
		 path);
	CHECK(is_host_cut(text, "a.example"));
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The configured host that is [from, to), without the blanks around it. */
static const char *host_in(const char *from, const char *to)
{
	while (from < to && is_blank(*from))
		from++;
	while (from < to && is_blank(to[-1]))
		to--;
	for (__u32 i = 0; i < sizeof(configured) / sizeof(configured[0]); i++)
		if (strlen(configured[i]) == (size_t)(to - from) &&
		    !strncasecmp(configured[i], from, to - from))
			return configured[i];
	return NONE;
}

/* What a head says, read in one go. */
static const char *host_of_head(const char *text)
{
	const char *target = strchr(text, ' ') + 1, *host = NULL;
	int is_last = 0;

	if (!strncasecmp(target, "http://", 7))
		return host_in(target + 7, target + 7 + strcspn(target + 7, "/?# "));
	for (const char *line = strchr(text, '\n') + 1, *lf; *line != '\r'; line = lf + 1) {
		lf = strchr(line, '\n');
		if (*line == ' ' || *line == '\t') {
			host = is_last ? NONE : host;
			continue;
		}
		is_last = !host && !strncasecmp(line, "host:", 5);
		if (is_last)
			host = host_in(line + 5, lf);
	}
	return host ? host : NONE;
}

static void put_any(struct chance *c, char *text, const char *const *parts, __u32 count)
{
	strcat(text, parts[chance(c, count)]);
}

#define PUT_ANY(c, text, ...)                                                                      \
	put_any(c, text, (const char *const[]){ __VA_ARGS__ },                                     \
		sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void make_head(struct chance *c, char *text)
{
	static const char filler[] =
		"0123456789012345678901234567890123456789012345678901234567890";
	int lines = chance(c, 6);

	*text = '\0';
	PUT_ANY(c, text, "GET ", "POST ", "A ");
	PUT_ANY(c, text, "/", "/", "http://a.example", "HTTP://B.example:80/", "http://x/",
		"/http://a");
	PUT_ANY(c, text, "", "?x", filler);
	strcat(text, " HTTP/1.1\r\n");
	while (lines--) {
		PUT_ANY(c, text, "Host:", "host: ", "HOST:\t",
			"Hos:", "Hosts:", "X:", " Host:", "\t", "C: ", "t: ", "hh:");
		PUT_ANY(c, text, "", "a.example", "A.EXAMPLE:8080", "b.example:80", "a", filler,
			long_host);
		PUT_ANY(c, text, "", "", " ", "\t ", " b", filler);
		PUT_ANY(c, text, "\r\n", "\r\n", "\n");
	}
	strcat(text, "\r\n");
}

#define HEADS 20000

/* Any head, cut anywhere. */
static void test_any_head(void)
{
	__u32 wrong = 0, hosts_found = 0;

	for (__u32 seed = 1; seed <= HEADS && !wrong; seed++) {
		static char text[TEXT];
		__u32 cuts[4], length;
		struct chance c = chance_of_seed(seed);
		const char *host;

		make_head(&c, text);
		length = strlen(text);
		for (int i = 0; i < 4; i++)
			cuts[i] = chance(&c, length);
		host = host_of_head(text);
		hosts_found += *host != 0;
		wrong += !is_host(text, host, cuts, 1 + chance(&c, 4));
	}
	CHECK(!wrong);
	CHECK(hosts_found > HEADS / 10 && hosts_found < HEADS);
}

/* A connection's next request does not have the last one's. */
static void test_next_request(void)
{
	static const char *const texts[] = { "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
					     "GET / HTTP/1.1\r\nX: y\r\n\r\n",
					     "GET / HTTP/1.1\r\nHost: b.example:80\r\n\r\n" };
	struct http_series_key key;
	__u32 sum = 0;

	configure();
	requests_begin(0, 0);
	for (int i = 0; i < 3; i++) {
		in(texts[i], strlen(texts[i]));
		out(ANSWER, sizeof(ANSWER) - 1);
	}
	fake_closed(&end);
	for (__u32 i = 0; series_nth(i, &key); i++)
		sum += key.host;
	CHECK(series_nth(2, &key) == 1 && !series_nth(3, &key));
	CHECK(sum == id_of("a.example") + id_of("b.example:80"));
}

static const char *method_of(const char *method)
{
	static const char *const names[] = HTTP_METHOD_NAMES;
	struct http_series_key key = {};
	char text[100];

	snprintf(text, sizeof(text), "%s /abcdefgh HTTP/1.1\r\n\r\n", method);
	configure();
	requests_begin(0, 0);
	in(text, strlen(text));
	out(ANSWER, sizeof(ANSWER) - 1);
	fake_closed(&end);
	CHECK(series_nth(0, &key) == 1 && key.method < sizeof(names) / sizeof(names[0]));
	return names[key.method];
}

static void test_methods(void)
{
	static const char *const known[] = { "GET",	"HEAD",	   "POST",  "PUT",  "DELETE",
					     "CONNECT", "OPTIONS", "TRACE", "PATCH" };
	static const char *const others[] = { "get", "GETS", "G", "PURGE", "OPTIONSX", "POS" };
	static const char *const names[] = HTTP_METHOD_NAMES;

	CHECK(sizeof(names) / sizeof(names[0]) == HTTP1_METHODS + 1);
	for (__u32 i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		CHECK_STRING(method_of(known[i]), known[i]);
	for (__u32 i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK_STRING(method_of(others[i]), "other");
}

static void test_untold(void)
{
	struct http_series_key key;

	tells_hosts = tells_methods = 0;
	CHECK_STRING(method_of("GET"), "");
	CHECK(is_host("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", NONE, NULL, 0));
	CHECK(series_nth(0, &key) == 1 && !key.host && !key.method);
}

int main(void)
{
	tells_hosts = tells_methods = 1;
	test_host();
	test_no_host();
	test_repeated_and_folded();
	test_target();
	test_long();
	test_any_head();
	test_next_request();
	test_methods();
	test_untold();
	requests_reset();
	return check_end();
}
