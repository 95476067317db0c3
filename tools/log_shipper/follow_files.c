/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which of the log's files is meant. */
#include "follow.h"

#include <errno.h>
#include <string.h>

static bool is_inode(const struct log_entry *e, const struct cursor *c)
{
	return e->device == c->device && e->inode == c->inode;
}

static int compare_times(struct timespec a, struct timespec b)
{
	if (a.tv_sec != b.tv_sec)
		return a.tv_sec < b.tv_sec ? -1 : 1;
	return a.tv_nsec < b.tv_nsec ? -1 : a.tv_nsec > b.tv_nsec;
}

static bool is_gz(const char *name)
{
	size_t length = strlen(name);

	return length > 3 && !strcmp(name + length - 3, ".gz");
}

/* Compressing keeps the time of the last change. */
static bool is_compressed(const char *dir, const struct log_entry *e, const struct cursor *c)
{
	struct source source;
	bool matches;

	if (!is_gz(e->name) || compare_times(e->modified, c->modified) ||
	    source_open(&source, dir, e->name))
		return false;
	matches = source_matches(&source, c);
	source_close(&source);
	return matches;
}

ssize_t follow_find(const char *dir, const struct log_set *s, const struct cursor *c)
{
	ssize_t last = -1;

	for (size_t i = s->count; i-- > 0;)
		if (is_inode(&s->entries[i], c))
			return i;
	for (size_t i = s->count; i-- > 0;)
		if (is_compressed(dir, &s->entries[i], c))
			return i;
	for (size_t i = 0; i < s->count; i++)
		if (compare_times(s->entries[i].modified, c->modified) < 0)
			last = i;
	return last;
}

/* Begins in a file that is open, or gives it back. Returns 1 or -errno. */
static int begin_in(struct follower *f, struct source *source, uint64_t offset)
{
	int r = source_seek(source, offset);

	if (r) {
		source_close(source);
		return r;
	}
	source_close(&f->source);
	f->source = *source;
	f->offset = offset;
	f->begin = f->end = f->scanned = 0;
	f->skipped = 0;
	f->known = (struct cursor){ .offset = offset };
	source_identify(&f->source, &f->known);
	return 1;
}

/* Returns 1 when the entry is what the cursor means, 0 when not. */
static int try_entry(struct follower *f, const struct log_entry *e, const struct cursor *c)
{
	struct source source;

	if (source_open(&source, f->dir, e->name))
		return 0;
	if (source_matches(&source, c))
		return begin_in(f, &source, c->offset) == 1;
	source_close(&source);
	return 0;
}

static int open_at_start(struct follower *f, const char *name)
{
	struct source source;
	int r = source_open(&source, f->dir, name);

	if (r)
		return r == -ENOENT ? 0 : r;
	return begin_in(f, &source, 0);
}

/* What the cursor means is gone: the oldest file that was changed later. */
static int begin_behind(struct follower *f, const struct log_set *s, const struct cursor *c)
{
	for (size_t i = 0; i < s->count; i++) {
		int r;

		if (compare_times(s->entries[i].modified, c->modified) < 0)
			continue;
		r = open_at_start(f, s->entries[i].name);
		if (r == 1 && c->offset)
			f->gaps++;
		return r;
	}
	return 0;
}

static int begin_in_set(struct follower *f, const struct log_set *s, const struct cursor *c)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_inode(&s->entries[i], c) && try_entry(f, &s->entries[i], c))
			return 1;
	for (size_t i = 0; c->head_length && i < s->count; i++)
		if (try_entry(f, &s->entries[i], c))
			return 1;
	return begin_behind(f, s, c);
}

int follow_begin(struct follower *f, const struct cursor *c)
{
	struct log_set set;
	int r;

	source_close(&f->source);
	if (!c)
		return open_at_start(f, f->base);
	r = log_set_read(&set, f->dir, f->base);
	if (r)
		return r == -ENOENT ? 0 : r;
	r = begin_in_set(f, &set, c);
	log_set_free(&set);
	return r;
}

unsigned long long follow_lag(const struct follower *f, const struct cursor *from)
{
	unsigned long long lag = 0;
	struct log_set set;
	ssize_t at;

	if (log_set_read(&set, f->dir, f->base))
		return 0;
	at = follow_find(f->dir, &set, from);
	if (at >= 0 && is_inode(&set.entries[at], from) && set.entries[at].size > from->offset)
		lag = set.entries[at].size - from->offset;
	for (size_t i = at + 1; i < set.count; i++)
		lag += set.entries[i].size;
	log_set_free(&set);
	return lag;
}
