/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_file.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "settings_lines.h"
#include "settings_text.h"

/* What inih was given last: it calls set_key() for each of them with the key's name. */
enum given {
	GIVEN_KEY,	/* key = value */
	GIVEN_CONTINUE, /* an indented line: continues the value */
	GIVEN_REST,	/* more of a long line */
};

struct long_value {
	const struct settings_key *key;
	struct settings_text text;
};

struct parser {
	const struct collector *collector;
	struct settings_lines lines;
	enum given given;
	size_t begin;		      /* of the value in the line */
	const char *rest;	      /* of a long line: what was not given yet, or NULL */
	bool is_long;		      /* the last key has a long value */
	bool seen[SETTINGS_KEYS_MAX]; /* for each entry of settings_keys */
	struct long_value values[LONG_VALUES];
	unsigned int n_values;
	struct settings *own;
	struct settings *foreign; /* of each collector's section: checked, not used */
};

static const char *const sections[] = { "tcp_connections", "tcp_bytes", "http_requests",
					"access_log", "log_shipper" };
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

#define FAIL(p, ...) settings_lines_fail(&(p)->lines, (p)->lines.number, __VA_ARGS__)

/* inih tells its handler nothing of a section without keys. */
static bool check_section(struct parser *p, const char *line)
{
	size_t length;
	const char *name = settings_line_section(&p->lines, line, &length);

	if (!name)
		return false;
	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (strlen(settings_keys[i].section) == length &&
		    !memcmp(settings_keys[i].section, name, length))
			return true;
	return FAIL(p, "unknown section [%.*s]", (int)length, name);
}

static bool is_long_key(const char *line)
{
	size_t length = strcspn(line, "=:" BLANKS);

	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (!settings_keys[i].set && strlen(settings_keys[i].name) == length &&
		    !memcmp(settings_keys[i].name, line, length))
			return true;
	return false;
}

/* Gives inih what it can have of text: what joining with a blank makes the same again. */
static char *give(struct parser *p, char *ret, int size, const char *text, size_t after)
{
	const char *line = p->lines.line;
	bool indent = p->given != GIVEN_KEY;
	size_t max = LINE_LENGTH_MAX - indent;
	size_t length = settings_line_part(text, after, max);

	if (!length)
		return FAIL(p,
			    "column %u: no single blank in the next %zu bytes: a value must be "
			    "parted there",
			    settings_text_characters(line, text + after - line) + 1, max - after);
	p->rest = text[length] ? text + length + 1 : NULL;
	if (snprintf(ret, size, "%s%.*s", indent ? " " : "", (int)length, text) >= size)
		return FAIL(p, "the line is too long");
	return ret;
}

static char *give_key(struct parser *p, char *ret, int size, const char *line)
{
	p->given = GIVEN_KEY;
	p->begin = settings_line_value(line);
	p->is_long = is_long_key(line);
	if (p->is_long && p->begin < LINE_LENGTH_MAX)
		return give(p, ret, size, line, p->begin);
	return settings_line_give(&p->lines, ret, size, line);
}

static char *give_more(struct parser *p, char *ret, int size, const char *line)
{
	p->given = GIVEN_CONTINUE;
	p->begin = strspn(line, BLANKS);
	return give(p, ret, size, line + p->begin, 0);
}

/* ini_reader */
static char *read_line(char *ret, int size, void *stream)
{
	struct parser *p = stream;
	const char *line;

	if (p->rest && !p->lines.failed) {
		p->given = GIVEN_REST;
		return give(p, ret, size, p->rest, 0);
	}
	line = settings_lines_next(&p->lines);
	if (!line)
		return NULL;
	switch (settings_line_kind(&p->lines, line, p->is_long)) {
	case LINE_BAD:
		return NULL;
	case LINE_KEY:
		return give_key(p, ret, size, line);
	case LINE_MORE:
		return give_more(p, ret, size, line);
	case LINE_SECTION:
		p->is_long = false;
		if (!check_section(p, line))
			return NULL;
		break;
	case LINE_COMMENT:
		break;
	}
	return settings_line_give(&p->lines, ret, size, line);
}

static struct settings *settings_of(struct parser *p, const char *section)
{
	unsigned int i = 0;

	if (!strcmp(section, "meshtap") || !strcmp(section, p->collector->section))
		return p->own;
	while (i < SECTIONS - 1 && strcmp(section, sections[i]))
		i++;
	return &p->foreign[i];
}

static struct long_value *begin_long_value(struct parser *p, const struct settings_key *key)
{
	struct long_value *value = &p->values[p->n_values++];

	value->key = key;
	value->text.value = (char *)settings_of(p, key->section) + key->offset;
	value->text.max = key->max;
	return value;
}

