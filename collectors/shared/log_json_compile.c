// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int escape_literals(struct log_template *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct log_segment *s = &t->segments[i];
		char *escaped = malloc(s->length * LOG_JSON_WIDE + 1);

		if (!escaped)
			return -ENOMEM;
		s->length = log_json_escape(escaped, (struct head_text){ s->literal, s->length }) -
			    escaped;
		free(s->literal);
		s->literal = escaped;
	}
	return 0;
}

static int set_opening(struct log_json_entry *e)
{
	char *p = malloc(e->key.length * LOG_JSON_WIDE + 4);

	if (!p)
		return -ENOMEM;
	e->opening = p;
	*p++ = '"';
	p = log_json_escape(p, e->key);
	*p++ = '"';
	*p++ = ':';
	e->opening_length = p - e->opening;
	return 0;
}

static struct log_json_entry *add_entry(struct log_json *j)
{
	struct log_json_entry *more = reallocarray(j->entries, j->count + 1, sizeof(*more));

	if (!more)
		return NULL;
	j->entries = more;
	more[j->count] = (struct log_json_entry){};
	return &more[j->count++];
}

static bool is_known(const struct log_json *j, struct head_text key)
{
	for (size_t i = 0; i < j->count; i++)
		if (j->entries[i].key.length == key.length &&
		    !memcmp(j->entries[i].key.data, key.data, key.length))
			return true;
	return false;
}

static int take_line(struct log_json *j, const struct log_source *s, struct head_text line)
{
	const char *colon = memchr(line.data, ':', line.length);
	struct head_text key = { line.data, colon ? (size_t)(colon - line.data) : 0 };
	struct log_json_entry *e;
	int err;

	if (!colon)
		return log_source_refuse(s, line.data, "a line is `key: text'");
	key = trim(key);
	if (!key.length)
		return log_source_refuse(s, line.data, "a key is empty");
	if (is_known(j, key))
		return log_source_refuse(s, line.data, "the key is there already");
	e = add_entry(j);
	if (!e)
		return -ENOMEM;
	e->key = key;
	err = log_template_compile(
		&e->text, s,
		trim((struct head_text){ colon + 1, line.data + line.length - colon - 1 }));
	if (err)
		return err;
	e->is_typed =
		e->text.count == 2 && !e->text.segments[0].length && !e->text.segments[1].length;
	err = escape_literals(&e->text);
	return err ? err : set_opening(e);
}

static int take_lines(struct log_json *j, const struct log_source *s)
{
	const char *at = s->whole;

	while (*at) {
		size_t length = strcspn(at, "\n");
		struct head_text line = trim((struct head_text){ at, length });
		int err = line.length ? take_line(j, s, line) : 0;

		if (err)
			return err;
		at += length + (at[length] == '\n');
	}
	return j->count ? 0 : log_source_refuse(s, s->whole, "no key");
}

static int compare(const void *a, const void *b)
{
	const struct log_json_entry *one = a, *other = b;
	size_t length = one->key.length < other->key.length ? one->key.length : other->key.length;
	int order = memcmp(one->key.data, other->key.data, length);

	return order ? order : one->key.length < other->key.length ? -1 : 1;
}

int log_json_compile(struct log_json *ret, const struct log_source *s)
{
	int err;

	*ret = (struct log_json){};
	err = take_lines(ret, s);
	if (err) {
		log_json_free(ret);
		return err;
	}
	qsort(ret->entries, ret->count, sizeof(*ret->entries), compare);
	return 0;
}

void log_json_free(struct log_json *j)
{
	for (size_t i = 0; i < j->count; i++) {
		free(j->entries[i].opening);
		log_template_free(&j->entries[i].text);
	}
	free(j->entries);
	*j = (struct log_json){};
}
