/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "follow.h"

#include "log_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (LINE_MAX_BYTES + (64u << 10))

int follow_init(struct follower *f, const char *path)
{
	const char *slash = strrchr(path, '/');

	*f = (struct follower){ .source = { .fd = -1 }, .base = slash ? slash + 1 : path };
	strcpy(f->dir, ".");
	if (slash) {
		memcpy(f->dir, path, slash - path);
		strcpy(f->dir + (slash - path), slash == path ? "/" : "");
	}
	f->buffer = malloc(BUFFER_BYTES);
	return f->buffer ? 0 : -ENOMEM;
}

void follow_free(struct follower *f)
{
	source_close(&f->source);
	free(f->buffer);
	f->buffer = NULL;
}

/* length: of the line; consumed: with its newline, if it has one */
static void give(struct follower *f, struct head_text *line, size_t length, size_t consumed)
{
	bool is_cut = length + f->skipped > LINE_MAX_BYTES;

	f->cut_lines += is_cut;
	line->data = f->buffer + f->begin;
	line->length = is_cut ? LINE_MAX_BYTES : length;
	f->offset += consumed + f->skipped;
	f->begin += consumed;
	f->scanned = 0;
	f->skipped = 0;
}

static bool take_line(struct follower *f, struct head_text *line)
{
	char *begin = f->buffer + f->begin;
	size_t there = f->end - f->begin;
	char *newline = memchr(begin + f->scanned, '\n', there - f->scanned);

	if (newline) {
		give(f, line, newline - begin, newline - begin + 1);
		return true;
	}
	if (there > LINE_MAX_BYTES) {
		f->skipped += there - LINE_MAX_BYTES;
		f->end = f->begin + LINE_MAX_BYTES;
	}
	f->scanned = f->end - f->begin;
	return false;
}

/* Reads on. Returns bytes, 0 or -errno. */
static ssize_t fill(struct follower *f)
{
	ssize_t n;

	if (f->begin) {
		memmove(f->buffer, f->buffer + f->begin, f->end - f->begin);
		f->end -= f->begin;
		f->begin = 0;
	}
	n = source_read(&f->source, f->buffer + f->end, BUFFER_BYTES - f->end);
	if (n > 0)
		f->end += n;
	return n;
}

static bool is_written(const struct follower *f, struct stat *st)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", f->dir, f->base) >= (int)sizeof(path))
		return false;
	return !stat(path, st) && st->st_ino == f->source.stat.st_ino &&
	       st->st_dev == f->source.stat.st_dev;
}

/* Opens the next file that has something in it. Returns 1, 0 when there is none, or -errno. */
static int open_next(struct follower *f, struct source *ret)
{
	struct cursor current = { .offset = f->offset };
	struct log_set set;
	int r = log_set_read(&set, f->dir, f->base);

	if (r)
		return r == -EAGAIN ? 0 : r;
	source_identify(&f->source, &current);
	for (size_t i = follow_find(f->dir, &set, &current) + 1; !r && i < set.count; i++) {
		if (!set.entries[i].size)
			continue;
		r = source_open(ret, f->dir, set.entries[i].name);
		r = r == -ENOENT ? 0 : r ? r : 1;
		break;
	}
	log_set_free(&set);
	return r;
}

static uint64_t read_until(const struct follower *f)
{
	return f->offset + f->skipped + (f->end - f->begin);
}

/* Bytes that were read here are gone: whoever writes the file takes a line that is not whole off
 * its end, when the rest has to go to the next file. */
static bool is_taken_back(const struct follower *f)
{
	struct stat st;

	return !f->source.gz && !fstat(f->source.fd, &st) && (uint64_t)st.st_size < read_until(f);
}

/* What stands behind the last newline of a file that is complete. */
static bool take_rest(struct follower *f, struct head_text *line)
{
	size_t rest = f->end - f->begin;

	if (!rest || is_taken_back(f))
		return false;
	give(f, line, rest, rest);
	return true;
}

static void move_to(struct follower *f, struct source next)
{
	source_close(&f->source);
	f->source = next;
	f->offset = 0;
	f->begin = f->end = 0;
	f->scanned = 0;
	f->known = (struct cursor){ 0 };
	source_identify(&f->source, &f->known);
}

/* The file has no more now. Returns 1 with a line, 0 when there is none, -EAGAIN to read on, or
 * -errno. */
static int at_end(struct follower *f, struct head_text *line)
{
	struct source next;
	struct stat st;
	ssize_t n;
	int r;

	if (!f->source.gz && is_written(f, &st))
		return (uint64_t)st.st_size < read_until(f) ? -ESTALE : 0;
	r = open_next(f, &next);
	if (r <= 0)
		return r;
	/* only now what was read is all */
	n = f->source.gz ? 0 : fill(f);
	if (n || take_rest(f, line)) {
		source_close(&next);
		return n < 0 ? n : n ? -EAGAIN : 1;
	}
	move_to(f, next);
	return -EAGAIN;
}

/* Returns -EAGAIN to read on, else as at_end(). */
static int read_on(struct follower *f, struct head_text *line)
{
	ssize_t n = fill(f);

	if (n > 0)
		return -EAGAIN;
	if (n < 0 && !f->source.gz)
		return n;
	if (n < 0 && !f->source.is_damaged) {
		f->source.is_damaged = true;
		f->damaged_files++;
	}
	return at_end(f, line);
}

int follow_next(struct follower *f, struct head_text *line)
{
	int r;

	if (f->source.fd < 0)
		return 0;
	for (;;) {
		r = take_line(f, line) ? 1 : read_on(f, line);
		if (r == -EAGAIN || (r == 1 && !line->length))
			continue;
		return r;
	}
}

int follow_mark(struct follower *f, struct cursor *ret)
{
	f->known.offset = f->offset;
	if (!source_matches(&f->source, &f->known))
		return -ESTALE;
	source_identify(&f->source, &f->known);
	*ret = f->known;
	return 0;
}
