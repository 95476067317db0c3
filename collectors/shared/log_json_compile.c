// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct head_text key; /* borrowed of the source */
	struct log_template text;
};

struct entries {
	struct entry *all; /* owned */
	size_t count;
};

/* A template in the making; literal: of the segment that comes next. */
struct joined {
	struct log_template line;
	char *literal;
	size_t length;
};

static struct head_text trim(struct head_text t)
{
	while (t.length && strchr(" \t\r", *t.data)) {
		t.data++;
		t.length--;
	}
	while (t.length && strchr(" \t\r", t.data[t.length - 1]))
		t.length--;
	return t;
}

static struct entry *add_entry(struct entries *e)
{
	struct entry *more = reallocarray(e->all, e->count + 1, sizeof(*more));

	if (!more)
		return NULL;
	e->all = more;
	more[e->count] = (struct entry){};
	return &more[e->count++];
}

static bool is_known(const struct entries *e, struct head_text key)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->all[i].key.length == key.length &&
		    !memcmp(e->all[i].key.data, key.data, key.length))
			return true;
	return false;
}

static int take_line(struct entries *all, const struct log_source *s, struct head_text line)
{
	const char *colon = memchr(line.data, ':', line.length);
	struct head_text key = { line.data, colon ? (size_t)(colon - line.data) : 0 };
	struct entry *e;

	if (!colon)
		return log_source_refuse(s, line.data, "a line is `key: text'");
	key = trim(key);
	if (!key.length)
		return log_source_refuse(s, line.data, "a key is empty");
	if (is_known(all, key))
		return log_source_refuse(s, line.data, "the key is there already");
	e = add_entry(all);
	if (!e)
		return -ENOMEM;
	e->key = key;
	return log_template_compile(
		&e->text, s,
		trim((struct head_text){ colon + 1, line.data + line.length - colon - 1 }));
}

static int take_lines(struct entries *e, const struct log_source *s)
{
	const char *at = s->whole;

	while (*at) {
		size_t length = strcspn(at, "\n");
		struct head_text line = trim((struct head_text){ at, length });
		int err = line.length ? take_line(e, s, line) : 0;

		if (err)
			return err;
		at += length + (at[length] == '\n');
	}
	return e->count ? 0 : log_source_refuse(s, s->whole, "no key");
}

static int compare(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	size_t length = one->key.length < other->key.length ? one->key.length : other->key.length;
	int order = memcmp(one->key.data, other->key.data, length);

	return order ? order : one->key.length < other->key.length ? -1 : 1;
}

static void put(struct joined *j, const char *s)
{
	j->length = stpcpy(j->literal + j->length, s) - j->literal;
}

static void put_escaped(struct joined *j, const char *s, size_t length)
{
	struct head_text text = { s, length };

	j->length = log_json_escape(j->literal + j->length, text) - j->literal;
}

/* Ends the segment, with what *from has but its literal. */
static int end_segment(struct joined *j, struct log_segment *from, bool is_quoted)
{
	struct log_segment *s = log_template_add(&j->line, j->literal, j->length);

	if (!s)
		return -ENOMEM;
	s->op = from->op;
	s->argument = from->argument;
	s->is_quoted = is_quoted;
	from->argument = (struct log_argument){};
	j->length = 0;
	return 0;
}

static int join_entry(struct joined *j, struct entry *e)
{
	struct log_segment *s = e->text.segments;
	bool is_typed = e->text.count == 2 && !s[0].length && !s[1].length;
	int err = 0;

	put(j, "\"");
	put_escaped(j, e->key.data, e->key.length);
	put(j, is_typed ? "\":" : "\":\"");
	for (size_t i = 0; !err && i < e->text.count; i++) {
		put_escaped(j, s[i].literal, s[i].length);
		if (s[i].op)
			err = end_segment(j, &s[i], !is_typed);
	}
	put(j, is_typed ? "" : "\"");
	return err;
}

/* A byte of the source is LOG_JSON_WIDE at most. An entry has two at least, of which the colon is
 * not written: there is room for its quotes and its comma. */
static int join(struct joined *j, const struct entries *e, const struct log_source *s)
{
	struct log_segment end = {};
	int err = 0;

	j->literal = malloc(LOG_JSON_WIDE * strlen(s->whole) + sizeof("{}"));
	if (!j->literal)
		return -ENOMEM;
	put(j, "{");
	for (size_t i = 0; !err && i < e->count; i++) {
		put(j, i ? "," : "");
		err = join_entry(j, &e->all[i]);
	}
	put(j, "}");
	return err ? err : end_segment(j, &end, false);
}

int log_json_compile(struct log_template *ret, const struct log_source *s)
{
	struct entries e = {};
	struct joined j = {};
	int err = take_lines(&e, s);

	if (!err) {
		qsort(e.all, e.count, sizeof(*e.all), compare);
		err = join(&j, &e, s);
	}
	for (size_t i = 0; i < e.count; i++)
		log_template_free(&e.all[i].text);
	free(e.all);
	free(j.literal);
	if (err)
		log_template_free(&j.line);
	else
		*ret = j.line;
	return err;
}