static void *add_long_value(struct parser *p, const struct settings_key *key, const char *part)
{
	struct long_value *value;
	struct text_place place = {
		.line = p->lines.number,
		.column = settings_text_characters(p->lines.line, p->begin) + 1,
	};
	int r;

	value = p->given == GIVEN_KEY ? begin_long_value(p, key) : &p->values[p->n_values - 1];
	if (p->given == GIVEN_REST)
		r = settings_text_add_more(&value->text, part);
	else
		r = settings_text_add_line(&value->text, part, key->join, place);
	if (r == -E2BIG)
		return FAIL(p, "%s is longer than %u bytes", key->name, key->max);
	return r ? FAIL(p, "%s: %s", key->name, strerror(-r)) : value;
}

/* Whether key may stand here: it was not given yet, and none that says the same. */
static bool check_first(struct parser *p, const struct settings_key *key)
{
	for (unsigned int i = 0; i < settings_keys_count; i++) {
		const struct settings_key *other = &settings_keys[i];

		if (!p->seen[i] || strcmp(other->section, key->section) ||
		    other->offset != key->offset)
			continue;
		if (other == key)
			return FAIL(p, "key '%s' is repeated in [%s]", key->name, key->section);
		return FAIL(p, "key '%s' says the same as '%s': only one of them may be given",
			    key->name, other->name);
	}
	p->seen[key - settings_keys] = true;
	return true;
}

static const struct settings_key *find_key(const char *section, const char *name)
{
	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (!strcmp(settings_keys[i].section, section) &&
		    !strcmp(settings_keys[i].name, name))
			return &settings_keys[i];
	return NULL;
}

/* ini_handler: 0 is an error */
static int set_key(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	const struct settings_key *key = find_key(section, name);

	if (p->lines.failed)
		return 0;
	if (!*section)
		return FAIL(p, "key '%s' stands before the first section", name) != NULL;
	if (!key)
		return FAIL(p, "unknown key '%s' in [%s]", name, section) != NULL;
	if (p->given == GIVEN_KEY && !check_first(p, key))
		return 0;
	if (!key->set)
		return add_long_value(p, key, value) != NULL;
	if (!key->set(settings_of(p, section), key, value))
		return 1;
	return FAIL(p, "%s = '%s': expected %s", name, value, key->expected) != NULL;
}

static void check_long_value(struct parser *p, const struct long_value *value)
{
	const struct settings_key *key = value->key;
	struct source_error error = { 0 };
	struct text_place place = settings_text_find(&value->text, 0);
	int r;

	if (value->text.length < key->min) {
		settings_lines_fail(&p->lines, place.line, "%s = '': expected %s", key->name,
				    key->expected);
		return;
	}
	r = key->check(settings_of(p, key->section), key, &error);
	if (r == -EINVAL) {
		place = settings_text_find(&value->text, error.column ? error.column - 1 : 0);
		settings_lines_fail(&p->lines, place.line, "%s: column %u: %s", key->name,
				    place.column, error.text);
	} else if (r) {
		settings_lines_fail(&p->lines, place.line, "%s: %s", key->name, strerror(-r));
	}
}

static void read_file(struct parser *p)
{
	if (ini_parse_stream(read_line, p, set_key, p))
		FAIL(p, "inih cannot read the file"); /* unless more was said already */
	for (unsigned int i = 0; i < p->n_values && !p->lines.failed; i++)
		check_long_value(p, &p->values[i]);
	for (unsigned int i = 0; i < p->n_values; i++)
		settings_text_free(&p->values[i].text);
}

/* The shipper reads what [access_log] says is written. */
static void take_log(struct settings *ret, const struct settings *access_log)
{
	strcpy(ret->log_file, access_log->log_file);
	ret->log = access_log->log;
}

int settings_file_read(struct settings *ret, const struct collector *collector, const char *path,
		       bool required)
{
	struct parser p = {
		.collector = collector,
		.lines = { .collector = collector->name, .path = path },
		.own = ret,
	};

	if (settings_lines_open(&p.lines, required))
		return EXIT_USAGE;
	if (!p.lines.file)
		return -1;
	p.foreign = calloc(SECTIONS, sizeof(*p.foreign));
	for (unsigned int i = 0; p.foreign && i < SECTIONS; i++)
		p.foreign[i] = *ret;
	if (p.foreign)
		read_file(&p);
	else
		settings_lines_fail(&p.lines, 0, "%s", strerror(ENOMEM));
	if (p.foreign && collector->is_shipper)
		take_log(ret, settings_of(&p, "access_log"));
	free(p.foreign);
	settings_lines_close(&p.lines);
	return p.lines.failed ? EXIT_USAGE : -1;
}
