// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "head.h"

#include <string.h>

#define LINE_LONGEST	30000  /* of a header; nginx takes 64 KB */
#define HEAD_LONGEST	300000 /* nginx takes 8 buffers of 64 KB, which lines do not fill whole */
#define HEAD_REMEMBERED 60000  /* a longer one must have what is logged at its beginning */

static const char *const agents[] = {
	"curl/7.88.1",
	"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	"a \"quoted\" \\ agent",
	"caf\xc3\xa9/1.0",
};

static void add_query(struct random *random, struct request *r)
{
	uint64_t length;

	if (!random_chance(random, 2000))
		return;
	length = random_chance(random, 200) ? random_log(random, 1000, 8000)
					    : random_log(random, 1, 100);
	text_format(&r->target, "?q=%%22%c&x=", (char)('a' + random_below(random, 26)));
	text_repeat(&r->target, 'q', length);
}

static void add_padding(struct text *lines, struct random *random, uint64_t total)
{
	unsigned int n = 0;

	while (total) {
		uint64_t length = total < LINE_LONGEST ? total : LINE_LONGEST;

		length -= random_below(random, length);
		text_format(lines, "X-Padding-%u: ", n++);
		text_repeat(lines, 'p', length);
		text_append(lines, "\n", 1);
		total -= length;
	}
}

/* What the log shows. A target's authority counts more than Host (RFC 9112 section 3.2.2). */
static void add_shown(struct text *lines, struct random *random, const struct request *r,
		      bool absolute)
{
	bool none = !r->minor && random_chance(random, 3000);
	const char *host = none ? "" : absolute ? "Host: ignored\n" : "Host: load.test\n";
	bool host_first = random_chance(random, 5000);

	if (host_first)
		text_format(lines, "%s", host);
	text_format(lines, "%s %llu\n",
		    random_chance(random, 500) ? "x-request-ID:" : "X-Request-Id:",
		    (unsigned long long)r->id);
	if (!host_first)
		text_format(lines, "%s", host);
	if (random_chance(random, 9000))
		text_format(lines, "User-Agent: %s\n", agents[random_below(random, 4)]);
	if (random_chance(random, 1000))
		text_format(lines, "X-Forwarded-For: 192.0.2.%u, 198.51.100.1\n",
			    (unsigned int)random_below(random, 256));
}

/* Other fields, names that begin like those that decide framing, and none with a line like them. */
static void add_noise(struct text *lines, struct random *random)
{
	static const char *const noise[] = {
		"Accept: */*\n",
		"Content-Lengthy: 12\n",
		"X-Content-Length: 7\n",
		"Transfer-Encodings: chunked\n",
		"Cookie: a=b; c=\"HTTP/1.1 200 OK\"\n",
		"TE: trailers\n",
		"Content-Type:text/plain\n",
		"X-Blank:\n",
	};

	for (uint64_t n = random_below(random, 5); n; n--) {
		const char *line = noise[random_below(random, sizeof(noise) / sizeof(*noise))];

		text_append(lines, line, strlen(line));
	}
}

/* Headers, each ended by LF alone. */
static void write_lines(struct text *lines, struct random *random, const struct request *r,
			bool absolute)
{
	uint64_t padding = random_chance(random, 100) ? random_log(random, 500, 40000) : 0;

	if (random_chance(random, 3))
		padding = random_log(random, HEAD_REMEMBERED, HEAD_LONGEST);
	if (padding < HEAD_REMEMBERED / 2 && random_chance(random, 5000)) {
		add_padding(lines, random, padding);
		padding = 0;
	}
	add_noise(lines, random);
	text_append(lines, r->fields.data, r->fields.length);
	add_shown(lines, random, r, absolute);
	add_padding(lines, random, padding);
	add_noise(lines, random);
}

/* Lines end with CRLF, some with LF alone; then the empty line. */
static void append_lines(struct random *random, struct text *head, const struct text *lines)
{
	unsigned int bare = random_chance(random, 300) ? 5000 : 0; /* in 10000 */
	const char *at = lines->data, *end = lines->data + lines->length;

	while (at < end) {
		const char *newline = memchr(at, '\n', end - at);

		text_append(head, at, newline - at);
		text_format(head, random_chance(random, bare) ? "\n" : "\r\n");
		at = newline + 1;
	}
	text_format(head, random_chance(random, bare) ? "\n" : "\r\n");
}

void head_write(struct random *random, struct request *r)
{
	static struct text lines; /* one thread */
	bool absolute = random_chance(random, 300);

	text_clear(&lines);
	if (random_chance(random, 300)) {
		for (uint64_t n = 1 + random_below(random, 3); n; n--)
			text_format(&r->head, random_chance(random, 2000) ? "\n" : "\r\n");
	}
	r->leading = r->head.length;
	add_query(random, r);
	write_lines(&lines, random, r, absolute);
	text_format(&r->head, "%s %s", r->method, absolute ? "http://load.test" : "");
	text_append(&r->head, r->target.data, r->target.length);
	text_format(&r->head, " HTTP/1.%u\r\n", r->minor);
	append_lines(random, &r->head, &lines);
}
