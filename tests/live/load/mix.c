// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "mix.h"

#include "head.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODIFIED      1000000000 /* of every file */
#define MODIFIED_DATE "Sun, 09 Sep 2001 01:46:40 GMT"
#define SIZES	      71 /* of files: 0, 1, ..., 10 MB, ten per order of magnitude */

static uint64_t file_size(unsigned int i)
{
	static const unsigned int steps[] = { 1000, 1258, 1584, 1995, 2511,
					      3162, 3981, 5011, 6309, 7943 };
	uint64_t size = i ? steps[i % 10] : 0;

	while (i >= 10) {
		size *= 10;
		i -= 10;
	}
	return size / 1000;
}

int mix_make_files(const char *directory)
{
	const struct timespec times[2] = { { .tv_sec = MODIFIED }, { .tv_sec = MODIFIED } };
	char path[4096];

	for (unsigned int i = 0; i < SIZES; i++) {
		uint64_t size = file_size(i);
		FILE *file;

		snprintf(path, sizeof(path), "%s/%llu", directory, (unsigned long long)size);
		file = fopen(path, "w");
		if (!file)
			return -errno;
		for (uint64_t at = 0; at < size; at += BODY_PIECE)
			fwrite(body_at(at), 1, size - at < BODY_PIECE ? size - at : BODY_PIECE,
			       file);
		if (fclose(file) || utimensat(AT_FDCWD, path, times, 0))
			return -errno;
	}
	return 0;
}

/* Small ones mostly: about 15 KB on the average. */
static uint64_t any_size(struct random *random, uint64_t max)
{
	static const struct {
		unsigned int share, from, to; /* in 10000; index of file_size() */
	} classes[] = {
		{ 500, 0, 0 }, { 6000, 1, 30 }, { 3300, 31, 48 }, { 190, 49, 60 }, { 10, 61, 70 },
	};
	uint64_t dice = random_below(random, 10000), size;
	unsigned int i = 0;

	while (dice >= classes[i].share)
		dice -= classes[i++].share;
	size = file_size(classes[i].from +
			 random_below(random, classes[i].to - classes[i].from + 1));
	return size <= max ? size : file_size(1 + random_below(random, 30));
}

/* Returns its size. */
static uint64_t ask_for_file(struct random *random, struct request *r, const char *location,
			     uint64_t max)
{
	uint64_t size = any_size(random, max);

	text_format(&r->target, "%s%llu", location, (unsigned long long)size);
	r->length = size;
	r->content = CONTENT_FILE;
	return size;
}

static void make_file(struct random *random, struct request *r)
{
	ask_for_file(random, r, "/f/", UINT64_MAX);
}

/* nginx answers HTTP/1.1 in chunks, and HTTP/1.0 until it closes, unless the file is empty. */
static void make_chunked(struct random *random, struct request *r)
{
	bool proxied = random_chance(random, 2000);
	uint64_t size = ask_for_file(random, r, proxied ? "/proxy/ssi/" : "/ssi/", 1000000);

	r->last = !r->minor && size;
}

static void make_proxied(struct random *random, struct request *r)
{
	ask_for_file(random, r, "/proxy/f/", 1000000);
}

static void make_gzip(struct random *random, struct request *r)
{
	ask_for_file(random, r, "/gzip/", 100000);
	text_format(&r->fields, "Accept-Encoding: gzip\n");
	r->length = ANY_LENGTH;
	r->content = CONTENT_ANY;
}

static void make_head(struct random *random, struct request *r)
{
	ask_for_file(random, r, random_chance(random, 3000) ? "/ssi/" : "/f/", UINT64_MAX);
	r->method = "HEAD";
	r->length = 0;
}

static void make_not_modified(struct random *random, struct request *r)
{
	uint64_t size = ask_for_file(random, r, "/f/", UINT64_MAX);

	if (random_chance(random, 5000))
		text_format(&r->fields, "If-Modified-Since: " MODIFIED_DATE "\n");
	else
		text_format(&r->fields, "If-None-Match: \"%x-%llx\"\n", MODIFIED,
			    (unsigned long long)size);
	r->status = 304;
	r->length = 0;
}

static void make_range(struct random *random, struct request *r)
{
	uint64_t size = ask_for_file(random, r, "/f/", UINT64_MAX), end;

	r->offset = size ? random_below(random, size) : 1;
	end = size ? r->offset + random_below(random, size - r->offset) : 2;
	text_format(&r->fields, "Range: bytes=%llu-%llu\n", (unsigned long long)r->offset,
		    (unsigned long long)end);
	r->status = size ? 206 : 416;
	r->length = size ? end - r->offset + 1 : ANY_LENGTH;
	r->content = size ? CONTENT_FILE : CONTENT_ANY;
}

static void make_no_content(struct random *random, struct request *r)
{
	text_format(&r->target, "/empty");
	(void)random;
	r->status = 204;
	r->length = 0;
}

static void make_missing(struct random *random, struct request *r)
{
	text_format(&r->target, "/f/missing-%llu", (unsigned long long)random_below(random, 1000));
	r->status = 404;
}

static void give_body(struct random *random, struct request *r)
{
	r->has_body = true;
	r->body = any_size(random, UINT64_MAX);
	r->body -= random_below(random, r->body / 10 + 1);
	r->chunked = r->minor && random_chance(random, 5000);
	if (r->chunked)
		text_format(&r->fields, "Transfer-Encoding: chunked\n");
	else
		text_format(&r->fields, "Content-Length: %llu\n", (unsigned long long)r->body);
	if (r->minor && random_chance(random, 1000)) {
		r->expect = random_chance(random, 7000) ? EXPECT_WAIT : EXPECT_SEND;
		text_format(&r->fields, "Expect: 100-continue\n");
	}
}

/* The server reads the body and answers with its length. */
static void make_upload(struct random *random, struct request *r)
{
	static const char *const methods[] = { "POST", "PUT",	   "PATCH", "DELETE",
					       "GET",  "PROPFIND", "BREW" };

	give_body(random, r);
	r->method = methods[random_below(random, 7)];
	text_format(&r->target, "/read");
	r->content = CONTENT_NUMBER;
}

/* The server answers before it has the body. */
static void make_discarded(struct random *random, struct request *r)
{
	give_body(random, r);
	r->method = "POST";
	text_format(&r->target, "/discard");
	r->discards = true;
}

/* nginx takes any token for a method, and refuses the file. */
static void make_unknown_method(struct random *random, struct request *r)
{
	static const char *const methods[] = { "PROPFIND", "BREW", "M-SEARCH", "X" };

	ask_for_file(random, r, "/f/", UINT64_MAX);
	r->method = methods[random_below(random, 4)];
	r->status = 405;
	r->content = CONTENT_ANY;
	r->length = ANY_LENGTH;
}

static const struct {
	unsigned int share; /* in 10000 */
	void (*make)(struct random *random, struct request *r);
} kinds[] = {
	{ 3700, make_file },	      { 1100, make_chunked },	{ 400, make_proxied },
	{ 200, make_gzip },	      { 800, make_head },	{ 500, make_not_modified },
	{ 600, make_range },	      { 600, make_no_content }, { 400, make_missing },
	{ 400, make_unknown_method }, { 1000, make_upload },	{ 300, make_discarded },
};

static void reset(struct request *r, uint64_t id)
{
	struct request blank = {
		.id = id,
		.head = r->head,
		.target = r->target,
		.fields = r->fields,
		.method = "GET",
		.minor = 1,
		.status = 200,
		.length = ANY_LENGTH,
	};

	*r = blank;
	text_clear(&r->head);
	text_clear(&r->target);
	text_clear(&r->fields);
}

void mix_request(struct random *random, uint64_t id, struct request *r)
{
	uint64_t dice = random_below(random, 10000);
	unsigned int i = 0;
	bool keep;

	reset(r, id);
	r->minor = !random_chance(random, 400);
	keep = random_chance(random, 7500);
	while (dice >= kinds[i].share)
		dice -= kinds[i++].share;
	kinds[i].make(random, r);
	if (!r->minor && keep)
		text_format(&r->fields, "Connection: keep-alive\n");
	else if (!r->minor || random_chance(random, 50))
		r->last = true;
	if (r->last && r->minor)
		text_format(&r->fields, "Connection: close\n");
	head_write(random, r);
}

static void add_extension(struct random *random, struct text *t)
{
	static const char *const extensions[] = { ";name=value", ";a;b=\"c;d\"", " ;x=1" };

	if (random_chance(random, 1000))
		text_format(t, "%s", extensions[random_below(random, 3)]);
	text_format(t, random_chance(random, 100) ? "\n" : "\r\n");
}

static void add_trailers(struct random *random, struct text *t)
{
	if (random_chance(random, 3000)) {
		for (uint64_t n = random_below(random, 4); n; n--)
			text_format(t, "X-Trailer-%u: Content-Length: 3\r\n", (unsigned int)n);
	}
	text_append(t, "\r\n", 2);
}

uint64_t mix_chunk(struct random *random, uint64_t left, bool first, struct text *ret)
{
	static const char *const formats[] = { "%llx", "%llX", "0%llx", "0000%llX" };
	uint64_t size = left ? random_log(random, 1, 200000) : 0;

	if (size > left)
		size = left;
	if (!first)
		text_append(ret, "\r\n", 2);
	text_format(ret, formats[random_below(random, 4)], (unsigned long long)size);
	add_extension(random, ret);
	if (!size)
		add_trailers(random, ret);
	return size;
}
